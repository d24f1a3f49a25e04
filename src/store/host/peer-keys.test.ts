import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDatabase } from '../database.ts';
import { PeerKeys } from './peer-keys.ts';

const open = () => openDatabase<Record<string, never>>(':memory:', join(import.meta.dirname, 'migrations'));
const key = {
  kind: 'key',
  keyId: 'https://a.example/u#k',
  owner: 'https://a.example/u',
  algorithm: 'rsa',
  pem: 'PEM\nline',
  fetchedAtMs: 5,
} as const;

test('keeps keys and misses; a miss never replaces a key, a key replaces a miss', async () => {
  const database = await open();
  const keys = new PeerKeys(database);
  assert.equal(await keys.find(key.keyId), undefined);
  await keys.saveMiss(key.keyId, 100, { reason: 'unreachable', detail: 'no answer in time' });
  assert.deepEqual(await keys.find(key.keyId), {
    kind: 'miss',
    untilMs: 100,
    reason: 'unreachable',
    detail: 'no answer in time',
  });
  await keys.save(key);
  assert.deepEqual(await keys.find(key.keyId), key);
  await keys.saveMiss(key.keyId, 200, { reason: 'gone', detail: '' });
  assert.deepEqual(await keys.find(key.keyId), key);
  await keys.save({ ...key, algorithm: 'ed25519', pem: 'other' });
  assert.deepEqual(await keys.find(key.keyId), { ...key, algorithm: 'ed25519', pem: 'other' });
  await keys.forget(key.keyId);
  assert.equal(await keys.find(key.keyId), undefined);
  await database.close();
});

test('holds no more than its share, misses first to leave', async () => {
  const database = await open();
  const keys = new PeerKeys(database);
  await keys.save({ ...key, fetchedAtMs: 1 });
  database.sqlite.exec(`with recursive n(i) as (select 1 union all select i + 1 from n where i < 50600)
    insert into peer_keys (key_id, miss, fetched_at, expires_at) select 'https://x.example/' || i, 'refused x', i, i from n`);
  for (let index = 0; index < 500; index += 1)
    await keys.saveMiss(`https://y.example/${index}`, 60_000 + index, { reason: 'refused', detail: 'x' });
  const { n } = database.sqlite.prepare('select count(*) n from peer_keys').get() as { n: number };
  assert.ok(n <= 50_500, String(n));
  assert.deepEqual(await keys.find(key.keyId), { ...key, fetchedAtMs: 1 });
  await database.close();
});
