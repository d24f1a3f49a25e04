-- Queues that somebody stopped by hand: nothing of the place goes to the destination until it is resumed. Kept apart from health, which may be lost.
create table holds (
  place text not null,
  destination text not null,
  since integer not null,
  primary key (place, destination)
) strict, without rowid;
