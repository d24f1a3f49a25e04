import type { DatabaseSync, StatementSync } from 'node:sqlite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';

/** Values that SQLite takes as they are. */
type Bound = string | number | bigint | null | Uint8Array;

/** Statements kept compiled per connection. A place uses about 150 different ones; compiling one costs 20-60 µs. */
const keptStatements = 400;

/**
 * Kysely on `node:sqlite`: one connection, one writer (DESIGN section 6).
 * Integers past 2^53 come out as decimal strings (our ids), smaller ones as numbers; a decimal string bound to an INTEGER column
 * is converted by SQLite's column affinity, without loss. A JavaScript number cannot hold an id and node:sqlite throws on it.
 */
export class SqliteDialect implements Dialect {
  readonly #database: DatabaseSync;
  constructor(database: DatabaseSync) {
    this.#database = database;
  }
  createDriver(): Driver {
    return new SqliteDriver(this.#database);
  }
  createQueryCompiler() {
    return new SqliteQueryCompiler();
  }
  createAdapter() {
    return new SqliteAdapter();
  }
  createIntrospector(db: Kysely<unknown>) {
    return new SqliteIntrospector(db);
  }
}

class SqliteDriver implements Driver {
  readonly #connection: SqliteConnection;
  readonly #turns = new Turns();
  constructor(database: DatabaseSync) {
    this.#connection = new SqliteConnection(database);
  }
  async init() {}
  async acquireConnection(): Promise<DatabaseConnection> {
    await this.#turns.take();
    return this.#connection;
  }
  async releaseConnection() {
    this.#turns.give();
  }
  async beginTransaction() {
    this.#connection.run('begin immediate');
  }
  async commitTransaction() {
    this.#connection.run('commit');
  }
  async rollbackTransaction() {
    // SQLITE_FULL inside a transaction has already rolled it back: an explicit ROLLBACK would throw and hide the cause.
    if (this.#connection.inTransaction) this.#connection.run('rollback');
  }
  async destroy() {}
}

class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  constructor(database: DatabaseSync) {
    this.#database = database;
  }
  get inTransaction() {
    return this.#database.isTransaction;
  }
  run(sql: string) {
    this.#database.exec(sql);
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const statement = this.#prepare(query.sql);
    const bound = query.parameters.map(toBound);
    if (statement.columns().length > 0) {
      const rows = statement.all(...bound) as Record<string, unknown>[];
      for (const row of rows) fromBigInts(row);
      return { rows: rows as Row[] };
    }
    const done = statement.run(...bound);
    return { rows: [], numAffectedRows: BigInt(done.changes), insertId: BigInt(done.lastInsertRowid) };
  }

  // biome-ignore lint/correctness/useYield: the interface asks for a generator; nothing here reads a table row by row.
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('reading row by row is done in pages here');
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#database.prepare(sql);
      statement.setReadBigInts(true);
      if (this.#statements.size >= keptStatements) this.#statements.delete(this.#statements.keys().next().value!);
    } else {
      this.#statements.delete(sql);
    }
    this.#statements.set(sql, statement);
    return statement;
  }
}

function toBound(value: unknown): Bound {
  if (value === undefined || value === null) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value as Bound;
}

/** Ids to strings, everything else to numbers, in place. */
function fromBigInts(row: Record<string, unknown>) {
  for (const key in row) {
    const value = row[key];
    if (typeof value === 'bigint') {
      row[key] = value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER ? value.toString() : Number(value);
    }
  }
}

/** One at a time on the one connection, in order of asking: a transaction is never interleaved with somebody else's statement. */
class Turns {
  #busy = false;
  readonly #waiting: (() => void)[] = [];
  async take() {
    if (!this.#busy) {
      this.#busy = true;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
  give() {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#busy = false;
  }
}

/** Raw SQL for Kysely's executor. */
export const raw = (sql: string, ...parameters: Bound[]) => CompiledQuery.raw(sql, parameters);
