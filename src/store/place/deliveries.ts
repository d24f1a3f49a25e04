import type { Transaction } from 'kysely';
import type { AnyId, IdMaker } from '../../base/ids.ts';
import type {
  Added,
  Claim,
  Committed,
  DeliveryState,
  DeliveryStore,
  DestinationId,
  NewDelivery,
  Outcome,
  Pool,
  QueueChange,
  ReadyQueue,
  ReasonCode,
  Supersedes,
  Wanted,
} from '../../delivery/contract.ts';
import type { OpenDatabase } from '../database.ts';
import { Claims } from './claims.ts';
import { prepareStatements } from './delivery-statements.ts';
import { supersede } from './supersede.ts';

/** One delivery of a post as its receipts read it. */
export type LandedRow = {
  destination: DestinationId;
  state: DeliveryState;
  attempts: number;
  /** Engine time before which it is not tried; 0 when only its queue decides. */
  nextAtMs: number;
  lastAttemptAtMs: number | null;
  endedAtMs: number | null;
  code: ReasonCode | null;
  words: string | null;
  followers: number;
  /** Engine time before which its queue is not looked at; 0 when it is ready, null when nothing waits there. */
  queueDueAtMs: number | null;
};

/** The durable queue of one place (`delivery/contract.ts`), in prepared SQL: a claim and its end are about 20 µs together. */
export class SqliteDeliveries<Tables> implements DeliveryStore<Transaction<Tables>> {
  readonly #database: OpenDatabase<Tables>;
  readonly #ids: IdMaker;
  readonly #sql: ReturnType<typeof prepareStatements>;
  readonly #claims: Claims;
  /** Deliveries with a larger id were planned by this process: it knows whether an attempt of them has begun. */
  readonly #floor: AnyId;

  constructor(database: OpenDatabase<Tables>, ids: IdMaker) {
    this.#database = database;
    this.#ids = ids;
    this.#sql = prepareStatements(database.sqlite);
    this.#claims = new Claims(this.#sql);
    this.#floor = ids.next();
  }

  /** @throws when the activity does not exist in the transaction. */
  async add(
    transaction: Transaction<Tables>,
    activityId: AnyId,
    rows: readonly NewDelivery[],
    nowMs: number,
    supersedes?: Supersedes,
  ): Promise<Added> {
    if (!transaction.isTransaction) throw new Error('deliveries are planned inside a transaction only');
    const activity = this.#sql.findSender.get(activityId) as { sender_id: string } | undefined;
    if (!activity) throw new Error(`no activity ${activityId}`);
    const done: Added = { added: 0, cancelled: 0, replaced: 0, needless: 0 };
    for (const row of rows) {
      const inboxId = this.#inbox(row);
      const earlier = supersedes
        ? supersede(this.#sql, row, inboxId, supersedes, nowMs, {
            begun: (id) => this.#claims.has(id),
            ours: (id) => id > this.#floor,
          })
        : undefined;
      done.cancelled += earlier?.cancelled ?? 0;
      if (earlier?.instead === 'replaced') done.replaced += 1;
      else if (earlier?.instead === 'needless') done.needless += 1;
      else {
        this.#insert(activityId, activity.sender_id, inboxId, row, nowMs);
        done.added += 1;
      }
    }
    return done;
  }

  #insert(activityId: AnyId, senderId: string, inboxId: AnyId, row: NewDelivery, nowMs: number): void {
    const { destination, objectKey, priority, weight, postId } = row;
    const id = this.#ids.next();
    this.#sql.insert.run(id, activityId, destination, inboxId, senderId, objectKey, priority, weight, postId ?? null);
    this.#sql.openQueue.run(destination, priority, turnOf(nowMs, weight));
  }

  #inbox({ destination, inboxUrl }: NewDelivery): AnyId {
    const known = this.#sql.findInbox.get(inboxUrl) as { id: AnyId } | undefined;
    if (known) return known.id;
    const id = this.#ids.next();
    this.#sql.insertInbox.run(id, destination, inboxUrl);
    return id;
  }

  async repair(engineNowMs: number, longestWaitMs: number): Promise<void> {
    await this.#write(() => {
      this.#sql.repairQueues.run(engineNowMs, engineNowMs + longestWaitMs);
      this.#sql.repairDeliveries.run(engineNowMs, engineNowMs + longestWaitMs);
    });
  }

  async promote(engineNowMs: number, limit: number): Promise<number> {
    return this.#write(() => Number(this.#sql.promote.run(engineNowMs, engineNowMs, limit).changes));
  }

  async nextDueAt(): Promise<number | undefined> {
    return this.#inTurn(() => this.#nextDueAt());
  }

  #nextDueAt(): number | undefined {
    return (this.#sql.nextDueAt.get() as { due_at: number | null }).due_at ?? undefined;
  }

  async loadReady(pool: Pool, limit: number, except: ReadonlySet<DestinationId>): Promise<ReadyQueue[]> {
    return this.#inTurn(() => {
      const rows = this.#sql.loadReady.all(pool, limit + except.size) as unknown as ReadyQueue[];
      return rows.filter(({ destination }) => !except.has(destination)).slice(0, limit);
    });
  }

  async claim(wanted: readonly Wanted[], engineNowMs: number): Promise<Claim[]> {
    // A claim may write (deliveries whose own time has come), so all of them share one transaction.
    return this.#write(() => wanted.flatMap((one) => this.#claims.take(one, engineNowMs)));
  }

  async commit(outcomes: readonly Outcome[], queues: readonly QueueChange[], engineNowMs: number): Promise<Committed> {
    const committed = await this.#write(() => {
      for (const outcome of outcomes) this.#end(outcome);
      // The settling reads what is claimed: these are not any more.
      let ready = 0;
      for (const change of queues) if (this.#settle(change, engineNowMs)) ready += 1;
      return { ready, nextDueAtMs: this.#nextDueAt() };
    });
    for (const { deliveryId } of outcomes) this.#claims.end(deliveryId);
    for (const { destination } of queues) this.#claims.leave(destination);
    return committed;
  }

  #end(outcome: Outcome): void {
    const { deliveryId, state, attempted, uncounted, atMs, nextAtMs, code, words } = outcome;
    if (state === 'accepted') {
      this.#sql.accept.run(atMs, atMs, deliveryId);
      return;
    }
    const attemptAt = attempted ? atMs : null;
    const endedAt = state === 'waiting' ? null : atMs;
    const counted = attempted && !uncounted ? 1 : 0;
    const begun = attempted ? 1 : 0;
    this.#sql.end.run(state, counted, begun, nextAtMs, attemptAt, endedAt, code ?? null, words ?? null, deliveryId);
  }

  /** Writes when a queue is next looked at; true when that is now. */
  #settle({ destination, notBeforeMs, held, pool }: QueueChange, engineNowMs: number): boolean {
    const head = this.#sql.readyHead.get(destination) as { priority: number; weight: number } | undefined;
    if (head) {
      const turn = turnOf(engineNowMs, head.weight);
      this.#sql.settle.run(head.priority, turn, notBeforeMs, held ? 1 : 0, pool, destination);
      return notBeforeMs === 0;
    }
    const later = this.#sql.laterHead.get(destination) as { priority: number; weight: number; at: number } | undefined;
    if (!later) {
      this.#sql.closeQueue.run(destination);
      return false;
    }
    // Resting: the probe takes one that waits for its own time all the same.
    const dueAt = held ? notBeforeMs : Math.max(later.at, notBeforeMs);
    this.#sql.settle.run(later.priority, turnOf(engineNowMs, later.weight), dueAt, held ? 1 : 0, pool, destination);
    return false;
  }

  async expire(
    destination: DestinationId,
    limit: number,
    code: ReasonCode,
    words: string,
    atMs: number,
  ): Promise<number> {
    return this.#write(() => {
      const rows = (['allReady', 'allLater'] as const).flatMap(
        (which) => this.#sql[which].all(destination, limit + this.#claims.count(destination)) as { id: AnyId }[],
      );
      const ending = rows.filter(({ id }) => !this.#claims.has(id)).slice(0, limit);
      for (const { id } of ending) this.#sql.end.run('expired', 0, 0, 0, null, atMs, code, words, id);
      return ending.length;
    });
  }

  async release(destination: DestinationId, engineNowMs: number): Promise<boolean> {
    return this.#write(() => Number(this.#sql.release.run(engineNowMs, destination).changes) > 0);
  }

  /** What became of the deliveries of a post, the newest per inbox, for its receipts; without those that a newer one made needless. */
  async loadLanded(postId: AnyId): Promise<LandedRow[]> {
    return this.#inTurn(() => this.#sql.landed.all(postId) as unknown as LandedRow[]);
  }

  /** Every destination for which something waits, with the engine time before which it is not looked at (0: now). */
  async loadQueues(): Promise<{ destination: DestinationId; dueAtMs: number }[]> {
    return this.#inTurn(
      () => this.#sql.allQueues.all() as unknown as { destination: DestinationId; dueAtMs: number }[],
    );
  }

  /** How many deliveries wait for a destination; counting stops at `most`. */
  async countWaiting(destination: DestinationId, most: number): Promise<number> {
    return this.#inTurn(() => {
      const counts = (['countReady', 'countLater'] as const).map(
        (which) => (this.#sql[which].get(destination, most) as { n: number }).n,
      );
      return Math.min(most, counts[0]! + counts[1]!);
    });
  }

  /** Takes the connection in turn: others' transactions are never read half done, nor written into. */
  #inTurn<T>(run: () => T): Promise<T> {
    return this.#database.kysely.connection().execute(async () => run());
  }

  #write<T>(run: () => T): Promise<T> {
    return this.#inTurn(() => {
      const { sqlite } = this.#database;
      sqlite.exec('begin immediate');
      try {
        const value = run();
        sqlite.exec('commit');
        return value;
      } catch (error) {
        // SQLITE_FULL has rolled back already; a second ROLLBACK would hide why.
        if (sqlite.isTransaction) sqlite.exec('rollback');
        throw error;
      }
    });
  }
}

/** How much earlier a queue's turn comes for its followers: 5 s for each doubling, at most a minute, so that small servers wait no longer than that. */
const bonusMsPerDoubling = 5_000;
const longestBonusMs = 60_000;

function turnOf(nowMs: number, weight: number): number {
  return Math.round(nowMs - Math.min(longestBonusMs, Math.log2(1 + Math.max(0, weight)) * bonusMsPerDoubling));
}
