-- The host beside its places: what is shared by them, and what may be lost without harm.

create table settings (key text primary key, value text not null) strict, without rowid;

-- Health of each destination: written at once when it changes, so that a rest survives a kill.
create table destinations (
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

-- Learnt habits of a destination, such as the form of signature that it takes.
create table habits (
  destination text not null,
  habit text not null,
  value text not null,
  learnt_at integer not null,
  primary key (destination, habit)
) strict, without rowid;

-- When a place has something due; rebuilt at start by asking every place.
create table wakes (place text primary key, due_at integer not null) strict, without rowid;

-- Public keys of peers, by key id. A miss has no key and is not asked for again until `expires_at`.
create table peer_keys (
  key_id text primary key,
  owner_uri text,
  public_key text,
  miss text,
  fetched_at integer not null,
  expires_at integer not null
) strict, without rowid;
create index peer_keys_expiry on peer_keys (expires_at);
