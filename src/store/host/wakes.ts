import type { OpenDatabase } from '../database.ts';

/**
 * When each place has something due, so that a place nobody uses can stay closed. Lowered before `publish` commits (an early wake is
 * harmless), and rebuilt at start by asking every place.
 */
export class Wakes<Tables> {
  readonly #database: OpenDatabase<Tables>;

  constructor(database: OpenDatabase<Tables>) {
    this.#database = database;
  }

  /** The place has something due at `dueAtMs`, or earlier when that is what is known. */
  async lower(place: string, dueAtMs: number): Promise<void> {
    await this.#run(
      `insert into wakes (place, due_at) values (?, ?)
      on conflict (place) do update set due_at = min(due_at, excluded.due_at)`,
      place,
      dueAtMs,
    );
  }

  /** What the place itself says when it comes to rest: its next due time, or nothing. */
  async set(place: string, dueAtMs: number | undefined): Promise<void> {
    if (dueAtMs === undefined) await this.#run('delete from wakes where place = ?', place);
    else
      await this.#run(
        'insert into wakes (place, due_at) values (?, ?) on conflict (place) do update set due_at = excluded.due_at',
        place,
        dueAtMs,
      );
  }

  /** Places due at `nowMs`, earliest first. */
  async loadDue(nowMs: number): Promise<string[]> {
    return this.#database.kysely.connection().execute(async () => {
      const rows = this.#database.sqlite
        .prepare('select place from wakes where due_at <= ? order by due_at')
        .all(nowMs);
      return rows.map((row) => row.place as string);
    });
  }

  async #run(sql: string, ...parameters: (string | number)[]): Promise<void> {
    await this.#database.kysely.connection().execute(async () => {
      const statement = this.#database.sqlite.prepare(sql);
      // `run` reports the connection's last row id and throws when it is no safe number.
      statement.setReadBigInts(true);
      statement.run(...parameters);
    });
  }
}
