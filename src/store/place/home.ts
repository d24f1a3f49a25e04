import { type Kysely, sql } from 'kysely';
import type { AccountId, PostId } from '../../model/ids.ts';
import type { PostView } from '../../model/post.ts';
import { fillPage, type PageRequest, paged } from './page.ts';
import type { PlaceTables } from './tables.ts';
import { viewsStore } from './views.ts';
import { unmuted } from './visibility.ts';

/** What arrives at each person's home. */
export function homeStore(db: Kysely<PlaceTables>) {
  const arrivalOf = async (personId: AccountId, postId: string | undefined) => {
    if (postId === undefined) return undefined;
    const row = await db
      .selectFrom('home_entries')
      .select('arrival_id')
      .where('person_id', '=', personId)
      .where('post_id', '=', postId as PostId)
      .executeTakeFirst();
    // A post that has left the home meanwhile: its own id is about as old as its arrival was.
    return row?.arrival_id ?? postId;
  };
  const entries = (personId: AccountId, nowMs: number) =>
    db
      .selectFrom('home_entries')
      .innerJoin('posts', 'posts.id', 'home_entries.post_id')
      .select(['home_entries.post_id', 'home_entries.arrival_id'])
      .where('person_id', '=', personId)
      .where(unmuted(personId, sql`posts.author_id`, nowMs))
      .where(
        sql<boolean>`(posts.boost_of_id is null or ${unmuted(personId, sql`(select o.author_id from posts o where o.id = posts.boost_of_id)`, nowMs)})`,
      );
  return {
    /** False when the post is there already. */
    async add(personId: AccountId, postId: PostId, arrivalId: string): Promise<boolean> {
      const row = await db
        .insertInto('home_entries')
        .values({ arrival_id: arrivalId, person_id: personId, post_id: postId })
        .onConflict((conflict) => conflict.columns(['person_id', 'post_id']).doNothing())
        .returning('arrival_id')
        .executeTakeFirst();
      return row !== undefined;
    },
    /** A page, newest arrival first. The bounds of `page` are ids of posts. */
    async page(personId: AccountId, page: PageRequest, nowMs: number): Promise<PostView[]> {
      const byArrival: PageRequest = {
        limit: page.limit,
        maxId: await arrivalOf(personId, page.maxId),
        sinceId: await arrivalOf(personId, page.sinceId),
        minId: await arrivalOf(personId, page.minId),
      };
      return fillPage(
        byArrival,
        (bounds) => paged(entries(personId, nowMs), 'home_entries.arrival_id', bounds).execute(),
        (row) => row.arrival_id,
        (rows) =>
          viewsStore(db).load(
            rows.map((row) => row.post_id),
            personId,
          ),
      );
    },
    /** After an unfollow or a block: their posts and boosts leave, unless the person is named in them. */
    async removeAuthor(personId: AccountId, authorId: AccountId): Promise<void> {
      await sql`delete from home_entries where person_id = ${personId} and post_id in (select id from posts where author_id = ${authorId})`.execute(
        db,
      );
    },
    /** Up to 40 latest posts of somebody newly followed that are known here already; they keep their own time. */
    async fill(personId: AccountId, authorId: AccountId): Promise<void> {
      await sql`insert or ignore into home_entries (arrival_id, person_id, post_id)
        select p.id, ${personId}, p.id from posts p where p.author_id = ${authorId} and p.audience <> 'direct'
        and not exists (select 1 from home_entries h where h.arrival_id = p.id)
        order by p.id desc limit 40`.execute(db);
    },
  };
}
export type HomeStore = ReturnType<typeof homeStore>;
