import type { Selectable } from 'kysely';
import type { Account, AccountKind, Emoji, Person, ProfileField } from '../../model/account.ts';
import type { Attachment, Audience, Post } from '../../model/post.ts';
import type { Reach } from '../../model/reach.ts';
import type { PlaceTables } from './tables.ts';

/** Reads a JSON list that we wrote ourselves; an empty text is an empty list. */
const list = <T>(json: string): T[] => (json === '' || json === '[]' ? [] : (JSON.parse(json) as T[]));

/** An `accounts` row as the rest of Canari knows it. */
export function toAccount(row: Selectable<PlaceTables['accounts']>): Account {
  return {
    id: row.id,
    uri: row.uri,
    handle: row.handle,
    domain: row.domain,
    kind: row.kind as AccountKind,
    displayName: row.display_name,
    bioHtml: row.bio_html,
    url: row.url,
    avatarUrl: row.avatar_url,
    headerUrl: row.header_url,
    inboxUrl: row.inbox_url,
    sharedInboxUrl: row.shared_inbox_url,
    outboxUrl: row.outbox_url,
    followersUrl: row.followers_url,
    featuredUrl: row.featured_url,
    locked: row.locked === 1,
    discoverable: row.discoverable === 1,
    fields: list<ProfileField>(row.fields),
    emojis: list<Emoji>(row.emojis),
    alsoKnownAs: list<string>(row.also_known_as),
    movedTo: row.moved_to,
    followersCount: row.followers_count,
    followingCount: row.following_count,
    postsCount: row.posts_count,
    lastPostAtMs: row.last_post_at,
    createdAtMs: row.created_at,
    fetchedAtMs: row.fetched_at,
    goneAtMs: row.gone_at,
  };
}

/** A `people` row with its account. */
export function toPerson(row: Selectable<PlaceTables['people']>, account: Account): Person {
  return {
    account,
    bioText: row.bio_text,
    language: row.language === 'fr' ? 'fr' : 'en',
    defaultAudience: row.default_audience as Audience,
    defaultSensitive: row.default_sensitive === 1,
    showsFollows: row.shows_follows === 1,
    defaultReach: row.default_reach as Reach | null,
    keys: {
      rsaPrivate: row.private_key_rsa,
      rsaPublic: row.public_key_rsa,
      ed25519Private: row.private_key_ed25519,
      ed25519Public: row.public_key_ed25519,
    },
    createdAtMs: row.created_at,
  };
}

/** A `posts` row as the rest of Canari knows it. */
export function toPost(row: Selectable<PlaceTables['posts']>): Post {
  return {
    id: row.id,
    uri: row.uri,
    url: row.url,
    authorId: row.author_id,
    audience: row.audience as Audience,
    boostOfId: row.boost_of_id,
    contentHtml: row.content_html,
    sourceText: row.source_text,
    contentWarning: row.content_warning,
    sensitive: row.sensitive === 1,
    language: row.language,
    kind: row.kind,
    title: row.title,
    inReplyToId: row.in_reply_to_id,
    inReplyToUri: row.in_reply_to_uri,
    inReplyToAccountId: row.in_reply_to_account_id,
    rootId: row.root_id,
    conversationUri: row.conversation_uri,
    repliesUrl: row.replies_url,
    attachments: list<Attachment>(row.attachments),
    emojis: list<Emoji>(row.emojis),
    publishedAtMs: row.published_at,
    editedAtMs: row.edited_at,
    repliesCount: row.replies_count,
    boostsCount: row.boosts_count,
    likesCount: row.likes_count,
    appId: row.app_id,
    reach: row.reach as Reach | null,
  };
}
