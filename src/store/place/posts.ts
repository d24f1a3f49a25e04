import { type Kysely, sql } from 'kysely';
import type { Emoji } from '../../model/account.ts';
import type { AccountId, AppId, PostId } from '../../model/ids.ts';
import type { Attachment, Audience, Post } from '../../model/post.ts';
import type { Reach } from '../../model/reach.ts';
import { toPost } from './rows.ts';
import type { PlaceTables } from './tables.ts';

/** A post to be stored; what is left out takes the schema's default. */
export interface NewPost {
  readonly id: PostId;
  readonly uri: string;
  readonly url?: string | null;
  readonly authorId: AccountId;
  readonly audience: Audience;
  readonly boostOfId?: PostId | null;
  readonly contentHtml?: string;
  readonly sourceText?: string | null;
  readonly contentWarning?: string;
  readonly sensitive?: boolean;
  readonly language?: string | null;
  readonly kind?: string;
  readonly title?: string | null;
  readonly inReplyToUri?: string | null;
  readonly conversationUri?: string | null;
  readonly repliesUrl?: string | null;
  readonly attachments?: readonly Attachment[];
  readonly emojis?: readonly Emoji[];
  readonly publishedAtMs: number;
  readonly editedAtMs?: number | null;
  readonly appId?: AppId | null;
  readonly idempotencyKey?: string | null;
  readonly mentionIds?: readonly AccountId[];
  readonly tags?: readonly string[];
}

/** What an edit changes. */
export type PostChanges = Partial<
  Pick<
    NewPost,
    | 'contentHtml'
    | 'sourceText'
    | 'contentWarning'
    | 'sensitive'
    | 'language'
    | 'title'
    | 'attachments'
    | 'emojis'
    | 'mentionIds'
    | 'tags'
    | 'url'
  >
> & { readonly editedAtMs: number };

/** Posts, boosts among them; counts of the posts that they answer or boost are kept right here, in the same transaction. */
export function postsStore(db: Kysely<PlaceTables>) {
  const all = () => db.selectFrom('posts').selectAll();
  const first = async (query: { executeTakeFirst(): Promise<Parameters<typeof toPost>[0] | undefined> }) => {
    const row = await query.executeTakeFirst();
    return row && toPost(row);
  };
  const find = (id: PostId) => first(all().where('id', '=', id));
  const count = (id: PostId, column: 'replies_count' | 'boosts_count', by: 1 | -1) =>
    sql`update posts set ${sql.ref(column)} = max(0, ${sql.ref(column)} + ${by}) where id = ${id}`.execute(db);

  async function setMentions(postId: PostId, accountIds: readonly AccountId[]) {
    await db.deleteFrom('mentions').where('post_id', '=', postId).execute();
    const rows = [...new Set(accountIds)].map((account_id) => ({ post_id: postId, account_id }));
    if (rows.length > 0) await db.insertInto('mentions').values(rows).execute();
  }
  async function setTags(postId: PostId, tags: readonly string[]) {
    await db.deleteFrom('post_tags').where('post_id', '=', postId).execute();
    const rows = [...new Set(tags.map((tag) => tag.toLowerCase()))].map((tag) => ({ post_id: postId, tag }));
    if (rows.length > 0) await db.insertInto('post_tags').values(rows).execute();
  }

  return {
    find,
    findByUri: (uri: string) => first(all().where('uri', '=', uri)),
    /** By the address of the page for people. */
    findByUrl: (url: string) => first(all().where('url', '=', url).where('boost_of_id', 'is', null)),
    findBoost: (authorId: AccountId, postId: PostId) =>
      first(all().where('boost_of_id', '=', postId).where('author_id', '=', authorId)),
    /** A post that the same app call has made before. */
    findByIdempotencyKey: (authorId: AccountId, key: string) =>
      first(all().where('author_id', '=', authorId).where('idempotency_key', '=', key)),

    /**
     * Stores a post and hangs it into its thread: below the post that it answers when that is known, and above the answers that came before it.
     * @returns the stored post, or undefined when its uri is known already or was deleted (nothing is changed then).
     */
    async add(post: NewPost): Promise<Post | undefined> {
      const buried = await db.selectFrom('tombstones').select('uri').where('uri', '=', post.uri).executeTakeFirst();
      if (buried) return undefined;
      const parent = post.inReplyToUri ? await first(all().where('uri', '=', post.inReplyToUri)) : undefined;
      const row = await db
        .insertInto('posts')
        .values({
          id: post.id,
          uri: post.uri,
          url: post.url ?? null,
          author_id: post.authorId,
          audience: post.audience,
          boost_of_id: post.boostOfId ?? null,
          content_html: post.contentHtml ?? '',
          source_text: post.sourceText ?? null,
          content_warning: post.contentWarning ?? '',
          sensitive: post.sensitive ?? false,
          language: post.language ?? null,
          kind: post.kind ?? 'Note',
          title: post.title ?? null,
          in_reply_to_id: parent?.id ?? null,
          in_reply_to_uri: post.inReplyToUri ?? null,
          in_reply_to_account_id: parent?.authorId ?? null,
          root_id: parent?.rootId ?? post.id,
          conversation_uri: post.conversationUri ?? parent?.conversationUri ?? null,
          replies_url: post.repliesUrl ?? null,
          attachments: JSON.stringify(post.attachments ?? []),
          emojis: JSON.stringify(post.emojis ?? []),
          published_at: post.publishedAtMs,
          edited_at: post.editedAtMs ?? null,
          app_id: post.appId ?? null,
          idempotency_key: post.idempotencyKey ?? null,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returningAll()
        .executeTakeFirst();
      if (!row) return undefined;
      if (post.mentionIds?.length) await setMentions(post.id, post.mentionIds);
      if (post.tags?.length) await setTags(post.id, post.tags);
      if (parent) await count(parent.id, 'replies_count', 1);
      if (post.boostOfId) await count(post.boostOfId, 'boosts_count', 1);
      else await adoptReplies(db, toPost(row));
      await db
        .updateTable('accounts')
        .set({ posts_count: sql`posts_count + 1` })
        .where('id', '=', post.authorId)
        .where('domain', 'is', null)
        .execute();
      await sql`update accounts set last_post_at = max(coalesce(last_post_at, 0), ${post.publishedAtMs}) where id = ${post.authorId}`.execute(
        db,
      );
      return find(post.id);
    },

    /** Changes the words of a post, keeping the earlier ones as a version. */
    async update(id: PostId, changes: PostChanges): Promise<void> {
      await sql`insert or ignore into post_versions (post_id, version_at, content_html, content_warning, sensitive)
        select id, coalesce(edited_at, published_at), content_html, content_warning, sensitive from posts where id = ${id}`.execute(
        db,
      );
      const row = {
        content_html: changes.contentHtml,
        source_text: changes.sourceText,
        content_warning: changes.contentWarning,
        sensitive: changes.sensitive,
        language: changes.language,
        title: changes.title,
        url: changes.url,
        attachments: changes.attachments && JSON.stringify(changes.attachments),
        emojis: changes.emojis && JSON.stringify(changes.emojis),
        edited_at: changes.editedAtMs,
      };
      const set = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
      await db.updateTable('posts').set(set).where('id', '=', id).execute();
      if (changes.mentionIds) await setMentions(id, changes.mentionIds);
      if (changes.tags) await setTags(id, changes.tags);
    },

    /** Writes down how far a new post was pushed: an edit goes as far. */
    async setReach(id: PostId, reach: Reach): Promise<void> {
      await db.updateTable('posts').set({ reach }).where('id', '=', id).execute();
    },

    /** Removes a post with its boosts, likes, home and notification rows; answers to it stay, as answers to something that is gone. */
    async remove(id: PostId): Promise<void> {
      const post = await find(id);
      if (!post) return;
      if (post.inReplyToId) await count(post.inReplyToId, 'replies_count', -1);
      if (post.boostOfId) await count(post.boostOfId, 'boosts_count', -1);
      await db.updateTable('posts').set({ in_reply_to_id: null }).where('in_reply_to_id', '=', id).execute();
      await db.deleteFrom('posts').where('id', '=', id).execute();
      await sql`update accounts set posts_count = max(0, posts_count - 1) where id = ${post.authorId} and domain is null`.execute(
        db,
      );
    },

    async isTombstoned(uri: string): Promise<boolean> {
      return (await db.selectFrom('tombstones').select('uri').where('uri', '=', uri).executeTakeFirst()) !== undefined;
    },
    /** Remembers a deletion, so that a Create that comes late does not bring the post back. */
    async bury(uri: string, atMs: number): Promise<void> {
      await db
        .insertInto('tombstones')
        .values({ uri, deleted_at: atMs })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },

    /** Earlier wordings, oldest first, without the present one. */
    async versions(id: PostId) {
      const rows = await db
        .selectFrom('post_versions')
        .selectAll()
        .where('post_id', '=', id)
        .orderBy('version_at')
        .execute();
      return rows.map((row) => ({
        atMs: row.version_at,
        contentHtml: row.content_html,
        contentWarning: row.content_warning,
        sensitive: row.sensitive === 1,
      }));
    },
    async mentionedIds(id: PostId): Promise<AccountId[]> {
      const rows = await db.selectFrom('mentions').select('account_id').where('post_id', '=', id).execute();
      return rows.map((row) => row.account_id);
    },
    async tags(id: PostId): Promise<string[]> {
      const rows = await db.selectFrom('post_tags').select('tag').where('post_id', '=', id).orderBy('tag').execute();
      return rows.map((row) => row.tag);
    },
    /** Posts (not boosts) of one author, newest first. */
    async ofAuthor(authorId: AccountId, limit: number): Promise<Post[]> {
      const rows = await all().where('author_id', '=', authorId).orderBy('id', 'desc').limit(limit).execute();
      return rows.map(toPost);
    },
    /** How many posts people here have written, for NodeInfo. */
    async countLocal(): Promise<number> {
      const { n } = await db
        .selectFrom('accounts')
        .select(({ fn }) => fn.sum<number>('posts_count').as('n'))
        .where('domain', 'is', null)
        .executeTakeFirstOrThrow();
      return n ?? 0;
    },
  };
}
export type PostsStore = ReturnType<typeof postsStore>;

/** Answers that came before the post that they answer find it now, and their whole branch gets its root. */
async function adoptReplies(db: Kysely<PlaceTables>, post: Post): Promise<void> {
  const orphans = await db
    .selectFrom('posts')
    .select(['id', 'root_id'])
    .where('in_reply_to_uri', '=', post.uri)
    .where('in_reply_to_id', 'is', null)
    .execute();
  for (const orphan of orphans) {
    await db
      .updateTable('posts')
      .set({ in_reply_to_id: post.id, in_reply_to_account_id: post.authorId })
      .where('id', '=', orphan.id)
      .execute();
    if (orphan.root_id === orphan.id && post.rootId !== orphan.id) {
      await db.updateTable('posts').set({ root_id: post.rootId }).where('root_id', '=', orphan.id).execute();
    }
  }
  if (orphans.length > 0) {
    await sql`update posts set replies_count = replies_count + ${orphans.length} where id = ${post.id}`.execute(db);
  }
}
