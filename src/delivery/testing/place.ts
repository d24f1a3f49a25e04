import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import type { Transaction } from 'kysely';
import type { Clock } from '../../base/clock.ts';
import { type AnyId, IdMaker } from '../../base/ids.ts';
import { type OpenDatabase, openDatabase } from '../../store/database.ts';
import { SqliteHealth } from '../../store/host/health.ts';
import { SqliteHolds } from '../../store/host/holds.ts';
import { SqliteDeliveries } from '../../store/place/deliveries.ts';
import type {
  Added,
  Claim,
  Credential,
  DeliveryStore,
  Lane,
  NewDelivery,
  Outcome,
  Prepared,
  Supersedes,
} from '../contract.ts';

const store = join(import.meta.dirname, '../../store');
type Tables = Record<string, never>;

export const credential: Credential = {
  keyId: 'https://place.example/users/1#main-key',
  privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
};

/** A place's file with the real schema, and just enough of publishing to fill its queue. */
export class TestPlace {
  readonly id: string;
  readonly database: OpenDatabase<Tables>;
  readonly ids: IdMaker;
  readonly outcomes: Outcome[] = [];
  deliveries: SqliteDeliveries<Tables>;
  readonly #clock: Clock;

  private constructor(id: string, database: OpenDatabase<Tables>, clock: Clock) {
    this.id = id;
    this.database = database;
    this.#clock = clock;
    this.ids = new IdMaker(clock);
    this.deliveries = new SqliteDeliveries(database, this.ids);
  }

  static async open(id: string, clock: Clock, file = ':memory:'): Promise<TestPlace> {
    return new TestPlace(id, await openDatabase<Tables>(file, join(store, 'place/migrations')), clock);
  }

  /** What a restart does: everything in memory is forgotten. */
  restart(): void {
    this.deliveries = new SqliteDeliveries(this.database, this.ids);
  }

  /** Publishes an activity, as `outgoing/publish.ts` does it: one transaction. */
  async publish(
    kind: string,
    objectKey: string,
    rows: readonly Omit<NewDelivery, 'objectKey'>[],
    options: { sender?: string; supersedes?: Supersedes } = {},
  ): Promise<{ activityId: AnyId; added: Added }> {
    const now = this.#clock.now();
    return this.database.kysely.transaction().execute(async (transaction) => {
      const activityId = this.activity(kind, objectKey, options.sender);
      const own = rows.map((row) => ({ ...row, objectKey }));
      const added = await this.deliveries.add(
        transaction as Transaction<Tables>,
        activityId,
        own,
        now,
        options.supersedes,
      );
      return { activityId, added };
    });
  }

  activity(kind: string, objectKey: string, sender = '1000000000000000001'): AnyId {
    const id = this.ids.next();
    const insert = this.database.sqlite.prepare(
      'insert into activities (id, sender_id, uri, kind, object_key, body, created_at) values (?, ?, ?, ?, ?, ?, ?)',
    );
    insert.setReadBigInts(true);
    insert.run(
      id,
      sender,
      `https://place.example/activities/${id}`,
      kind,
      objectKey,
      `{"id":"${id}"}`,
      this.#clock.now(),
    );
    return id;
  }

  lane(deliveries: DeliveryStore = this.deliveries): Lane {
    return {
      id: this.id,
      store: deliveries,
      prepare: async (claims: readonly Claim[]): Promise<Prepared[]> =>
        claims.map(({ deliveryId, activityId }) => ({ deliveryId, bodyId: activityId, body: activityId, credential })),
      committed: (outcomes) => this.outcomes.push(...outcomes),
    };
  }

  /** Rows of a query, ids as text. */
  rows(sql: string, ...parameters: (string | number)[]): Record<string, unknown>[] {
    return this.database.sqlite.prepare(sql).all(...parameters) as Record<string, unknown>[];
  }

  count(where = '1'): number {
    return this.rows(`select count(*) n from deliveries where ${where}`)[0]!.n as number;
  }

  close(): Promise<void> {
    return this.database.close();
  }
}

/** Health on the real host schema. */
export async function openHealth(): Promise<{ health: SqliteHealth<Tables>; close(): Promise<void> }> {
  const database = await openDatabase<Tables>(':memory:', join(store, 'host/migrations'));
  return { health: new SqliteHealth(database), close: () => database.close() };
}

/** Health and holds on one host file. */
export async function openHolds() {
  const database = await openDatabase<Tables>(':memory:', join(store, 'host/migrations'));
  return {
    health: new SqliteHealth(database),
    holds: new SqliteHolds(database),
    close: () => database.close(),
  };
}
