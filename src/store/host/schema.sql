-- Made by npm run schema from the migrations; never edited.

CREATE TABLE settings (key text primary key, value text not null) strict, without rowid;

CREATE TABLE destinations (
  id text primary key,
  state text not null default 'healthy',
  since integer not null,
  failures integer not null default 0,
  -- Probes that failed since it rests; after those of 7 days it is gone.
  probes integer not null default 0,
  next_probe_at integer,
  last_words text,
  last_ok_at integer,
  last_failure_at integer
) strict, without rowid;

CREATE TABLE habits (
  destination text not null,
  habit text not null,
  value text not null,
  learnt_at integer not null,
  primary key (destination, habit)
) strict, without rowid;

CREATE TABLE wakes (place text primary key, due_at integer not null) strict, without rowid;

CREATE TABLE peer_keys (
  key_id text primary key,
  owner_uri text,
  public_key text,
  miss text,
  fetched_at integer not null,
  expires_at integer not null
) strict, without rowid;

CREATE INDEX peer_keys_expiry on peer_keys (expires_at);

CREATE TABLE holds (
  place text not null,
  destination text not null,
  since integer not null,
  primary key (place, destination)
) strict, without rowid;
