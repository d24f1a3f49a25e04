import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnyId } from '../../base/ids.ts';
import type {
  Added,
  Claim,
  DeliveryStore,
  DestinationId,
  NewDelivery,
  Outcome,
  Pool,
  QueueChange,
  Supersedes,
} from '../contract.ts';

/** A store with what surrounds it: publishing, a restart, and a look at what is written. */
export type StoreUnderTest = {
  readonly store: DeliveryStore;
  publish(
    kind: string,
    objectKey: string,
    rows: readonly Omit<NewDelivery, 'objectKey'>[],
    options?: { sender?: string; supersedes?: Supersedes },
  ): Promise<{ activityId: AnyId; added: Added }>;
  /** Everything in memory is forgotten. */
  restart(): void;
  activity(kind: string, objectKey: string): AnyId;
  /** `kind state attempts` of all deliveries, oldest first. */
  states(): string[];
  close(): Promise<void>;
};

const now = 1_800_000_000_000;
const a = 'fediverse:a.example' as DestinationId;
const b = 'fediverse:b.example' as DestinationId;
const to = (destination: DestinationId, more: Partial<NewDelivery> = {}) => ({
  destination,
  inboxUrl: `https://${destination.slice(10)}/inbox`,
  priority: 1 as const,
  weight: 1,
  ...more,
});
const outcome = ({ deliveryId, destination, address }: Claim, more: Partial<Outcome> = {}): Outcome => ({
  deliveryId,
  destination,
  address,
  state: 'accepted',
  attempted: true,
  atMs: now,
  nextAtMs: 0,
  ...more,
});
const letGo = (destination: DestinationId, more: Partial<QueueChange> = {}): QueueChange => ({
  destination,
  notBeforeMs: 0,
  held: false,
  pool: 'main',
  ...more,
});

/** The suite that each store must pass, on its real database. */
export function testDeliveryStore(name: string, open: () => Promise<StoreUnderTest>): void {
  const conform = (what: string, run: (world: StoreUnderTest) => Promise<void>) =>
    test(`${name}: ${what}`, async () => {
      const world = await open();
      try {
        await run(world);
      } finally {
        await world.close();
      }
    });
  const take = (world: StoreUnderTest, destination = a, limit = 1, probe = false, at = now) =>
    world.store.claim([{ destination, limit, probe }], at);
  const ready = async (world: StoreUnderTest, pool: Pool = 'main') =>
    (await world.store.loadReady(pool, 100, new Set())).map(({ destination }) => destination);

  conform('what is planned is ready, and an end is written once', async (world) => {
    await world.publish('Create', 'post:1', [to(a), to(b)]);
    assert.deepEqual((await ready(world)).sort(), [a, b]);
    const [claim] = await take(world);
    assert.equal(claim!.address, 'https://a.example/inbox');
    assert.deepEqual(await take(world), [], 'a claim is taken once');
    const committed = await world.store.commit([outcome(claim!)], [letGo(a)], now);
    assert.deepEqual(committed, { ready: 0, nextDueAtMs: undefined });
    assert.deepEqual(await ready(world), [b]);
    assert.deepEqual(world.states(), ['Create accepted 1', 'Create waiting 0']);
    await world.store.commit([outcome(claim!, { state: 'refused' })], [], now);
    assert.deepEqual(world.states()[0], 'Create accepted 1', 'an end is an end');
  });

  conform('claims die with the process, deliveries do not', async (world) => {
    await world.publish('Create', 'post:1', [to(a)]);
    const [before] = await take(world);
    world.restart();
    const [after] = await take(world);
    assert.deepEqual(after, before);
  });

  conform('priority, then senders in turn, then age', async (world) => {
    const [one, other] = ['1000000000000000001', '1000000000000000002'];
    for (let i = 0; i < 30; i++) await world.publish('Create', `post:${i}`, [to(a)], { sender: one! });
    for (let i = 30; i < 33; i++) await world.publish('Create', `post:${i}`, [to(a)], { sender: other! });
    await world.publish('Create', 'post:99', [to(a, { priority: 0 })], { sender: one! });
    const senders = (await take(world, a, 6)).map(
      ({ sender, priority }) => `${priority} ${sender === one ? 'one' : 'other'}`,
    );
    assert.deepEqual(senders, ['0 one', '1 other', '1 one', '1 other', '1 one', '1 other']);
  });

  conform('an object keeps its order at a destination; other objects and inboxes do not wait', async (world) => {
    const second = { inboxUrl: 'https://a.example/users/2/inbox' };
    await world.publish('Create', 'post:1', [to(a), to(a, second)]);
    await world.publish('Update', 'post:1', [to(a, { priority: 0 })]);
    await world.publish('Create', 'post:2', [to(a)]);
    const claims = await take(world, a, 10);
    assert.equal(claims.length, 3, 'both inboxes of the Create, and the other post; not the Update');
    assert.deepEqual(await take(world, a, 10), []);
    const [first, ...others] = claims;
    const late = outcome(first!, { state: 'waiting', nextAtMs: now + 60_000, code: 'not-found' });
    await world.store.commit([late, ...others.map((claim) => outcome(claim))], [], now);
    assert.deepEqual(await take(world, a, 10), [], 'the Update waits as long as the Create');
    const dueAt = await world.store.commit([], [letGo(a)], now);
    assert.deepEqual(dueAt, { ready: 0, nextDueAtMs: now + 60_000 }, 'and does not make the queue ready');
    const again = await take(world, a, 10, false, now + 60_000);
    assert.equal(again.length, 1);
    await world.store.commit([outcome(again[0]!)], [], now + 60_000);
    assert.equal((await take(world, a, 10, false, now + 60_000)).length, 1);
  });

  conform('a more urgent Update takes its Create along', async (world) => {
    await world.publish('Create', 'post:1', [to(a, { priority: 2 })]);
    const { activityId } = await world.publish('Update', 'post:1', [to(a, { priority: 0 })]);
    const [claim] = await take(world);
    assert.notEqual(claim!.activityId, activityId);
    assert.deepEqual(await take(world), []);
  });

  conform('a rest is one row: held, then ready when its time has come, or when it is released', async (world) => {
    for (let i = 0; i < 50; i++) await world.publish('Create', `post:${i}`, [to(a)]);
    const [claim] = await take(world);
    const failed = outcome(claim!, { state: 'waiting', nextAtMs: now + 60_000, code: 'unreachable', words: 'refused' });
    const rest = letGo(a, { notBeforeMs: now + 300_000, held: true });
    assert.deepEqual(await world.store.commit([failed], [rest], now), { ready: 0, nextDueAtMs: now + 300_000 });
    await world.publish('Create', 'post:new', [to(a, { priority: 0 })]);
    assert.deepEqual(await ready(world), [], 'new deliveries do not wake it');
    assert.equal(await world.store.promote(now + 299_999, 10), 0);
    assert.equal(await world.store.nextDueAt(), now + 300_000);
    assert.equal(await world.store.promote(now + 300_000, 10), 1);
    assert.deepEqual(await ready(world), [a]);
    await world.store.commit([], [rest], now);
    assert.equal(await world.store.release(a, now), true);
    assert.equal(await world.store.release(b, now), false);
    assert.deepEqual(await ready(world), [a]);
  });

  conform('a queue that only waits for a delivery of its own is woken by a new one', async (world) => {
    await world.publish('Create', 'post:1', [to(a)]);
    const [claim] = await take(world);
    await world.store.commit([outcome(claim!, { state: 'waiting', nextAtMs: now + 60_000 })], [letGo(a)], now);
    assert.deepEqual(await ready(world), []);
    await world.publish('Create', 'post:2', [to(a)]);
    assert.deepEqual(await ready(world), [a]);
  });

  conform('a probe takes one that waits for its own time', async (world) => {
    await world.publish('Create', 'post:1', [to(a)]);
    const [claim] = await take(world);
    await world.store.commit([outcome(claim!, { state: 'waiting', nextAtMs: now + 60_000 })], [], now);
    assert.deepEqual(await take(world), []);
    assert.equal((await take(world, a, 1, true)).length, 1);
  });

  conform('an attempt that does not count has begun all the same', async (world) => {
    await world.publish('Create', 'post:1', [to(a)]);
    for (let i = 0; i < 3; i++) {
      const [claim] = await take(world);
      await world.store.commit([outcome(claim!, { state: 'waiting', uncounted: true })], [], now);
    }
    assert.deepEqual(world.states(), ['Create waiting 1']);
    const { added } = await world.publish('Delete', 'post:1', [to(a)], { supersedes: { cancel: 'everything' } });
    assert.equal(added.cancelled, 0);
  });

  conform('slow destinations are read apart', async (world) => {
    await world.publish('Create', 'post:1', [to(a), to(b)]);
    await world.store.commit([], [letGo(a, { pool: 'slow' })], now);
    assert.deepEqual(await ready(world), [b]);
    assert.deepEqual(await ready(world, 'slow'), [a]);
    assert.deepEqual(await world.store.loadReady('main', 10, new Set([b])), []);
  });

  conform('a Delete cancels what was never tried, and follows what was', async (world) => {
    await world.publish('Create', 'post:1', [to(a), to(b)]);
    const [begun] = await take(world);
    const { added } = await world.publish('Delete', 'post:1', [to(a), to(b)], { supersedes: { cancel: 'everything' } });
    assert.deepEqual(added, { added: 2, cancelled: 1, replaced: 0, needless: 0 });
    assert.deepEqual(await take(world), [], 'the one under way must end first');
    await world.store.commit([outcome(begun!)], [], now);
    assert.equal((await take(world)).length, 1);
    assert.deepEqual(world.states(), [
      'Create accepted 1',
      'Create cancelled 0',
      'Delete waiting 0',
      'Delete waiting 0',
    ]);
  });

  conform('an Update replaces an older Update, and gives an unsent Create the new words', async (world) => {
    await world.publish('Create', 'post:1', [to(a)]);
    await world.publish('Update', 'post:1', [to(a)]);
    const instead = world.activity('Create', 'post:1');
    const { added } = await world.publish('Update', 'post:1', [to(a)], { supersedes: { cancel: 'updates', instead } });
    assert.deepEqual(added, { added: 0, cancelled: 1, replaced: 1, needless: 0 });
    const [claim] = await take(world);
    assert.equal(claim!.activityId, instead);
  });

  conform('after a restart nobody knows what has begun: nothing is put in the place of another', async (world) => {
    await world.publish('Create', 'post:1', [to(a)]);
    world.restart();
    const instead = world.activity('Create', 'post:1');
    const { added } = await world.publish('Update', 'post:1', [to(a)], { supersedes: { cancel: 'updates', instead } });
    assert.deepEqual(added, { added: 1, cancelled: 0, replaced: 0, needless: 0 });
    const [claim] = await take(world);
    assert.notEqual(claim!.activityId, instead);
  });

  conform('an Undo of what was never sent is needless, of what may have been it is not', async (world) => {
    const undo = { cancel: 'everything', needlessIfUnsent: true } as const;
    await world.publish('Like', 'like:1', [to(a)]);
    const unsent = await world.publish('Undo', 'like:1', [to(a)], { supersedes: undo });
    assert.deepEqual(unsent.added, { added: 0, cancelled: 1, replaced: 0, needless: 1 });
    await world.publish('Like', 'like:2', [to(a)]);
    const [claim] = await take(world);
    await world.store.commit([outcome(claim!)], [], now);
    await world.publish('Undo', 'like:2', [to(a)], { supersedes: undo });
    await world.publish('Like', 'like:2', [to(a)]);
    const sent = await world.publish('Undo', 'like:2', [to(a)], { supersedes: undo });
    assert.equal(sent.added.needless, 0, 'the first Like was sent: its Undo must follow');
    assert.equal(world.states().at(-1), 'Undo waiting 0');
  });

  conform('what waits for a destination that is gone ends with a reason, in portions', async (world) => {
    for (let i = 0; i < 25; i++) await world.publish('Create', `post:${i}`, [to(a), to(b)]);
    const [claim] = await take(world);
    assert.equal(await world.store.expire(a, 10, 'destination-gone', 'refused', now), 10);
    assert.equal(await world.store.expire(a, 100, 'destination-gone', 'refused', now), 14, 'the one under way stays');
    await world.store.commit([outcome(claim!)], [letGo(a)], now);
    assert.deepEqual(await ready(world), [b]);
  });

  conform('times that a wrong clock wrote are brought back', async (world) => {
    await world.publish('Create', 'post:1', [to(a)]);
    const [claim] = await take(world);
    const year = 365 * 24 * 3_600_000;
    const far = outcome(claim!, { state: 'waiting', nextAtMs: now + 10 * year });
    await world.store.commit([far], [letGo(a, { notBeforeMs: now + 10 * year, held: true })], now);
    await world.store.repair(now, 24 * 3_600_000);
    assert.equal(await world.store.nextDueAt(), now);
    assert.equal(await world.store.promote(now, 10), 1);
    assert.equal((await take(world)).length, 1);
  });
}
