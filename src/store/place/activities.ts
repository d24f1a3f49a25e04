import { type Kysely, sql } from 'kysely';
import type { AccountId, ActivityId, PostId } from '../../model/ids.ts';
import { anybody } from './fetches.ts';
import type { PlaceTables } from './tables.ts';

/** An activity that we send: its bytes are stored once, whatever the number of destinations. */
export interface StoredActivity {
  readonly id: ActivityId;
  readonly senderId: AccountId;
  readonly uri: string;
  readonly kind: string;
  readonly objectKey: string;
  readonly body: string;
  readonly createdAtMs: number;
}

export function activitiesStore(db: Kysely<PlaceTables>) {
  return {
    async add(activity: StoredActivity): Promise<void> {
      await db
        .insertInto('activities')
        .values({
          id: activity.id,
          sender_id: activity.senderId,
          uri: activity.uri,
          kind: activity.kind,
          object_key: activity.objectKey,
          body: activity.body,
          created_at: activity.createdAtMs,
        })
        .execute();
    },
    async find(id: ActivityId): Promise<StoredActivity | undefined> {
      const row = await db.selectFrom('activities').selectAll().where('id', '=', id).executeTakeFirst();
      return (
        row && {
          id: row.id,
          senderId: row.sender_id,
          uri: row.uri,
          kind: row.kind,
          objectKey: row.object_key,
          body: row.body,
          createdAtMs: row.created_at,
        }
      );
    },
    /** The id of the first activity of a kind about an object. */
    async findId(objectKey: string, kind: string): Promise<ActivityId | undefined> {
      const row = await db
        .selectFrom('activities')
        .select('id')
        .where('object_key', '=', objectKey)
        .where('kind', '=', kind)
        .orderBy('id')
        .limit(1)
        .executeTakeFirst();
      return row?.id;
    },
    /** The post that a Create was about; undefined for any other activity. */
    async findPostId(id: string): Promise<PostId | undefined> {
      const row = await db
        .selectFrom('activities')
        .select('object_key')
        .where('id', '=', id as ActivityId)
        .where('kind', '=', 'Create')
        .executeTakeFirst();
      return row?.object_key.startsWith('post:') ? (row.object_key.slice(5) as PostId) : undefined;
    },
    /** True once somebody who did not sign has fetched this post: it can be anywhere. */
    async wasFetchedByAnybody(postId: PostId): Promise<boolean> {
      const row = await db
        .selectFrom('fetched')
        .select('post_id')
        .where('post_id', '=', postId)
        .where('origin', '=', anybody)
        .executeTakeFirst();
      return row !== undefined;
    },
    /** Inboxes that were sent something of this post, whose people answered, boosted or liked it, or whose server fetched it: an Update and a Delete go there too. */
    async inboxesTouchedBy(postId: PostId): Promise<string[]> {
      const { rows } = await sql<{ url: string | null }>`
        select i.url from deliveries d join inboxes i on i.id = d.inbox_id where d.post_id = ${postId}
        union
        select coalesce(a.shared_inbox_url, a.inbox_url) from accounts a
          where a.domain is not null and a.gone_at is null and a.inbox_url is not null and a.id in (
            select author_id from posts where in_reply_to_id = ${postId} or boost_of_id = ${postId}
            union select account_id from likes where post_id = ${postId})
        union
        select (select coalesce(a.shared_inbox_url, a.inbox_url) from accounts a
            where a.uri > f.origin || '/' and a.uri < f.origin || '0' and a.inbox_url is not null and a.gone_at is null limit 1)
          from fetched f where f.post_id = ${postId} and f.origin <> ${anybody}`.execute(db);
      return rows.flatMap(({ url }) => url ?? []);
    },
  };
}
export type ActivitiesStore = ReturnType<typeof activitiesStore>;
