import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DestinationId, destinationAt, type Verdict } from './contract.ts';
import { DeliveryEngine } from './dispatcher.ts';
import { Holds } from './holds.ts';
import { type Answer, SimulatedSenders, seeded, VirtualClock } from './simulation.ts';
import { openHolds, TestPlace } from './testing/place.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const accepted: Verdict = { outcome: 'accepted' };
const silent: Verdict = {
  outcome: 'later',
  scope: 'destination',
  code: 'unreachable',
  whose: 'theirs',
  words: 'refused',
};
const broken: Verdict = {
  outcome: 'later',
  scope: 'delivery',
  code: 'server-error',
  whose: 'theirs',
  words: 'HTTP 500',
};
const inboxUrl = 'https://far.example/inbox';
const far = destinationAt('fediverse', inboxUrl);
const near = 'fediverse:near.example' as DestinationId;
const row = (destination: DestinationId) => ({ destination, inboxUrl, priority: 1 as const, weight: 1 });

/** Two places, one engine; `answers` decides for each destination. Each place publishes to both destinations. */
async function open(answers: (destination: DestinationId) => Answer) {
  const clock = new VirtualClock();
  const host = await openHolds();
  const places = [await TestPlace.open('one', clock), await TestPlace.open('two', clock)];
  const start = async () => {
    const senders = new SimulatedSenders(clock, 16, ({ destination }) => answers(destination));
    const holds = new Holds(host.holds);
    const options = { clock, senders, health: host.health, holds, random: seeded(3), breathe: async () => {} };
    const engine = new DeliveryEngine(options);
    for (const place of places) await engine.openLane(place.lane());
    return { engine, senders };
  };
  let posts = 0;
  return {
    clock,
    places,
    start,
    async publish(engine: DeliveryEngine, place: TestPlace) {
      await place.publish('Create', `post:${++posts}`, [
        row(far),
        { ...row(near), inboxUrl: 'https://near.example/inbox' },
      ]);
      engine.wake(place.id);
    },
    async close(engine: DeliveryEngine) {
      await engine.stop(0);
      for (const place of places) await place.close();
      await host.close();
    },
  };
}

const waiting = (place: TestPlace) => place.count("state = 'waiting'");

test('a paused destination gets nothing, for weeks and after a restart, and everything when it is resumed', async () => {
  const world = await open(() => ({ afterMs: 10, verdict: accepted }));
  const [one, two] = world.places as [TestPlace, TestPlace];
  const first = await world.start();
  await first.engine.pause('one', far);
  for (const place of world.places) await world.publish(first.engine, place);
  await world.clock.pass(minute);
  assert.equal(waiting(one), 1, 'the other destination is not concerned');
  assert.equal(waiting(two), 0, 'nor is the other place');
  await first.engine.stop(0);
  for (const place of world.places) place.restart();
  const second = await world.start();
  await world.publish(second.engine, one);
  await world.clock.pass(20 * day);
  assert.equal(waiting(one), 2);
  assert.equal(one.count("state = 'expired'"), 0, 'its week does not run');
  const looks = second.senders.seen.filter(({ destination }) => destination === far);
  assert.equal(looks.length, 0);
  assert.equal(await second.engine.retry('one', far), 'held');
  assert.equal(await second.engine.resume('one', far), true);
  assert.equal(await second.engine.resume('one', far), false);
  await world.clock.pass(minute);
  assert.equal(waiting(one), 0);
  assert.equal(second.senders.seen.filter(({ destination }) => destination === far).length, 2);
  await world.close(second.engine);
});

test('what is planned while many wait for a place is held as well', async () => {
  const world = await open(() => ({ afterMs: 500, verdict: accepted }));
  const one = world.places[0]!;
  const { engine, senders } = await world.start();
  for (let i = 0; i < 30; i++) await world.publish(engine, one);
  await world.clock.pass(600);
  await engine.pause('one', far);
  await world.clock.pass(2_000);
  const sent = senders.seen.filter(({ destination }) => destination === far).length;
  assert.ok(sent > 0 && sent < 30, String(sent));
  await world.clock.pass(10 * minute);
  assert.equal(senders.seen.filter(({ destination }) => destination === far).length, sent);
  assert.equal(one.count(`state = 'waiting' and destination = '${far}'`), 30 - sent);
  await world.close(engine);
});

test('a knock is one attempt out of turn; when it fails the schedule goes on as it was', async () => {
  let verdict: Verdict = silent;
  const world = await open((destination) => ({ afterMs: 10, verdict: destination === far ? verdict : accepted }));
  const one = world.places[0]!;
  const { engine, senders } = await world.start();
  const tries = () => senders.seen.filter(({ destination }) => destination === far).length;
  for (let i = 0; i < 5; i++) await world.publish(engine, one);
  await world.clock.pass(3 * day);
  const before = tries();
  const [planned] = one.rows(`select due_at from queues where destination = '${far}'`);
  assert.equal(await engine.retry('one', far), 'knocking');
  await world.clock.pass(1_000);
  assert.equal(tries(), before + 1);
  assert.equal(await engine.retry('one', far), 'just-knocked');
  const [after] = one.rows(`select due_at from queues where destination = '${far}'`);
  assert.deepEqual(after, planned, 'a knock brings neither the next probe nor the end nearer');
  await world.clock.pass(30_000);
  verdict = accepted;
  assert.equal(await engine.retry('one', far), 'knocking');
  await world.clock.pass(minute);
  assert.ok(
    one.count(`state = 'accepted' and destination = '${far}'`) > 0,
    'it is back, and what was never tried follows',
  );
  await world.clock.pass(day);
  assert.equal(waiting(one), 0);
  assert.equal(await engine.retry('one', far), 'nothing-waits');
  await world.close(engine);
});

test('a knock at a server that only failed once sends what waits for its own time', async () => {
  let verdict: Verdict = broken;
  const world = await open((destination) => ({ afterMs: 10, verdict: destination === far ? verdict : accepted }));
  const one = world.places[0]!;
  const { engine } = await world.start();
  await world.publish(engine, one);
  await world.clock.pass(5_000);
  assert.equal(waiting(one), 1);
  verdict = accepted;
  assert.equal(await engine.retry('one', far), 'knocking');
  await world.clock.pass(1_000);
  assert.equal(waiting(one), 0);
  await world.close(engine);
});

test('one that is gone gets a probe by a knock, and comes back', async () => {
  let verdict: Verdict = silent;
  const world = await open((destination) => ({ afterMs: 10, verdict: destination === far ? verdict : accepted }));
  const one = world.places[0]!;
  const { engine } = await world.start();
  await world.publish(engine, one);
  await world.clock.pass(9 * day);
  assert.equal(one.count("state = 'expired'"), 1);
  verdict = accepted;
  assert.equal(await engine.retry('one', far), 'nothing-waits');
  await world.publish(engine, one);
  await world.clock.pass(minute);
  assert.equal(one.count("state = 'accepted'"), 3);
  await world.close(engine);
});
