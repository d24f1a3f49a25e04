import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DestinationId, HealthRecord, HealthStore, Verdict } from './contract.ts';
import { checkGraph, Health, healthGraph } from './health.ts';
import { waitsInAll } from './retry.ts';

const minute = 60_000;
const id = 'fediverse:a.example' as DestinationId;
const accepted: Verdict = { outcome: 'accepted' };
const later = (scope: 'delivery' | 'destination' | 'pace', more: object = {}): Verdict => ({
  outcome: 'later',
  scope,
  code: scope === 'pace' ? 'throttled' : scope === 'destination' ? 'unreachable' : 'server-error',
  whose: 'theirs',
  words: 'no',
  ...more,
});

async function open(keep?: number) {
  const saved = new Map<DestinationId, HealthRecord>();
  const store: HealthStore = {
    load: async (ids) => ids.flatMap((one) => (saved.has(one) ? [{ ...saved.get(one)! }] : [])),
    save: async (records) => {
      for (const record of records) saved.set(record.destination, { ...record });
    },
  };
  const time = { now: 1_000_000_000_000 };
  const make = () =>
    new Health({ store, random: () => 0.5, now: () => time.now, wall: () => time.now, ...(keep && { keep }) });
  const health = make();
  await health.load([id]);
  return { health, make, saved, time, destination: health.get(id) };
}

test('the graph of health is closed, and a broken one is refused when it is loaded', () => {
  checkGraph(healthGraph, 'healthy');
  assert.throws(() => checkGraph({ a: { exits: ['b'] } }, 'a'), /no such state: b/);
  assert.throws(() => checkGraph({ a: { exits: [] }, b: { exits: ['a'] } }, 'a'), /b cannot be reached/);
  assert.throws(() => checkGraph({ a: { exits: ['b'] }, b: { exits: ['b'] } }, 'a'), /b cannot be left/);
});

test('three times no connection, or five faults, and it rests; one answer between begins again', async () => {
  for (const [scope, most] of [
    ['destination', 3],
    ['delivery', 5],
  ] as const) {
    const { health, destination } = await open();
    for (let i = 0; i < most - 1; i++) health.learn(destination, later(scope), 10, false);
    assert.equal(destination.record.state, 'slow');
    health.learn(destination, accepted, 10, false);
    for (let i = 0; i < most - 1; i++) health.learn(destination, later(scope), 10, false);
    assert.equal(destination.record.state, 'slow');
    health.learn(destination, later(scope), 10, false);
    assert.equal(destination.record.state, 'resting');
  }
});

test('a 404 is an answer: it says nothing against the server', async () => {
  const { health, destination } = await open();
  for (let i = 0; i < 20; i++) health.learn(destination, later('delivery', { code: 'not-found' }), 10, false);
  assert.equal(destination.record.state, 'healthy');
});

test('what is our doing is not held against it', async () => {
  const { health, destination } = await open();
  for (let i = 0; i < 20; i++)
    health.learn(destination, later('delivery', { code: 'crashed', whose: 'ours' }), 10, false);
  assert.equal(destination.record.state, 'healthy');
});

test('one probe when the wait is over; each that fails makes the rest longer, the last one makes it gone', async () => {
  const { health, destination, time } = await open();
  for (let i = 0; i < 3; i++) health.learn(destination, later('destination'), 10, false);
  for (let probe = 0; probe < waitsInAll; probe++) {
    assert.equal(destination.record.state, 'resting');
    const permission = health.permission(destination, true);
    assert.ok(permission.may === 'wait', 'also for what is urgent');
    time.now = permission.untilMs;
    assert.equal(health.permission(destination, false).may, 'probe');
    destination.probing = true;
    // One that was under way when it began to rest ends late, and is not the probe.
    health.learn(destination, later('destination'), 10, false);
    assert.ok(destination.probing);
    health.learn(destination, later('destination'), 10, true);
    assert.ok(!destination.probing);
  }
  assert.equal(destination.record.state, 'gone');
  assert.equal(health.permission(destination, false).may, 'expire');
  assert.equal(health.permission(destination, true).may, 'expire', 'not twice in an hour');
  time.now += 61 * minute;
  assert.equal(health.permission(destination, true).may, 'probe', 'a person who waits is worth one');
});

test('an answer to the probe brings it back, carefully', async () => {
  const { health, destination, time } = await open();
  for (let i = 0; i < 3; i++) health.learn(destination, later('destination'), 10, false);
  time.now += 2 * minute;
  destination.probing = true;
  health.learn(destination, accepted, 10, true);
  assert.equal(destination.record.state, 'slow');
  assert.equal(destination.pace.limit, 1);
  health.learn(destination, accepted, 10, false);
  health.learn(destination, accepted, 10, false);
  assert.equal(destination.record.state, 'healthy');
  assert.equal(destination.record.probes, 0);
});

test('asked to slow down, it waits as long as asked; ten times without one acceptance, and it rests', async () => {
  const { health, destination, time } = await open();
  health.learn(destination, later('pace', { retryAfterMs: 90_000 }), 10, false);
  const permission = health.permission(destination, true);
  assert.ok(permission.may === 'wait' && permission.untilMs - time.now >= 90_000);
  assert.equal(destination.record.state, 'healthy');
  for (let i = 0; i < 9; i++) health.learn(destination, later('pace'), 10, false);
  assert.equal(destination.record.state, 'resting');
});

test('a rest survives a restart, also under a clock that was years ahead', async () => {
  const { health, destination, make, saved, time } = await open();
  for (let i = 0; i < 3; i++) health.learn(destination, later('destination'), 10, false);
  await health.saved();
  assert.equal(saved.get(id)?.state, 'resting');
  const after = make();
  await after.load([id]);
  assert.equal(after.permission(after.get(id), true).may, 'wait');
  time.now -= 10 * 365 * 24 * 60 * minute;
  const earlier = make();
  await earlier.load([id]);
  assert.equal(earlier.permission(earlier.get(id), true).may, 'probe');
});

test('a sign of life brings one back that is gone, and the probe forward for one that rests, not more often than 5 minutes', async () => {
  const { health, destination, time } = await open();
  for (let i = 0; i < 3; i++) health.learn(destination, later('destination'), 10, false);
  const planned = destination.record.nextProbeAtMs;
  assert.equal(await health.heard(id), true);
  assert.equal(health.permission(destination, false).may, 'probe');
  destination.probing = true;
  health.learn(destination, later('destination'), 10, true);
  assert.equal(await health.heard(id), false, 'it speaks and never answers');
  assert.equal(destination.record.probes, 0, 'a probe out of turn brings the end no nearer');
  assert.equal(destination.record.nextProbeAtMs, planned, 'and the rest goes on as planned');
  time.now += 6 * minute;
  destination.record.nextProbeAtMs = time.now + minute;
  assert.equal(await health.heard(id), true);
});

test('a habit is remembered', async () => {
  const { health, destination, make } = await open();
  health.learn(destination, { outcome: 'accepted', habit: 'rfc9421' }, 10, false);
  await health.saved();
  const after = make();
  await after.load([id]);
  assert.equal(after.get(id).record.habit, 'rfc9421');
});

test('100,000 hosts that fail leave a bounded memory', async () => {
  const { health } = await open(1_000);
  for (let i = 0; i < 20_000; i += 100) {
    const ids = Array.from({ length: 100 }, (_, n) => `fediverse:h${i + n}.example` as DestinationId);
    await health.load(ids);
    for (const one of ids) for (let n = 0; n < 3; n++) health.learn(health.get(one), later('destination'), 10, false);
    assert.ok(health.size <= 1_100, `${health.size} in memory`);
  }
});
