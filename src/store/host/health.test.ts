import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DestinationId, HealthRecord } from '../../delivery/contract.ts';
import { openDatabase } from '../database.ts';
import { SqliteHealth } from './health.ts';
import { Wakes } from './wakes.ts';

const migrations = join(import.meta.dirname, 'migrations');
const record = (name: string, more: Partial<HealthRecord> = {}): HealthRecord => ({
  destination: `fediverse:${name}` as DestinationId,
  state: 'resting',
  sinceMs: 1_000,
  failures: 3,
  probes: 2,
  nextProbeAtMs: 2_000,
  lastWords: 'connection refused',
  lastOkAtMs: 500,
  habit: 'rfc9421',
  ...more,
});

test('health and habit are on disk when saving has ended, and come back as they were', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'canari-health-'));
  const file = join(folder, 'host.sqlite');
  const before = await openDatabase(file, migrations);
  const rests = record('a.example');
  await new SqliteHealth(before).save([rests, record('b.example', { habit: '' })]);
  await before.close();
  const after = await openDatabase(file, migrations);
  const health = new SqliteHealth(after);
  const unknown = 'fediverse:unknown.example' as DestinationId;
  assert.deepEqual(await health.load([rests.destination, unknown]), [rests]);
  await health.save([{ ...rests, state: 'slow', probes: 0 }]);
  assert.equal((await health.load([rests.destination]))[0]!.state, 'slow');
  await after.close();
  rmSync(folder, { recursive: true });
});

test('hosts without number leave a bounded table: those that changed longest ago go', async () => {
  const database = await openDatabase(':memory:', migrations);
  const health = new SqliteHealth(database, 1_500);
  for (let i = 0; i < 4_000; i += 100) {
    await health.save(Array.from({ length: 100 }, (_, n) => record(`h${i + n}.example`, { sinceMs: i + n })));
  }
  const { n } = database.sqlite.prepare('select count(*) n from destinations').get() as { n: number };
  assert.ok(n >= 1_500 && n <= 2_500, `${n} rows`);
  const { habits } = database.sqlite.prepare('select count(*) habits from habits').get() as { habits: number };
  assert.equal(habits, n);
  const newest = await health.load(['fediverse:h3999.example' as DestinationId]);
  assert.equal(newest.length, 1);
  await database.close();
});

test('a wake is only lowered by who plans, and set by the place itself', async () => {
  const database = await openDatabase(':memory:', migrations);
  const wakes = new Wakes(database);
  await wakes.lower('a.example', 500);
  await wakes.lower('a.example', 900);
  await wakes.lower('b.example', 700);
  assert.deepEqual(await wakes.loadDue(600), ['a.example']);
  assert.deepEqual(await wakes.loadDue(700), ['a.example', 'b.example']);
  await wakes.set('a.example', 2_000);
  await wakes.set('b.example', undefined);
  assert.deepEqual(await wakes.loadDue(1_999), []);
  assert.deepEqual(await wakes.loadDue(2_000), ['a.example']);
  await database.close();
});
