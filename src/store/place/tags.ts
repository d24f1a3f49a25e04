import { type Kysely, sql } from 'kysely';
import type { AccountId } from '../../model/ids.ts';
import type { PlaceTables } from './tables.ts';
import { visibleTo } from './visibility.ts';

/** Hashtags of the posts that this place knows. */
export const tagsStore = (db: Kysely<PlaceTables>) => ({
  /** Tags that begin with `prefix` (without #), only from posts that the viewer may see: a tag can be as telling as the post. */
  async search(prefix: string, viewerId: AccountId | null, limit: number, offset = 0): Promise<string[]> {
    const start = prefix.toLowerCase();
    const rows = await db
      .selectFrom('post_tags')
      .select('tag')
      .distinct()
      .where('tag', '>=', start)
      .where('tag', '<', `${start}\u{10ffff}`)
      .where(sql<boolean>`exists (select 1 from posts where posts.id = post_tags.post_id and ${visibleTo(viewerId)})`)
      .orderBy('tag')
      .limit(limit)
      .offset(offset)
      .execute();
    return rows.map((row) => row.tag);
  },
});
export type TagsStore = ReturnType<typeof tagsStore>;
