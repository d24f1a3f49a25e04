import type { StatementSync } from 'node:sqlite';
import type { DestinationId, HealthRecord, HealthState, HealthStore } from '../../delivery/contract.ts';
import type { OpenDatabase } from '../database.ts';

type Row = {
  id: DestinationId;
  state: HealthState;
  since: number;
  failures: number;
  probes: number;
  next_probe_at: number | null;
  last_words: string | null;
  last_ok_at: number | null;
  habit: string | null;
};

/** Strangers can make us meet any number of hosts: rows beyond this leave, those that changed longest ago first. */
const mostRows = 50_000;
/** How many saves pass between two looks at the size. */
const savesPerLook = 1_000;

/** Health and habits of destinations, in the host's database (`delivery/contract.ts`). */
export class SqliteHealth<Tables> implements HealthStore {
  readonly #database: OpenDatabase<Tables>;
  readonly #find: StatementSync;
  readonly #save: StatementSync;
  readonly #saveHabit: StatementSync;
  readonly #trim: StatementSync;
  readonly #trimHabits: StatementSync;
  readonly #most: number;
  #saves = 0;

  /** @param most rows that are kept, about. */
  constructor(database: OpenDatabase<Tables>, most = mostRows) {
    const { sqlite } = database;
    this.#database = database;
    this.#most = most;
    this.#find = sqlite.prepare(`select d.*, h.value habit from destinations d
      left join habits h on h.destination = d.id and h.habit = 'speech' where d.id = ?`);
    this.#save = sqlite.prepare(`insert into destinations
      (id, state, since, failures, probes, next_probe_at, last_words, last_ok_at) values (?, ?, ?, ?, ?, ?, ?, ?)
      on conflict (id) do update set state = excluded.state, since = excluded.since, failures = excluded.failures,
        probes = excluded.probes, next_probe_at = excluded.next_probe_at, last_words = excluded.last_words,
        last_ok_at = excluded.last_ok_at`);
    this.#saveHabit =
      sqlite.prepare(`insert into habits (destination, habit, value, learnt_at) values (?, 'speech', ?, ?)
      on conflict (destination, habit) do update set value = excluded.value, learnt_at = excluded.learnt_at
      where value <> excluded.value`);
    this.#trim = sqlite.prepare(`delete from destinations where id in
      (select id from destinations order by since limit max(0, (select count(*) from destinations) - ?))`);
    this.#trimHabits = sqlite.prepare('delete from habits where destination not in (select id from destinations)');
    // `run` reports the connection's last row id and throws when it is no safe number.
    for (const writing of [this.#save, this.#saveHabit, this.#trim, this.#trimHabits]) writing.setReadBigInts(true);
  }

  async load(destinations: readonly DestinationId[]): Promise<HealthRecord[]> {
    return this.#database.kysely.connection().execute(async () =>
      destinations.flatMap((destination) => {
        const row = this.#find.get(destination) as Row | undefined;
        return row ? [toRecord(row)] : [];
      }),
    );
  }

  async save(records: readonly HealthRecord[]): Promise<void> {
    await this.#database.kysely.transaction().execute(async () => {
      for (const record of records) this.#write(record);
      this.#saves += records.length;
      if (this.#saves < savesPerLook) return;
      this.#saves = 0;
      if (Number(this.#trim.run(this.#most).changes) > 0) this.#trimHabits.run();
    });
  }

  #write(record: HealthRecord): void {
    const { destination, state, sinceMs, failures, probes, nextProbeAtMs, lastWords, lastOkAtMs, habit } = record;
    this.#save.run(destination, state, sinceMs, failures, probes, nextProbeAtMs, lastWords, lastOkAtMs);
    if (habit !== '') this.#saveHabit.run(destination, habit, sinceMs);
  }
}

function toRecord(row: Row): HealthRecord {
  return {
    destination: row.id,
    state: row.state,
    sinceMs: row.since,
    failures: row.failures,
    probes: row.probes,
    nextProbeAtMs: row.next_probe_at ?? 0,
    lastWords: row.last_words ?? '',
    lastOkAtMs: row.last_ok_at ?? 0,
    habit: row.habit ?? '',
  };
}
