import { type Kysely, sql } from 'kysely';
import type { AccountId, PostId } from '../../model/ids.ts';
import type { PlaceTables } from './tables.ts';

/** Likes; the count of the post is kept right in the same transaction. */
export function likesStore(db: Kysely<PlaceTables>) {
  const count = (postId: PostId, by: 1 | -1) =>
    sql`update posts set likes_count = max(0, likes_count + ${by}) where id = ${postId}`.execute(db);
  return {
    /** False when that account liked the post before. */
    async add(like: { id: string; accountId: AccountId; postId: PostId; uri: string | null; createdAtMs: number }) {
      const row = await db
        .insertInto('likes')
        .values({
          id: like.id,
          account_id: like.accountId,
          post_id: like.postId,
          uri: like.uri,
          created_at: like.createdAtMs,
        })
        .onConflict((conflict) => conflict.columns(['account_id', 'post_id']).doNothing())
        .returning('id')
        .executeTakeFirst();
      if (row) await count(like.postId, 1);
      return row !== undefined;
    },
    /** @returns the uri of the like that was there (null: it had none), undefined when there was none. */
    async remove(accountId: AccountId, postId: PostId): Promise<string | null | undefined> {
      const row = await db
        .deleteFrom('likes')
        .where('account_id', '=', accountId)
        .where('post_id', '=', postId)
        .returning('uri')
        .executeTakeFirst();
      if (row) await count(postId, -1);
      return row?.uri;
    },
    async findByUri(uri: string): Promise<{ accountId: AccountId; postId: PostId } | undefined> {
      return db
        .selectFrom('likes')
        .select(['account_id as accountId', 'post_id as postId'])
        .where('uri', '=', uri)
        .executeTakeFirst();
    },
  };
}
export type LikesStore = ReturnType<typeof likesStore>;
