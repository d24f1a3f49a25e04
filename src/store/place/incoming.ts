import { type Kysely, sql } from 'kysely';
import type { AccountId, IncomingId } from '../../model/ids.ts';
import type { PlaceTables } from './tables.ts';

/** An activity that has come in and waits for what it brings about. */
export interface IncomingLine {
  readonly id: IncomingId;
  readonly activityUri: string;
  readonly actorUri: string;
  readonly kind: string;
  /** As received. */
  readonly body: string;
  readonly attempts: number;
  readonly receivedAtMs: number;
  /** The process ended while this was being applied: it goes alone, and is parked when that happens again (THREATS F20). */
  readonly hasCrashed: boolean;
}

export interface ParkedLine {
  readonly id: IncomingId;
  readonly activityUri: string;
  readonly actorUri: string;
  readonly kind: string;
  readonly reason: string;
  readonly receivedAtMs: number;
}

/** Where a waiting line stands, kept in `reason` until its end has one. */
const applying = 'being applied';
const crashed = 'the process ended while this was applied';
const applyingAgain = 'being applied again';

/** What came in: durable before it is answered, applied after, remembered so that a replay has no second effect. */
export function incomingStore(db: Kysely<PlaceTables>) {
  return {
    /**
     * Takes an activity in, once. `known`: it was taken before, word for word by the same actor. `other`: its id was taken by somebody else or
     * with other words (THREATS 9). Call it inside a transaction.
     * `mayRepeat`: the same actor may say it again in other words (Misskey gives every Undo of one follow the same id).
     */
    async take(line: {
      id: IncomingId;
      activityUri: string;
      actorUri: string;
      kind: string;
      body: string;
      /** Of the bytes received. */
      bodyHash: string;
      receivedAtMs: number;
      mayRepeat: boolean;
    }): Promise<'new' | 'known' | 'other'> {
      const fresh = await db
        .insertInto('taken_activities')
        .values({
          activity_uri: line.activityUri,
          actor_uri: line.actorUri,
          body_hash: line.bodyHash,
          taken_at: line.receivedAtMs,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning('activity_uri')
        .executeTakeFirst();
      if (!fresh) {
        const taken = await db
          .selectFrom('taken_activities')
          .selectAll()
          .where('activity_uri', '=', line.activityUri)
          .executeTakeFirstOrThrow();
        if (taken.actor_uri !== line.actorUri) return 'other';
        if (taken.body_hash === line.bodyHash) return 'known';
        if (!line.mayRepeat) return 'other';
        await db
          .updateTable('taken_activities')
          .set({ body_hash: line.bodyHash, taken_at: line.receivedAtMs })
          .where('activity_uri', '=', line.activityUri)
          .execute();
      }
      await db
        .insertInto('incoming')
        .values({
          id: line.id,
          activity_uri: line.activityUri,
          actor_uri: line.actorUri,
          kind: line.kind,
          body: line.body,
          reason: null,
          received_at: line.receivedAtMs,
        })
        .execute();
      return 'new';
    },

    /**
     * The next lines to apply, oldest first, at most one per actor; each is marked before it is applied, so that one that ends the process is
     * known afterwards. A line that has done so before comes alone. Call it inside a transaction.
     */
    async claim(options: {
      limit: number;
      /** Actors that are being applied right now. */
      busyActors: readonly string[];
      /** Lines that wait for their next attempt. */
      heldIds: readonly IncomingId[];
    }): Promise<IncomingLine[]> {
      const rows = await db
        .selectFrom('incoming')
        .selectAll()
        .where('state', '=', 'waiting')
        .where('actor_uri', 'not in', ['', ...options.busyActors])
        .where('id', 'not in', ['0' as IncomingId, ...options.heldIds])
        .orderBy('id')
        .limit(options.limit * 4)
        .execute();
      const byActor = new Map(rows.toReversed().map((row) => [row.actor_uri, row]));
      const chosen = [...byActor.values()].sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, options.limit);
      const alone = chosen.find((row) => row.reason === crashed);
      const claimed = alone ? (options.busyActors.length === 0 ? [alone] : []) : chosen;
      for (const row of claimed) {
        await db
          .updateTable('incoming')
          .set({ attempts: row.attempts + 1, reason: row.reason === crashed ? applyingAgain : applying })
          .where('id', '=', row.id)
          .execute();
      }
      return claimed.map((row) => ({
        id: row.id,
        activityUri: row.activity_uri,
        actorUri: row.actor_uri,
        kind: row.kind,
        body: row.body,
        attempts: row.attempts + 1,
        receivedAtMs: row.received_at,
        hasCrashed: row.reason === crashed,
      }));
    },
    /** Not now: it stays waiting. */
    async hold(id: IncomingId, reason: string): Promise<void> {
      await db.updateTable('incoming').set({ reason }).where('id', '=', id).execute();
    },
    /** The end of a line, in the transaction of what it brought about. A parked one keeps its words, for whoever looks into it. */
    async end(id: IncomingId, state: 'applied' | 'ignored' | 'parked', reason: string): Promise<void> {
      await db
        .updateTable('incoming')
        .set({ state, reason, ...(state !== 'parked' && { body: '' }) })
        .where('id', '=', id)
        .execute();
    },
    /** After a start: finds what was being applied when the process ended. @returns how many lines were parked for doing that twice. */
    async recover(): Promise<number> {
      const parked = await db
        .updateTable('incoming')
        .set({ state: 'parked', reason: 'applying this ended the process twice' })
        .where('state', '=', 'waiting')
        .where('reason', '=', applyingAgain)
        .executeTakeFirst();
      await db
        .updateTable('incoming')
        .set({ reason: crashed })
        .where('state', '=', 'waiting')
        .where('reason', '=', applying)
        .execute();
      return Number(parked.numUpdatedRows);
    },
    /** An orderly stop: what was being applied is simply waiting again. */
    async release(ids: readonly IncomingId[]): Promise<void> {
      if (ids.length === 0) return;
      await db
        .updateTable('incoming')
        .set({ reason: null })
        .where('id', 'in', [...ids])
        .where('state', '=', 'waiting')
        .execute();
    },
    async countWaiting(): Promise<number> {
      const { n } = await db
        .selectFrom('incoming')
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .where('state', '=', 'waiting')
        .executeTakeFirstOrThrow();
      return n;
    },
    /** How each activity ended, for tests and the operator; undefined when it never came or is forgotten. */
    async findEnd(
      activityUri: string,
    ): Promise<{ state: string; reason: string | null; attempts: number } | undefined> {
      return db
        .selectFrom('incoming')
        .select(['state', 'reason', 'attempts'])
        .where('activity_uri', '=', activityUri)
        .orderBy('id', 'desc')
        .executeTakeFirst();
    },
    /** What could not be applied, newest first. */
    async parked(limit: number): Promise<ParkedLine[]> {
      const rows = await db
        .selectFrom('incoming')
        .selectAll()
        .where('state', '=', 'parked')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        id: row.id,
        activityUri: row.activity_uri,
        actorUri: row.actor_uri,
        kind: row.kind,
        reason: row.reason ?? '',
        receivedAtMs: row.received_at,
      }));
    },

    /** Remembers an Undo that came before what it undoes. */
    async rememberUndone(uri: string, accountId: AccountId, atMs: number): Promise<void> {
      await db
        .insertInto('undone')
        .values({ uri, account_id: accountId, undone_at: atMs })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    async isUndone(uri: string, accountId: AccountId): Promise<boolean> {
      const row = await db
        .selectFrom('undone')
        .select('uri')
        .where('uri', '=', uri)
        .where('account_id', '=', accountId)
        .executeTakeFirst();
      return row !== undefined;
    },
    /** True once: what was taken back before it came does not come, but may be done again later under the same id. */
    async useUndone(uri: string, accountId: AccountId): Promise<boolean> {
      const done = await db
        .deleteFrom('undone')
        .where('uri', '=', uri)
        .where('account_id', '=', accountId)
        .executeTakeFirst();
      if (done.numDeletedRows === 0n) return false;
      await this.forgetTaken(uri);
      return true;
    },
    /** After an Undo: some servers (Misskey) give a follow or block the same id each time. */
    async forgetTaken(uri: string): Promise<void> {
      await db.deleteFrom('taken_activities').where('activity_uri', '=', uri).execute();
    },

    /** Forgets what has ended and what is older than any signature. Times: wall, milliseconds. */
    async prune(before: { endedMs: number; parkedMs: number; takenMs: number }): Promise<void> {
      await db
        .deleteFrom('incoming')
        .where('state', 'in', ['applied', 'ignored'])
        .where('received_at', '<', before.endedMs)
        .execute();
      await db
        .deleteFrom('incoming')
        .where('state', '=', 'parked')
        .where('received_at', '<', before.parkedMs)
        .execute();
      await db.deleteFrom('taken_activities').where('taken_at', '<', before.takenMs).execute();
      await sql`delete from undone where undone_at < ${before.takenMs}`.execute(db);
    },
  };
}
export type IncomingStore = ReturnType<typeof incomingStore>;
