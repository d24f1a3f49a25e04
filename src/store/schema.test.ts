import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDatabase } from './database.ts';
import { dumpSchema, schemaFile, schemaMigrations, schemas } from './schema.ts';

const placeMigrations = join(import.meta.dirname, 'place/migrations');

test('a fresh file gets the whole schema, and opening it again changes nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'canari-schema-'));
  const file = join(folder, 'place.sqlite');
  for (let turn = 0; turn < 2; turn++) {
    const database = await openDatabase(file, placeMigrations);
    const { n } = database.sqlite.prepare("select count(*) n from sqlite_master where name = 'posts'").get() as {
      n: number;
    };
    assert.equal(n, 1);
    const { synchronous } = database.sqlite.prepare('pragma synchronous').get() as { synchronous: number };
    assert.equal(synchronous, 2);
    await database.close();
  }
  rmSync(folder, { recursive: true });
});

test('a newer schema and a damaged file are refused with a sentence, and nothing is made in their place', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'canari-schema-'));
  const newer = join(folder, 'newer.sqlite');
  const database = await openDatabase(newer, placeMigrations);
  database.sqlite.exec('pragma user_version=999');
  await database.close();
  await assert.rejects(openDatabase(newer, placeMigrations), { code: 'CANARI_DATABASE_NEWER' });
  const damaged = join(folder, 'damaged.sqlite');
  writeFileSync(damaged, 'this is no database, but somebody thought so'.repeat(100));
  await assert.rejects(openDatabase(damaged, placeMigrations), { code: 'CANARI_DATABASE_DAMAGED' });
  rmSync(folder, { recursive: true });
});

test('the snapshots in the repository are what the migrations make', async () => {
  for (const name of schemas) {
    const database = await openDatabase(':memory:', schemaMigrations(name));
    assert.equal(readFileSync(schemaFile(name), 'utf8'), dumpSchema(database), `run npm run schema (${name})`);
    await database.close();
  }
});
