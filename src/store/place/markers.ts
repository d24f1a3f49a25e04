import { type Kysely, sql } from 'kysely';
import type { AccountId } from '../../model/ids.ts';
import type { PlaceTables } from './tables.ts';

/** How far a person has read one timeline, shared by all their apps. */
export interface Marker {
  readonly timeline: string;
  readonly lastReadId: string;
  /** Goes up with each change. */
  readonly version: number;
  readonly updatedAtMs: number;
}

/** Reading positions that apps keep here. */
export const markersStore = (db: Kysely<PlaceTables>) => ({
  async load(personId: AccountId, timelines: readonly string[]): Promise<Marker[]> {
    if (timelines.length === 0) return [];
    const rows = await db
      .selectFrom('markers')
      .selectAll()
      .where('person_id', '=', personId)
      .where('timeline', 'in', timelines)
      .execute();
    return rows.map((row) => ({
      timeline: row.timeline,
      lastReadId: row.last_read_id,
      version: row.version,
      updatedAtMs: row.updated_at,
    }));
  },

  async save(personId: AccountId, timeline: string, lastReadId: string, nowMs: number): Promise<void> {
    await db
      .insertInto('markers')
      .values({ person_id: personId, timeline, last_read_id: lastReadId, version: 1, updated_at: nowMs })
      .onConflict((conflict) =>
        conflict
          .columns(['person_id', 'timeline'])
          .doUpdateSet({ last_read_id: lastReadId, version: sql`markers.version + 1`, updated_at: nowMs }),
      )
      .execute();
  },
});

export type MarkersStore = ReturnType<typeof markersStore>;
