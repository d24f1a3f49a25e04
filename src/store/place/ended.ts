import { type Kysely, sql } from 'kysely';
import type { PlaceTables } from './tables.ts';

/** How far a walk through a table has come, and what went on the way. */
export interface PruneStep {
  /** Where the next step begins; undefined at the end of the table. */
  readonly nextAfterId: string | undefined;
  readonly gone: number;
}

/** What has been sent and is of no use any more. Walked through in steps by id: no step reads more than `limit` rows, however many there are. */
export function endedStore(db: Kysely<PlaceTables>) {
  async function step(
    table: 'deliveries' | 'activities',
    afterId: string,
    limit: number,
    useless: ReturnType<typeof sql>,
  ) {
    const walked = sql`select id from ${sql.table(table)} where id > ${afterId} order by id limit ${limit}`;
    const { rows } = await sql<{
      last: string | null;
      n: number;
    }>`select max(id) as last, count(*) as n from (${walked})`.execute(db);
    const { last, n } = rows[0]!;
    if (last === null) return { nextAfterId: undefined, gone: 0 };
    const done =
      await sql`delete from ${sql.table(table)} where id > ${afterId} and id <= ${last} and ${useless}`.execute(db);
    return { nextAfterId: n < limit ? undefined : last, gone: Number(done.numAffectedRows ?? 0n) };
  }
  return {
    /**
     * Forgets deliveries that ended before `beforeMs` and that no post needs: those of follows, likes and answers, and those of posts that are
     * deleted. Of a post that stands they are kept: its Update and its Delete go to whoever was sent it.
     */
    pruneDeliveries: (beforeMs: number, afterId: string, limit: number): Promise<PruneStep> =>
      step(
        'deliveries',
        afterId,
        limit,
        sql`state <> 'waiting' and ended_at < ${beforeMs} and not exists (select 1 from posts p where p.id = deliveries.post_id)`,
      ),
    /** Forgets activities from before `beforeMs` that nothing refers to; those of posts that stand can be fetched and are kept. */
    pruneActivities: (beforeMs: number, afterId: string, limit: number): Promise<PruneStep> =>
      step(
        'activities',
        afterId,
        limit,
        sql`created_at < ${beforeMs}
          and not exists (select 1 from deliveries d where d.activity_id = activities.id)
          and not exists (select 1 from posts p where p.uri = activities.uri)
          and not exists (select 1 from posts p where activities.object_key like 'post:%' and p.id = cast(substr(activities.object_key, 6) as integer))`,
      ),
  };
}
export type EndedStore = ReturnType<typeof endedStore>;
