import { type Kysely, sql } from 'kysely';
import type { PostId } from '../../model/ids.ts';
import type { PlaceTables } from './tables.ts';

/** How far one post has come: to how many destinations it was sent, and how many of them said yes. */
export interface Landing {
  readonly sent: number;
  readonly accepted: number;
}

/** Where posts have landed, counted from their deliveries. */
export const landingsStore = (db: Kysely<PlaceTables>) => ({
  /** Posts that went nowhere are left out. */
  async load(ids: readonly PostId[]): Promise<Map<PostId, Landing>> {
    if (ids.length === 0) return new Map();
    const { rows } = await sql<{ post_id: PostId; sent: number; accepted: number }>`
      select post_id, count(distinct destination) sent,
        count(distinct case when state = 'accepted' then destination end) accepted
      from deliveries where post_id in (${sql.join(ids)}) and state <> 'cancelled' group by post_id`.execute(db);
    return new Map(rows.map(({ post_id, sent, accepted }) => [post_id, { sent, accepted }]));
  },
});
export type LandingsStore = ReturnType<typeof landingsStore>;
