-- To whom one's answers are pushed: null leaves it to the number of followers' servers (outgoing/reach.ts).
alter table people add column default_reach text;

-- How far a post of somebody here was pushed; null for posts from elsewhere, and from before this was written down.
alter table posts add column reach text;

-- Which servers came for a post of somebody here without having been sent it: an edit and a deletion go there too.
create table fetched (
  post_id integer not null references posts (id) on delete cascade,
  -- Of the key that signed the request; empty: somebody who did not sign, so it can be anyone.
  origin text not null,
  fetched_at integer not null,
  primary key (post_id, origin)
) strict, without rowid;
create index fetched_by_age on fetched (fetched_at);
