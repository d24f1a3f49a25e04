import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DestinationId } from '../../delivery/contract.ts';
import { VirtualClock } from '../../delivery/simulation.ts';
import { TestPlace } from '../../delivery/testing/place.ts';
import { testDeliveryStore } from '../../delivery/testing/store-conformance.ts';

const open = () => TestPlace.open('p', new VirtualClock());

testDeliveryStore('SQLite', async () => {
  const place = await open();
  return {
    get store() {
      return place.deliveries;
    },
    publish: (kind, objectKey, rows, options) => place.publish(kind, objectKey, rows, options),
    restart: () => place.restart(),
    activity: (kind, objectKey) => place.activity(kind, objectKey),
    states: () =>
      place
        .rows(
          'select a.kind, d.state, d.attempts from deliveries d join activities a on a.id = d.activity_id order by d.id',
        )
        .map(({ kind, state, attempts }) => `${kind} ${state} ${attempts}`),
    close: () => place.close(),
  };
});

test('a plan that is not committed is not there', async () => {
  const place = await open();
  const row = {
    destination: 'fediverse:a.example' as DestinationId,
    inboxUrl: 'https://a.example/inbox',
    priority: 1 as const,
    weight: 1,
  };
  await assert.rejects(
    place.database.kysely.transaction().execute(async (transaction) => {
      const id = place.activity('Create', 'post:1');
      await place.deliveries.add(transaction, id, [{ ...row, objectKey: 'post:1' }], 0);
      throw new Error('something else failed');
    }),
    /something else/,
  );
  assert.equal(place.count(), 0);
  assert.deepEqual(await place.deliveries.loadReady('main', 10, new Set()), []);
  await place.close();
});

test('claims cost the same whatever waits', async () => {
  const place = await open();
  const rows = (n: number) =>
    Array.from({ length: n }, (_, i) => ({
      destination: `fediverse:h${i}.example` as DestinationId,
      inboxUrl: `https://h${i}.example/inbox`,
      priority: 1 as const,
      weight: 1,
    }));
  const cost = async () => {
    const begun = process.cpuUsage();
    for (let i = 0; i < 200; i++) {
      const ready = await place.deliveries.loadReady('main', 50, new Set());
      const claims = await place.deliveries.claim(
        [{ destination: ready[i % ready.length]!.destination, limit: 1, probe: false }],
        0,
      );
      const outcomes = claims.map(({ deliveryId, destination, address }) => ({
        deliveryId,
        destination,
        address,
        state: 'waiting' as const,
        attempted: false,
        atMs: 0,
        nextAtMs: 0,
      }));
      await place.deliveries.commit(outcomes, [], 0);
    }
    const { user, system } = process.cpuUsage(begun);
    return user + system;
  };
  await place.publish('Create', 'post:0', rows(500));
  await cost();
  const few = await cost();
  for (let i = 1; i <= 30; i++) await place.publish('Create', `post:${i}`, rows(500));
  const many = await cost();
  assert.ok(many < few * 3, `${few} µs with 500 waiting, ${many} µs with 15,500`);
  await place.close();
});
