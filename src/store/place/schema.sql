-- Made by npm run schema from the migrations; never edited.

CREATE TABLE settings (key text primary key, value text not null) strict, without rowid;

CREATE TABLE accounts (
  id integer primary key,
  uri text not null unique,
  handle text not null collate nocase,
  domain text,
  kind text not null default 'Person',
  display_name text not null default '',
  bio_html text not null default '',
  url text,
  avatar_url text,
  header_url text,
  inbox_url text,
  shared_inbox_url text,
  outbox_url text,
  followers_url text,
  featured_url text,
  locked integer not null default 0,
  discoverable integer not null default 0,
  fields text not null default '[]',
  emojis text not null default '[]',
  also_known_as text not null default '[]',
  moved_to text,
  followers_count integer not null default 0,
  following_count integer not null default 0,
  posts_count integer not null default 0,
  last_post_at integer,
  created_at integer not null,
  -- When the origin was last read; null for the people here.
  fetched_at integer,
  -- The origin said 410: nothing more is sent there or believed from there.
  gone_at integer
) strict;

CREATE UNIQUE INDEX accounts_handle on accounts (handle, coalesce(domain, ''));

CREATE INDEX accounts_domain on accounts (domain) where domain is not null;

CREATE TABLE people (
  account_id integer primary key references accounts (id),
  passphrase_hash text not null,
  bio_text text not null default '',
  language text not null default 'en',
  default_audience text not null default 'public',
  default_sensitive integer not null default 0,
  -- Whether the pages of followers and following may be read by anyone; the counts always may.
  shows_follows integer not null default 0,
  private_key_rsa text not null,
  public_key_rsa text not null,
  private_key_ed25519 text not null,
  public_key_ed25519 text not null,
  home_seen_id integer,
  notifications_seen_id integer,
  created_at integer not null
, default_reach text) strict;

CREATE TABLE recovery_codes (
  person_id integer not null references people (account_id) on delete cascade,
  code_hash text not null,
  used_at integer,
  primary key (person_id, code_hash)
) strict, without rowid;

CREATE TABLE sessions (
  token_hash text primary key,
  person_id integer not null references people (account_id) on delete cascade,
  created_at integer not null,
  expires_at integer not null
) strict, without rowid;

CREATE TABLE posts (
  id integer primary key,
  uri text not null unique,
  url text,
  author_id integer not null references accounts (id),
  audience text not null,
  -- Set on a boost, which is a row of its own with an own time and uri; all text is then empty.
  boost_of_id integer references posts (id) on delete cascade,
  content_html text not null default '',
  -- What the person typed; null for posts from elsewhere.
  source_text text,
  content_warning text not null default '',
  sensitive integer not null default 0,
  language text,
  kind text not null default 'Note',
  title text,
  in_reply_to_id integer,
  in_reply_to_uri text,
  in_reply_to_account_id integer,
  -- The first post of the thread as far as we know it; its own id for a first post.
  root_id integer not null,
  conversation_uri text,
  replies_url text,
  attachments text not null default '[]',
  emojis text not null default '[]',
  published_at integer not null,
  edited_at integer,
  replies_count integer not null default 0,
  boosts_count integer not null default 0,
  likes_count integer not null default 0,
  app_id integer,
  idempotency_key text
, reach text) strict;

CREATE INDEX posts_author on posts (author_id, id);

CREATE INDEX posts_reply on posts (in_reply_to_id, id) where in_reply_to_id is not null;

CREATE INDEX posts_reply_uri on posts (in_reply_to_uri) where in_reply_to_uri is not null and in_reply_to_id is null;

CREATE INDEX posts_root on posts (root_id, id);

CREATE UNIQUE INDEX posts_boost on posts (boost_of_id, author_id) where boost_of_id is not null;

CREATE UNIQUE INDEX posts_idempotency on posts (author_id, idempotency_key) where idempotency_key is not null;

CREATE TABLE post_versions (
  post_id integer not null references posts (id) on delete cascade,
  version_at integer not null,
  content_html text not null,
  content_warning text not null,
  sensitive integer not null,
  primary key (post_id, version_at)
) strict, without rowid;

CREATE TABLE mentions (
  post_id integer not null references posts (id) on delete cascade,
  account_id integer not null references accounts (id),
  primary key (post_id, account_id)
) strict, without rowid;

CREATE INDEX mentions_account on mentions (account_id, post_id);

CREATE TABLE post_tags (
  tag text not null,
  post_id integer not null references posts (id) on delete cascade,
  primary key (tag, post_id)
) strict, without rowid;

CREATE INDEX post_tags_post on post_tags (post_id);

CREATE TABLE tombstones (uri text primary key, deleted_at integer not null) strict, without rowid;

CREATE TABLE likes (
  id integer primary key,
  account_id integer not null references accounts (id),
  post_id integer not null references posts (id) on delete cascade,
  uri text,
  created_at integer not null,
  unique (account_id, post_id)
) strict;

CREATE INDEX likes_post on likes (post_id, id);

CREATE TABLE undone (uri text primary key, account_id integer not null, undone_at integer not null) strict, without rowid;

CREATE TABLE follows (
  id integer primary key,
  follower_id integer not null references accounts (id),
  followee_id integer not null references accounts (id),
  state text not null,
  uri text,
  shows_boosts integer not null default 1,
  created_at integer not null,
  unique (follower_id, followee_id)
) strict;

CREATE INDEX follows_followee on follows (followee_id, state, id);

CREATE INDEX follows_follower on follows (follower_id, state, id);

CREATE TABLE blocks (
  id integer primary key,
  account_id integer not null references accounts (id),
  target_id integer not null references accounts (id),
  uri text,
  created_at integer not null,
  unique (account_id, target_id)
) strict;

CREATE INDEX blocks_target on blocks (target_id);

CREATE TABLE mutes (
  id integer primary key,
  account_id integer not null references accounts (id),
  target_id integer not null references accounts (id),
  mutes_notifications integer not null default 1,
  expires_at integer,
  created_at integer not null,
  unique (account_id, target_id)
) strict;

CREATE TABLE home_entries (
  arrival_id integer primary key,
  person_id integer not null,
  post_id integer not null references posts (id) on delete cascade,
  unique (person_id, post_id)
) strict;

CREATE INDEX home_person on home_entries (person_id, arrival_id);

CREATE TABLE notifications (
  id integer primary key,
  person_id integer not null references people (account_id) on delete cascade,
  kind text not null,
  account_id integer not null references accounts (id),
  post_id integer references posts (id) on delete cascade,
  created_at integer not null
) strict;

CREATE INDEX notifications_person on notifications (person_id, id);

CREATE UNIQUE INDEX notifications_once on notifications (person_id, kind, account_id, coalesce(post_id, 0));

CREATE TABLE activities (
  id integer primary key,
  sender_id integer not null,
  uri text not null,
  kind text not null,
  object_key text not null,
  body text not null,
  created_at integer not null
) strict;

CREATE INDEX activities_object on activities (object_key);

CREATE TABLE inboxes (
  id integer primary key,
  destination text not null,
  url text not null unique
) strict;

CREATE TABLE queues (
  destination text primary key,
  -- The most urgent that waits (0 first), then whose turn it is: the time, less a bonus for many followers.
  priority integer not null,
  turn integer not null,
  -- 0: ready. Else not before this (engine time); held: the destination itself waits, so new deliveries do not make it ready.
  due_at integer not null,
  held integer not null default 0,
  pool text not null default 'main'
) strict, without rowid;

CREATE INDEX queues_ready on queues (pool, priority, turn) where due_at = 0;

CREATE INDEX queues_due on queues (due_at) where due_at > 0;

CREATE TABLE deliveries (
  id integer primary key,
  activity_id integer not null references activities (id),
  destination text not null,
  inbox_id integer not null references inboxes (id),
  sender_id integer not null,
  object_key text not null,
  priority integer not null,
  -- Followers there.
  weight integer not null default 0,
  -- waiting, accepted, refused, expired, cancelled.
  state text not null default 'waiting',
  attempts integer not null default 0,
  -- 0: as soon as its queue is. Else not before this (engine time).
  next_at integer not null default 0,
  last_attempt_at integer,
  ended_at integer,
  -- A code of delivery/contract.ts, and the destination's own words.
  reason text,
  words text,
  post_id integer
) strict;

CREATE INDEX deliveries_ready on deliveries (destination, priority, sender_id) where state = 'waiting' and next_at = 0;

CREATE INDEX deliveries_later on deliveries (destination, next_at) where state = 'waiting' and next_at > 0;

CREATE INDEX deliveries_object on deliveries (object_key, destination) where state = 'waiting';

CREATE INDEX deliveries_post on deliveries (post_id) where post_id is not null;

CREATE INDEX deliveries_activity on deliveries (activity_id);

CREATE TABLE incoming (
  id integer primary key,
  activity_uri text not null,
  actor_uri text not null,
  kind text not null,
  body text not null,
  state text not null default 'waiting',
  attempts integer not null default 0,
  reason text,
  received_at integer not null
) strict;

CREATE INDEX incoming_waiting on incoming (id) where state = 'waiting';

CREATE INDEX incoming_ended on incoming (received_at) where state <> 'waiting';

CREATE TABLE taken_activities (
  activity_uri text primary key,
  actor_uri text not null,
  body_hash text not null,
  taken_at integer not null
) strict, without rowid;

CREATE INDEX taken_activities_at on taken_activities (taken_at);

CREATE TABLE apps (
  id integer primary key,
  client_id text not null unique,
  client_secret_hash text not null,
  name text not null,
  website text,
  redirect_uris text not null,
  scopes text not null,
  created_at integer not null
) strict;

CREATE TABLE app_codes (
  code_hash text primary key,
  app_id integer not null references apps (id) on delete cascade,
  person_id integer not null references people (account_id) on delete cascade,
  redirect_uri text not null,
  scopes text not null,
  challenge text,
  expires_at integer not null,
  used_at integer
) strict, without rowid;

CREATE TABLE app_tokens (
  token_hash text primary key,
  app_id integer references apps (id) on delete cascade,
  person_id integer references people (account_id) on delete cascade,
  scopes text not null,
  -- The code that it was made from: a code used twice revokes it (RFC 6749, 4.1.2).
  code_hash text,
  created_at integer not null,
  last_used_at integer
) strict, without rowid;

CREATE TABLE markers (
  person_id integer not null references people (account_id) on delete cascade,
  timeline text not null,
  last_read_id text not null,
  version integer not null,
  updated_at integer not null,
  primary key (person_id, timeline)
) strict, without rowid;

CREATE TABLE fetched (
  post_id integer not null references posts (id) on delete cascade,
  -- Of the key that signed the request; empty: somebody who did not sign, so it can be anyone.
  origin text not null,
  fetched_at integer not null,
  primary key (post_id, origin)
) strict, without rowid;

CREATE INDEX fetched_by_age on fetched (fetched_at);
