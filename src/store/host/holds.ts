import { sql } from 'kysely';
import type { DestinationId, Hold, HoldStore } from '../../delivery/contract.ts';
import type { OpenDatabase } from '../database.ts';

/** Queues that were stopped by hand, in the host's database (`delivery/contract.ts`). A lane is a place there. */
export class SqliteHolds<Tables> implements HoldStore {
  readonly #database: OpenDatabase<Tables>;

  constructor(database: OpenDatabase<Tables>) {
    this.#database = database;
  }

  async load(): Promise<Hold[]> {
    const { rows } = await sql<{ place: string; destination: DestinationId; since: number }>`
      select place, destination, since from holds order by place, destination`.execute(this.#database.kysely);
    return rows.map(({ place, destination, since }) => ({ lane: place, destination, sinceMs: since }));
  }

  async save({ lane, destination, sinceMs }: Hold): Promise<void> {
    await sql`insert into holds (place, destination, since) values (${lane}, ${destination}, ${sinceMs})
      on conflict (place, destination) do nothing`.execute(this.#database.kysely);
  }

  async remove(lane: string, destination: DestinationId): Promise<void> {
    await sql`delete from holds where place = ${lane} and destination = ${destination}`.execute(this.#database.kysely);
  }
}
