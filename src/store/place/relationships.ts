import { type Kysely, sql } from 'kysely';
import type { AccountId } from '../../model/ids.ts';
import type { PlaceTables } from './tables.ts';

/** How a person stands to an account. */
export interface Relationship {
  readonly accountId: AccountId;
  readonly following: boolean;
  readonly showsBoosts: boolean;
  readonly requested: boolean;
  readonly followedBy: boolean;
  readonly requestedBy: boolean;
  readonly blocking: boolean;
  readonly blockedBy: boolean;
  readonly muting: boolean;
  readonly mutingNotifications: boolean;
}

interface Row {
  id: AccountId;
  out_state: string | null;
  shows_boosts: number | null;
  in_state: string | null;
  blocking: number;
  blocked_by: number;
  muting: number;
  muting_notifications: number;
}

export function relationshipsStore(db: Kysely<PlaceTables>) {
  return {
    /** In the order of `ids`; ids that name nobody are left out. */
    async load(personId: AccountId, ids: readonly AccountId[], nowMs: number): Promise<Relationship[]> {
      if (ids.length === 0) return [];
      const mute = sql`from mutes m where m.account_id = ${personId} and m.target_id = a.id and (m.expires_at is null or m.expires_at > ${nowMs})`;
      const { rows } = await sql<Row>`select a.id, o.state out_state, o.shows_boosts, i.state in_state,
          exists (select 1 from blocks b where b.account_id = ${personId} and b.target_id = a.id) blocking,
          exists (select 1 from blocks b where b.account_id = a.id and b.target_id = ${personId}) blocked_by,
          exists (select 1 ${mute}) muting,
          exists (select 1 ${mute} and m.mutes_notifications = 1) muting_notifications
        from accounts a
        left join follows o on o.follower_id = ${personId} and o.followee_id = a.id
        left join follows i on i.followee_id = ${personId} and i.follower_id = a.id
        where a.id in (${sql.join(ids)})`.execute(db);
      const found = new Map(rows.map((row) => [row.id, row]));
      return ids.flatMap((id) => {
        const row = found.get(id);
        if (!row) return [];
        return [
          {
            accountId: id,
            following: row.out_state === 'accepted',
            showsBoosts: row.out_state !== null && row.shows_boosts === 1,
            requested: row.out_state === 'requested',
            followedBy: row.in_state === 'accepted',
            requestedBy: row.in_state === 'requested',
            blocking: row.blocking === 1,
            blockedBy: row.blocked_by === 1,
            muting: row.muting === 1,
            mutingNotifications: row.muting_notifications === 1,
          },
        ];
      });
    },
  };
}
export type RelationshipsStore = ReturnType<typeof relationshipsStore>;
