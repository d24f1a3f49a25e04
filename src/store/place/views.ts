import { type Kysely, sql } from 'kysely';
import type { AccountId, AppId, PostId } from '../../model/ids.ts';
import type { Post, PostView } from '../../model/post.ts';
import { accountsStore } from './accounts.ts';
import { inOrder, type PageRequest, paged } from './page.ts';
import { toPost } from './rows.ts';
import type { PlaceTables } from './tables.ts';
import { visibleTo } from './visibility.ts';

/** Posts of one thread that are read at once; the bound keeps the page of a famous post quick. */
const threadPosts = 1_000;

export interface AuthorPage extends PageRequest {
  readonly authorId: AccountId;
  readonly viewerId: AccountId | null;
  readonly excludeReplies?: boolean;
  readonly excludeBoosts?: boolean;
  /** Only posts that everyone may list (not `quiet`). */
  readonly onlyPublic?: boolean;
  readonly tag?: string;
}

/** Posts as somebody sees them: the only way from rows to what pages and apps show, so that who may see what is decided once. */
export function viewsStore(db: Kysely<PlaceTables>) {
  const accounts = accountsStore(db);

  async function loadPosts(ids: readonly PostId[], viewerId: AccountId | null): Promise<Map<PostId, Post>> {
    if (ids.length === 0) return new Map();
    const rows = await db
      .selectFrom('posts')
      .selectAll()
      .where('id', 'in', [...new Set(ids)])
      .where(visibleTo(viewerId))
      .execute();
    return new Map(rows.map((row) => [row.id, toPost(row)]));
  }

  /** Views in the order of `ids`, without those that the viewer may not see; a boost goes with what it boosts. */
  async function load(ids: readonly PostId[], viewerId: AccountId | null): Promise<PostView[]> {
    const posts = await loadPosts(ids, viewerId);
    const boostedIds = [...posts.values()].flatMap((post) => post.boostOfId ?? []);
    const boosted = await loadPosts(boostedIds, viewerId);
    const every = [...posts.values(), ...boosted.values()];
    const around = await loadAround(db, every, viewerId);
    const people = await accounts.loadMany([
      ...every.map((post) => post.authorId),
      ...[...around.mentions.values()].flat(),
    ]);
    const view = (post: Post, boostOf: PostView | null): PostView => ({
      post,
      author: people.get(post.authorId)!,
      mentions: (around.mentions.get(post.id) ?? []).flatMap((id) => people.get(id) ?? []),
      tags: around.tags.get(post.id) ?? [],
      boostOf,
      likedByViewer: around.liked.has(post.id),
      boostedByViewer: around.boosted.has(post.id),
      appName: around.apps.get(post.appId as AppId)?.name ?? null,
      appWebsite: around.apps.get(post.appId as AppId)?.website ?? null,
    });
    return ids.flatMap((id) => {
      const post = posts.get(id);
      if (!post) return [];
      if (!post.boostOfId) return [view(post, null)];
      const original = boosted.get(post.boostOfId);
      return original ? [view(post, view(original, null))] : [];
    });
  }

  return {
    load,
    async find(id: PostId, viewerId: AccountId | null): Promise<PostView | undefined> {
      return (await load([id], viewerId))[0];
    },
    async maySee(id: PostId, viewerId: AccountId | null): Promise<boolean> {
      return (await loadPosts([id], viewerId)).has(id);
    },

    /** What one account wrote and boosted, newest first. */
    async ofAuthor(page: AuthorPage): Promise<PostView[]> {
      let query = db
        .selectFrom('posts')
        .select('posts.id')
        .where('author_id', '=', page.authorId)
        .where(visibleTo(page.viewerId));
      if (page.excludeReplies) {
        // Answers to oneself are a thread and stay.
        query = query.where(sql<boolean>`(in_reply_to_uri is null or in_reply_to_account_id = author_id)`);
      }
      if (page.excludeBoosts) query = query.where('boost_of_id', 'is', null);
      if (page.onlyPublic) query = query.where('audience', '=', 'public');
      if (page.tag) {
        query = query.where(
          sql<boolean>`exists (select 1 from post_tags t where t.tag = ${page.tag.toLowerCase()} and t.post_id = posts.id)`,
        );
      }
      const rows = await paged(query, 'posts.id', page).execute();
      return load(
        inOrder(rows, page).map(({ id }) => id),
        page.viewerId,
      );
    },

    /** Public posts that this place knows, newest first; boosts left out. */
    async ofEveryone(
      page: PageRequest & { viewerId: AccountId | null; local?: boolean; remote?: boolean; tag?: string },
    ): Promise<PostView[]> {
      let query = db
        .selectFrom('posts')
        .innerJoin('accounts', 'accounts.id', 'posts.author_id')
        .select('posts.id')
        .where('audience', '=', 'public')
        .where('boost_of_id', 'is', null)
        .where(visibleTo(page.viewerId));
      if (page.local) {
        // The few people here by the author's index, not everybody's posts until 20 of theirs turn up (92 ms of 100,000 posts).
        query = query.where(sql<boolean>`posts.author_id in (select account_id from people)`);
      }
      if (page.remote) query = query.where('accounts.domain', 'is not', null);
      if (page.tag) {
        query = query
          .innerJoin('post_tags', 'post_tags.post_id', 'posts.id')
          .where('post_tags.tag', '=', page.tag.toLowerCase());
      } else {
        query = query.where(sql<boolean>`(in_reply_to_uri is null or in_reply_to_account_id = author_id)`);
      }
      const rows = await paged(query, 'posts.id', page).execute();
      return load(
        inOrder(rows, page).map(({ id }) => id),
        page.viewerId,
      );
    },

    /** A post with what it answers (oldest first) and what answers it (depth first); undefined when the viewer may not see it. */
    async thread(id: PostId, viewerId: AccountId | null) {
      const post = (await load([id], viewerId))[0];
      if (!post || post.boostOf) return undefined;
      const rows = await db
        .selectFrom('posts')
        .select(['id', 'in_reply_to_id'])
        .where('root_id', '=', post.post.rootId)
        .where('boost_of_id', 'is', null)
        .orderBy('id')
        .limit(threadPosts)
        .execute();
      const { above, below } = splitThread(rows, id);
      const views = await load([...above, ...below], viewerId);
      const seen = new Map(views.map((view) => [view.post.id, view]));
      // An ancestor that may not be seen ends the way up: what is above it would stand without its connection.
      const ancestors: PostView[] = [];
      for (const up of above.toReversed()) {
        const view = seen.get(up);
        if (!view) break;
        ancestors.unshift(view);
      }
      return { ancestors, post, descendants: below.flatMap((down) => seen.get(down) ?? []) };
    },

    async likers(id: PostId, page: PageRequest): Promise<{ id: string; accountId: AccountId }[]> {
      const query = db.selectFrom('likes').select(['likes.id', 'account_id as accountId']).where('post_id', '=', id);
      return inOrder(await paged(query, 'likes.id', page).execute(), page);
    },
    async boosters(id: PostId, page: PageRequest): Promise<{ id: string; accountId: AccountId }[]> {
      const query = db.selectFrom('posts').select(['posts.id', 'author_id as accountId']).where('boost_of_id', '=', id);
      return inOrder(await paged(query, 'posts.id', page).execute(), page);
    },
    /** What the person liked, latest like first; `likeId` is the cursor. */
    async liked(personId: AccountId, page: PageRequest): Promise<{ likeId: string; view: PostView }[]> {
      const query = db.selectFrom('likes').select(['likes.id', 'post_id']).where('account_id', '=', personId);
      const rows = inOrder(await paged(query, 'likes.id', page).execute(), page);
      const views = await load(
        rows.map((row) => row.post_id),
        personId,
      );
      const likeIds = new Map(rows.map((row) => [row.post_id, row.id]));
      return views.map((view) => ({ likeId: likeIds.get(view.post.id)!, view }));
    },
    /** Who spoke last in a thread, latest first, each once. */
    async lastAuthorsOf(rootId: PostId, posts: number): Promise<AccountId[]> {
      const rows = await db
        .selectFrom('posts')
        .select('author_id')
        .where('root_id', '=', rootId)
        .where('audience', 'in', ['public', 'quiet'])
        .orderBy('id', 'desc')
        .limit(posts)
        .execute();
      return [...new Set(rows.map((row) => row.author_id))];
    },
    /** Ids of the direct answers, oldest first, that everyone may see: the `replies` collection. */
    async publicReplies(id: PostId, afterId: PostId | undefined, limit: number): Promise<Post[]> {
      let query = db
        .selectFrom('posts')
        .selectAll()
        .where('in_reply_to_id', '=', id)
        .where('audience', 'in', ['public', 'quiet'])
        .orderBy('id')
        .limit(limit);
      if (afterId) query = query.where('id', '>', afterId);
      return (await query.execute()).map(toPost);
    },
  };
}
export type ViewsStore = ReturnType<typeof viewsStore>;

/** The way up from a post (root first) and everything below it (depth first), from the rows of its thread. Cycles end where they close. */
function splitThread(rows: readonly { id: PostId; in_reply_to_id: PostId | null }[], id: PostId) {
  const parents = new Map(rows.map((row) => [row.id, row.in_reply_to_id]));
  const children = new Map<PostId, PostId[]>();
  for (const row of rows) {
    if (row.in_reply_to_id) children.set(row.in_reply_to_id, [...(children.get(row.in_reply_to_id) ?? []), row.id]);
  }
  const above: PostId[] = [];
  for (let up = parents.get(id); up && parents.has(up) && !above.includes(up); up = parents.get(up)) above.unshift(up);
  const below: PostId[] = [];
  const known = new Set([id]);
  const waiting = [...(children.get(id) ?? [])].reverse();
  while (waiting.length > 0) {
    const next = waiting.pop()!;
    if (known.has(next)) continue;
    known.add(next);
    below.push(next);
    waiting.push(...[...(children.get(next) ?? [])].reverse());
  }
  return { above, below };
}

/** Mentions, tags, apps and what the viewer did, for many posts in a handful of queries. */
async function loadAround(db: Kysely<PlaceTables>, posts: readonly Post[], viewerId: AccountId | null) {
  const ids = posts.map((post) => post.id);
  const appIds = [...new Set(posts.flatMap((post) => post.appId ?? []))];
  const none = ids.length === 0;
  const [mentions, tags, likes, boosts, apps] = await Promise.all([
    none ? [] : db.selectFrom('mentions').selectAll().where('post_id', 'in', ids).execute(),
    none ? [] : db.selectFrom('post_tags').selectAll().where('post_id', 'in', ids).orderBy('tag').execute(),
    none || !viewerId
      ? []
      : db
          .selectFrom('likes')
          .select('post_id')
          .where('account_id', '=', viewerId)
          .where('post_id', 'in', ids)
          .execute(),
    none || !viewerId
      ? []
      : db
          .selectFrom('posts')
          .select('boost_of_id')
          .where('author_id', '=', viewerId)
          .where('boost_of_id', 'in', ids)
          .execute(),
    appIds.length === 0
      ? []
      : db.selectFrom('apps').select(['id', 'name', 'website']).where('id', 'in', appIds).execute(),
  ]);
  const grouped = <T>(rows: readonly { post_id: PostId }[], value: (row: never) => T) => {
    const map = new Map<PostId, T[]>();
    for (const row of rows) map.set(row.post_id, [...(map.get(row.post_id) ?? []), value(row as never)]);
    return map;
  };
  return {
    mentions: grouped(mentions, (row: { account_id: AccountId }) => row.account_id),
    tags: grouped(tags, (row: { tag: string }) => row.tag),
    liked: new Set(likes.map((row) => row.post_id)),
    boosted: new Set(boosts.map((row) => row.boost_of_id)),
    apps: new Map(apps.map((app) => [app.id, app])),
  };
}
