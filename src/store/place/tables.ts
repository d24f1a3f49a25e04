import type { ColumnType } from 'kysely';
import type {
  AccountId,
  ActivityId,
  AppId,
  DeliveryId,
  FollowId,
  IncomingId,
  NotificationId,
  PostId,
} from '../../model/ids.ts';

/** Rows as SQLite has them (migrations/). Booleans are 0 and 1, lists are JSON texts, ids decimal strings (see sqlite-dialect.ts). */
type Flag = ColumnType<number, number | boolean | undefined, number | boolean>;
type WithDefault<T> = ColumnType<T, T | undefined, T>;

export interface PlaceTables {
  settings: { key: string; value: string };
  accounts: {
    id: AccountId;
    uri: string;
    handle: string;
    domain: string | null;
    kind: WithDefault<string>;
    display_name: WithDefault<string>;
    bio_html: WithDefault<string>;
    url: string | null;
    avatar_url: string | null;
    header_url: string | null;
    inbox_url: string | null;
    shared_inbox_url: string | null;
    outbox_url: string | null;
    followers_url: string | null;
    featured_url: string | null;
    locked: Flag;
    discoverable: Flag;
    fields: WithDefault<string>;
    emojis: WithDefault<string>;
    also_known_as: WithDefault<string>;
    moved_to: string | null;
    followers_count: WithDefault<number>;
    following_count: WithDefault<number>;
    posts_count: WithDefault<number>;
    last_post_at: number | null;
    created_at: number;
    fetched_at: number | null;
    gone_at: number | null;
  };
  people: {
    account_id: AccountId;
    passphrase_hash: string;
    bio_text: WithDefault<string>;
    language: WithDefault<string>;
    default_audience: WithDefault<string>;
    default_sensitive: Flag;
    shows_follows: Flag;
    default_reach: string | null;
    private_key_rsa: string;
    public_key_rsa: string;
    private_key_ed25519: string;
    public_key_ed25519: string;
    home_seen_id: string | null;
    notifications_seen_id: string | null;
    created_at: number;
  };
  recovery_codes: { person_id: AccountId; code_hash: string; used_at: number | null };
  sessions: { token_hash: string; person_id: AccountId; created_at: number; expires_at: number };
  posts: {
    id: PostId;
    uri: string;
    url: string | null;
    author_id: AccountId;
    audience: string;
    boost_of_id: PostId | null;
    content_html: WithDefault<string>;
    source_text: string | null;
    content_warning: WithDefault<string>;
    sensitive: Flag;
    language: string | null;
    kind: WithDefault<string>;
    title: string | null;
    in_reply_to_id: PostId | null;
    in_reply_to_uri: string | null;
    in_reply_to_account_id: AccountId | null;
    root_id: PostId;
    conversation_uri: string | null;
    replies_url: string | null;
    attachments: WithDefault<string>;
    emojis: WithDefault<string>;
    published_at: number;
    edited_at: number | null;
    replies_count: WithDefault<number>;
    boosts_count: WithDefault<number>;
    likes_count: WithDefault<number>;
    app_id: AppId | null;
    idempotency_key: string | null;
    reach: string | null;
  };
  fetched: { post_id: PostId; origin: string; fetched_at: number };
  post_versions: {
    post_id: PostId;
    version_at: number;
    content_html: string;
    content_warning: string;
    sensitive: Flag;
  };
  mentions: { post_id: PostId; account_id: AccountId };
  post_tags: { tag: string; post_id: PostId };
  tombstones: { uri: string; deleted_at: number };
  likes: { id: string; account_id: AccountId; post_id: PostId; uri: string | null; created_at: number };
  undone: { uri: string; account_id: AccountId; undone_at: number };
  follows: {
    id: FollowId;
    follower_id: AccountId;
    followee_id: AccountId;
    state: 'requested' | 'accepted';
    uri: string | null;
    shows_boosts: Flag;
    created_at: number;
  };
  blocks: { id: string; account_id: AccountId; target_id: AccountId; uri: string | null; created_at: number };
  mutes: {
    id: string;
    account_id: AccountId;
    target_id: AccountId;
    mutes_notifications: Flag;
    expires_at: number | null;
    created_at: number;
  };
  home_entries: { arrival_id: string; person_id: AccountId; post_id: PostId };
  notifications: {
    id: NotificationId;
    person_id: AccountId;
    kind: string;
    account_id: AccountId;
    post_id: PostId | null;
    created_at: number;
  };
  activities: {
    id: ActivityId;
    sender_id: AccountId;
    uri: string;
    kind: string;
    object_key: string;
    body: string;
    created_at: number;
  };
  inboxes: { id: WithDefault<number>; destination: string; url: string };
  deliveries: {
    id: DeliveryId;
    activity_id: ActivityId;
    destination: string;
    inbox_id: number;
    object_key: string;
    priority: number;
    weight: WithDefault<number>;
    state: WithDefault<string>;
    attempts: WithDefault<number>;
    next_at: number;
    last_attempt_at: number | null;
    ended_at: number | null;
    reason: string | null;
    post_id: PostId | null;
  };
  incoming: {
    id: IncomingId;
    activity_uri: string;
    actor_uri: string;
    kind: string;
    body: string;
    state: WithDefault<'waiting' | 'applied' | 'ignored' | 'parked'>;
    attempts: WithDefault<number>;
    reason: string | null;
    received_at: number;
  };
  taken_activities: { activity_uri: string; actor_uri: string; body_hash: string; taken_at: number };
  apps: {
    id: AppId;
    client_id: string;
    client_secret_hash: string;
    name: string;
    website: string | null;
    redirect_uris: string;
    scopes: string;
    created_at: number;
  };
  app_codes: {
    code_hash: string;
    app_id: AppId;
    person_id: AccountId;
    redirect_uri: string;
    scopes: string;
    challenge: string | null;
    expires_at: number;
    used_at: number | null;
  };
  app_tokens: {
    token_hash: string;
    app_id: AppId | null;
    person_id: AccountId | null;
    scopes: string;
    code_hash: string | null;
    created_at: number;
    last_used_at: number | null;
  };
  markers: { person_id: AccountId; timeline: string; last_read_id: string; version: number; updated_at: number };
}
