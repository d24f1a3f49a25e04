import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { CanariError } from '../base/errors.ts';
import { SqliteDialect } from './sqlite-dialect.ts';

/** How long a writer waits for another process's lock; node:sqlite's own default is 0, which fails at once. */
const busyTimeoutMs = 5_000;

/** An open SQLite file: Kysely for everything, the connection itself for the engine's prepared statements. */
export interface OpenDatabase<Tables> {
  readonly kysely: Kysely<Tables>;
  readonly sqlite: DatabaseSync;
  close(): Promise<void>;
}

/**
 * Opens (or creates) a SQLite file, WAL with synchronous=FULL: what was answered is on disk, also after a power loss
 * (WAL with NORMAL may roll back the last commits). Brings its schema up to date from the numbered files in `migrationsFolder`.
 * @throws CanariError `CANARI_DATABASE_NEWER` when a newer Canari wrote it, `CANARI_DATABASE_DAMAGED` when it cannot be read:
 *   never a fresh empty one in its place, which would make new keys and cut the place off from everyone.
 */
export async function openDatabase<Tables>(file: string, migrationsFolder: string): Promise<OpenDatabase<Tables>> {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const sqlite = connect(file);
  try {
    await migrate(sqlite, file, migrationsFolder);
  } catch (error) {
    sqlite.close();
    throw error instanceof CanariError ? error : damaged(file, error);
  }
  if (file !== ':memory:') chmodSync(file, 0o600);
  const kysely = new Kysely<Tables>({ dialect: new SqliteDialect(sqlite) });
  return {
    kysely,
    sqlite,
    async close() {
      await kysely.destroy();
      sqlite.close();
    },
  };
}

function connect(file: string): DatabaseSync {
  try {
    const sqlite = new DatabaseSync(file, { timeout: busyTimeoutMs });
    sqlite.exec(`pragma journal_mode=wal; pragma synchronous=full; pragma foreign_keys=on; pragma temp_store=memory;
      pragma cache_size=-4000; pragma journal_size_limit=16777216;`);
    return sqlite;
  } catch (error) {
    throw damaged(file, error);
  }
}

function damaged(file: string, cause: unknown) {
  return new CanariError('CANARI_DATABASE_DAMAGED', `${file} cannot be read: ${(cause as Error).message}`, {
    doing: 'ours',
    status: 503,
    hint: 'Nothing was changed. Put back the last backup of this folder; do not delete it, it holds the keys of the place.',
    values: { file },
    cause,
  });
}

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

/** Reads `0001-noun.sql`, `0002-noun.sql` … in order. */
export function readMigrations(folder: string): Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}-[a-z0-9-]+\.sql$/.test(name))
    .sort()
    .map((name) => ({ number: Number(name.slice(0, 4)), name, sql: readFileSync(join(folder, name), 'utf8') }));
}

async function migrate(sqlite: DatabaseSync, file: string, folder: string) {
  const migrations = readMigrations(folder);
  const newest = migrations.at(-1)?.number ?? 0;
  const { user_version: version } = sqlite.prepare('pragma user_version').get() as { user_version: number };
  if (version > newest) {
    throw new CanariError('CANARI_DATABASE_NEWER', `${file} has schema ${version}, this Canari knows up to ${newest}`, {
      status: 503,
      hint: 'A newer Canari wrote it. Start that version again, or put back the copy that was made before its first start.',
      values: { file, version, newest },
    });
  }
  if (version > 0 && version < newest && file !== ':memory:') await copyBefore(sqlite, file, version);
  for (const migration of migrations.filter(({ number }) => number > version)) {
    sqlite.exec('begin immediate');
    try {
      sqlite.exec(migration.sql);
      sqlite.exec(`pragma user_version=${migration.number}`);
      sqlite.exec('commit');
    } catch (error) {
      if (sqlite.isTransaction) sqlite.exec('rollback');
      throw error;
    }
  }
}

/** A copy beside the file before its schema changes: going back to the older version is putting it back. */
async function copyBefore(sqlite: DatabaseSync, file: string, version: number) {
  const copy = `${file}.before-${String(version + 1).padStart(4, '0')}`;
  if (!existsSync(copy)) await backup(sqlite, copy);
}
