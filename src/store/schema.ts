import { join } from 'node:path';
import type { OpenDatabase } from './database.ts';

/** The files of SQLite that there are, each with its own migrations. */
export const schemas = ['place', 'host'] as const;
export type SchemaName = (typeof schemas)[number];

export const schemaMigrations = (name: SchemaName) => join(import.meta.dirname, name, 'migrations');

/** The snapshot in the repository: what all migrations together make. */
export const schemaFile = (name: SchemaName) => join(import.meta.dirname, name, 'schema.sql');

/** The schema as SQLite has it, one statement after the other, in order of creation. */
export function dumpSchema(database: OpenDatabase<unknown>): string {
  const rows = database.sqlite
    .prepare("select sql from sqlite_master where sql is not null and name not like 'sqlite_%' order by rowid")
    .all() as { sql: string }[];
  return `-- Made by npm run schema from the migrations; never edited.\n${rows.map(({ sql }) => `\n${sql};\n`).join('')}`;
}
