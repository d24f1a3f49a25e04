import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DestinationId, destinationAt, type Parcel, type Verdict } from './contract.ts';
import { DeliveryEngine } from './dispatcher.ts';
import { type Answer, SimulatedSenders, seeded, settled, VirtualClock } from './simulation.ts';
import { openHealth, TestPlace } from './testing/place.ts';

const accepted: Verdict = { outcome: 'accepted' };
const refusedConnection: Verdict = {
  outcome: 'later',
  scope: 'destination',
  code: 'unreachable',
  whose: 'theirs',
  words: 'connection refused',
};
const minute = 60_000;
const day = 24 * 60 * minute;

const inbox = (host: string) => `https://${host}/inbox`;
const row = (host: string, weight = 1, priority: 0 | 1 | 2 = 1) => ({
  destination: destinationAt('fediverse', inbox(host)),
  inboxUrl: inbox(host),
  priority,
  weight,
});
const hosts = (n: number, prefix = 'h') => Array.from({ length: n }, (_, i) => `${prefix}${i}.example`);

async function start(options: {
  answer: (parcel: Parcel, inFlight: number) => Answer;
  capacity?: number;
  lanes?: number;
}) {
  const clock = new VirtualClock();
  const host = await openHealth();
  const senders = new SimulatedSenders(clock, options.capacity ?? 64, options.answer);
  const engine = new DeliveryEngine({
    clock,
    senders,
    health: host.health,
    random: seeded(7),
    breathe: async () => {},
  });
  const places: TestPlace[] = [];
  for (let i = 0; i < (options.lanes ?? 1); i++) {
    const place = await TestPlace.open(`lane${i}`, clock);
    places.push(place);
    await engine.openLane(place.lane());
  }
  const close = async () => {
    await engine.stop(0);
    for (const place of places) await place.close();
    await host.close();
  };
  return { clock, senders, engine, places, place: places[0]!, health: host.health, close };
}

test('a post reaches everyone once, the biggest servers first, and an idle engine has no timer', async () => {
  const world = await start({ answer: () => ({ afterMs: 20, verdict: accepted }), capacity: 16 });
  await world.place.publish(
    'Create',
    'post:1',
    hosts(300).map((host, i) => row(host, i % 10 === 0 ? 5_000 : 1)),
  );
  world.engine.wake('lane0');
  await world.clock.pass(10_000);
  assert.equal(world.place.count("state = 'accepted'"), 300);
  assert.equal(world.senders.seen.length, 300);
  const firstThirty = world.senders.seen.slice(0, 30).map(({ destination }) => Number(/h(\d+)/.exec(destination)![1]));
  assert.ok(
    firstThirty.every((i) => i % 10 === 0),
    'the biggest first',
  );
  assert.equal(world.place.rows('select * from queues').length, 0);
  assert.equal(world.clock.timers, 0, 'idle is free');
  assert.deepEqual(world.engine.counts(), {
    inFlight: 0,
    slow: 0,
    over: 0,
    unwritten: 0,
    destinations: 300,
    lines: 0,
    share: 1,
  });
  await world.close();
});

test('dead servers and tarpits do not delay the healthy ones', async () => {
  const times: number[] = [];
  for (const sick of [false, true]) {
    // The simulated machine makes 2,000 attempts a second, as ours does; the network takes 20 ms.
    let busyUntilMs = 0;
    const afterWork = (networkMs: number) => {
      busyUntilMs = Math.max(busyUntilMs, world.clock.monotonic()) + 0.5;
      return busyUntilMs - world.clock.monotonic() + networkMs;
    };
    const kinds: Record<string, () => Answer> = {
      h: () => ({ afterMs: afterWork(20), verdict: accepted }),
      dead: () => ({ afterMs: afterWork(1), verdict: refusedConnection }),
      tarpit: () => ({ afterMs: afterWork(1e9), verdict: accepted }),
    };
    const world = await start({
      answer: ({ destination }) => kinds[/:([a-z]+)/.exec(destination)![1]!]!(),
      capacity: 256,
    });
    const all = [...hosts(3_000), ...(sick ? [...hosts(375, 'dead'), ...hosts(375, 'tarpit')] : [])];
    const random = seeded(3);
    all.sort(() => random() - 0.5);
    await world.place.publish(
      'Create',
      'post:1',
      all.map((host) => row(host)),
    );
    world.engine.wake('lane0');
    const begun = world.clock.monotonic();
    const done = () => world.senders.seen.filter((seen) => seen.verdict === accepted).length === 3_000;
    const ended = await world.clock.pass(minute, done);
    assert.ok(
      ended,
      JSON.stringify([
        world.engine.counts(),
        world.senders.seen.length,
        world.place.rows('select state, count(*) n from deliveries group by 1'),
        world.place.rows('select pool, due_at=0 r, count(*) n from queues group by 1,2'),
      ]),
    );
    times.push(world.clock.monotonic() - begun);
    await world.close();
  }
  const [well, sick] = times as [number, number];
  // The attempts at the sick are work too: 25 % more of them here. What must not happen is waiting for them.
  assert.ok(sick <= well * 1.25 * 1.1, `healthy alone ${well} ms, among the sick ${sick} ms`);
});

test('a direct message does not wait behind 3,000 deliveries of a post, nor behind a full server', async () => {
  const world = await start({ answer: () => ({ afterMs: 500, verdict: accepted }), capacity: 32 });
  await world.place.publish(
    'Create',
    'post:1',
    hosts(3_000).map((host) => row(host)),
  );
  for (let i = 0; i < 50; i++) await world.place.publish('Create', `post:x${i}`, [row('h5.example', 9)]);
  world.engine.wake('lane0');
  await world.clock.pass(2_000);
  const { activityId } = await world.place.publish('Create', 'post:dm', [row('h5.example', 1, 0)]);
  const asked = world.clock.monotonic();
  world.engine.wake('lane0');
  await world.clock.pass(2_000, () => world.senders.seen.some(({ bodyId }) => bodyId === activityId));
  assert.ok(world.clock.monotonic() - asked <= 600, `waited ${world.clock.monotonic() - asked} ms`);
  await world.close();
});

test('lanes, and senders within one, take turns at a busy server', async () => {
  const world = await start({ answer: () => ({ afterMs: 100, verdict: accepted }), capacity: 64, lanes: 3 });
  const senders = ['1000000000000000001', '1000000000000000002'];
  const author = new Map<string, string>();
  for (const place of world.places) {
    for (const sender of senders) {
      // The first of each lane plans 60, the second 6, after them.
      for (let i = 0; i < (sender === senders[0] ? 60 : 6); i++) {
        const { activityId } = await place.publish('Create', `post:${sender}${i}`, [row('big.example')], { sender });
        author.set(`${place.id} ${activityId}`, `${place.id} ${sender}`);
      }
    }
  }
  for (const place of world.places) world.engine.wake(place.id);
  await world.clock.pass(day);
  assert.equal(world.senders.seen.length, 198);
  const first = world.senders.seen.slice(0, 48).map(({ lane, bodyId }) => author.get(`${lane} ${bodyId}`)!);
  for (const place of world.places) {
    for (const sender of senders) {
      const turns = first.filter((one) => one === `${place.id} ${sender}`).length;
      assert.ok(turns >= 5, `${place.id} ${sender} had ${turns} of the first 48`);
    }
  }
  assert.ok(world.senders.most.get('fediverse:big.example' as DestinationId)! <= 8);
  await world.close();
});

test('the order of Create, Update and Delete is kept, whatever fails', async () => {
  let attempt = 0;
  const world = await start({
    answer: () => (++attempt <= 2 ? { afterMs: 10, verdict: refusedConnection } : { afterMs: 10, verdict: accepted }),
  });
  await world.place.publish('Create', 'post:1', [row('a.example')]);
  world.engine.wake('lane0');
  await world.clock.pass(1_000);
  const update = await world.place.publish('Update', 'post:1', [row('a.example', 1, 0)], {
    supersedes: { cancel: 'updates' },
  });
  assert.equal(update.added.cancelled, 0, 'an attempt of the Create has begun');
  await world.place.publish('Delete', 'post:1', [row('a.example', 1, 0)], { supersedes: { cancel: 'everything' } });
  world.engine.wake('lane0');
  await world.clock.pass(day);
  const kinds = world.place.rows(
    'select a.kind, d.state, d.reason from deliveries d join activities a on a.id = d.activity_id order by d.id',
  );
  assert.deepEqual(
    kinds.map(({ kind, state, reason }) => [kind, state, reason]),
    [
      ['Create', 'accepted', null],
      ['Update', 'cancelled', 'superseded'],
      ['Delete', 'accepted', null],
    ],
  );
  const ok = world.senders.seen.filter(({ verdict }) => verdict === accepted).map(({ bodyId }) => bodyId);
  assert.ok(ok[0]! < ok[1]!, 'the Create first');
  await world.close();
});

test('Retry-After is obeyed to the second, for the whole destination and in all lanes', async () => {
  const started: number[] = [];
  const world = await start({
    lanes: 2,
    answer: () => {
      started.push(world.clock.monotonic());
      return started.length <= 2
        ? {
            afterMs: 5,
            verdict: {
              outcome: 'later',
              scope: 'pace',
              code: 'throttled',
              whose: 'theirs',
              words: '429',
              retryAfterMs: 90_000,
            },
          }
        : { afterMs: 5, verdict: accepted };
    },
  });
  for (const place of world.places) {
    for (let i = 0; i < 5; i++) await place.publish('Create', `post:${i}`, [row('a.example')]);
    world.engine.wake(place.id);
  }
  await world.clock.pass(day);
  const later = started.slice(2);
  assert.ok(later[0]! - started[1]! >= 90_000, `came back after ${later[0]! - started[1]!} ms`);
  assert.ok(later[0]! - started[1]! < 110_000);
  for (const place of world.places) assert.equal(place.count("state = 'accepted'"), 5);
  await world.close();
});

test('a dead server costs one probe per rest, is gone after 7 days with a reason, and comes back when it speaks', async () => {
  let alive = false;
  const world = await start({
    answer: () => (alive ? { afterMs: 10, verdict: accepted } : { afterMs: 10, verdict: refusedConnection }),
  });
  for (let i = 0; i < 500; i++) await world.place.publish('Create', `post:${i}`, [row('dead.example')]);
  world.engine.wake('lane0');
  await world.clock.pass(5 * minute);
  const destination = 'fediverse:dead.example' as DestinationId;
  assert.equal((await world.health.load([destination]))[0]!.state, 'resting');
  assert.ok(world.senders.seen.length <= 6, `${world.senders.seen.length} attempts in 5 minutes`);
  assert.ok(world.clock.timers <= 2, 'one timer for the next due time, none per delivery');
  await world.clock.pass(9 * day);
  const attempts = world.senders.seen.length;
  assert.ok(attempts < 30, `${attempts} attempts in all`);
  assert.equal(
    world.place.count("state = 'expired' and reason = 'destination-gone' and words = 'connection refused'"),
    500,
  );
  const [record] = await world.health.load([destination]);
  assert.equal(record!.state, 'gone');
  const goneAfter = record!.sinceMs - Date.UTC(2026, 10, 24);
  assert.ok(goneAfter > 5.5 * day && goneAfter < 8.5 * day, `gone after ${goneAfter / day} days`);

  await world.place.publish('Create', 'post:new', [row('dead.example')]);
  world.engine.wake('lane0');
  await world.clock.pass(minute);
  assert.equal(world.senders.seen.length, attempts, 'nothing is sent to one that is gone');
  alive = true;
  await world.engine.heardFrom(destination);
  await world.place.publish('Create', 'post:newer', [row('dead.example')]);
  world.engine.wake('lane0');
  await world.clock.pass(minute);
  assert.equal(world.place.count("state = 'accepted'"), 1);
  await world.close();
});

test('a server that speaks to us all day and never answers keeps its week', async () => {
  const world = await start({ answer: () => ({ afterMs: 10, verdict: refusedConnection }) });
  const destination = 'fediverse:deaf.example' as DestinationId;
  await world.place.publish('Create', 'post:1', [row('deaf.example')]);
  world.engine.wake('lane0');
  for (let i = 0; i < 3 * 24 * 12; i++) {
    await world.clock.pass(5 * minute);
    await world.engine.heardFrom(destination);
  }
  assert.equal(world.place.count("state = 'waiting'"), 1);
  assert.ok(world.senders.seen.length < 3 * 24 * 12 + 30, 'one probe per 5 minutes at most');
  await world.clock.pass(8 * day);
  assert.equal(world.place.count("state = 'expired'"), 1);
  await world.close();
});

test('a lane that closes lets what is under way end, keeps the rest on disk, and blocks no other lane', async () => {
  const world = await start({ answer: () => ({ afterMs: 1_000, verdict: accepted }), lanes: 2 });
  for (const place of world.places) {
    for (let i = 0; i < 20; i++) await place.publish('Create', `post:${i}`, [row('busy.example')]);
    world.engine.wake(place.id);
  }
  await world.clock.pass(500);
  const closing = world.engine.closeLane('lane0');
  await world.clock.pass(5_000);
  await closing;
  const ended = world.places[0]!.count("state = 'accepted'");
  assert.ok(ended >= 1 && ended <= 3, `${ended} ended`);
  assert.equal(world.places[0]!.count("state = 'waiting'"), 20 - ended);
  await world.clock.pass(minute);
  assert.equal(world.places[1]!.count("state = 'accepted'"), 20);
  await world.engine.openLane(world.places[0]!.lane());
  await world.clock.pass(minute);
  assert.equal(world.places[0]!.count("state = 'accepted'"), 20);
  assert.equal(world.senders.seen.length, 40, 'each once');
  await world.close();
});

test('one probe first, then the backlog in order, when a server comes back', async () => {
  let alive = false;
  const world = await start({
    answer: () => (alive ? { afterMs: 50, verdict: accepted } : { afterMs: 10, verdict: refusedConnection }),
  });
  for (let i = 0; i < 100; i++) await world.place.publish('Create', `post:${i}`, [row('back.example')]);
  world.engine.wake('lane0');
  await world.clock.pass(day);
  const before = world.senders.seen.length;
  alive = true;
  await world.clock.pass(day);
  assert.equal(world.place.count("state = 'accepted'"), 100);
  const back = world.senders.seen.slice(before);
  assert.equal(back.length, 100);
  assert.ok(back[1]!.beganMs >= back[0]!.endedMs!, 'the probe was alone');
  await world.close();
});

test('a wall clock that jumps neither bursts nor expires', async () => {
  const world = await start({ answer: () => ({ afterMs: 10, verdict: refusedConnection }) });
  for (let i = 0; i < 20; i++) await world.place.publish('Create', `post:${i}`, [row(`d${i}.example`)]);
  world.engine.wake('lane0');
  await world.clock.pass(10 * minute);
  const before = world.senders.seen.length;
  for (const jump of [10 * 365 * day, -20 * 365 * day, 10 * 365 * day, -day, day]) {
    world.clock.jump(jump);
    await world.clock.pass(1_000);
    world.engine.wake('lane0');
  }
  assert.ok(world.senders.seen.length - before <= 20, 'no burst');
  assert.equal(world.place.count("state = 'expired'"), 0);
  await world.close();
});

test('a stop hands back what is under way, and a new start sends it with the same id', async () => {
  const world = await start({ answer: () => ({ afterMs: 11_000, verdict: accepted }), capacity: 8 });
  await world.place.publish(
    'Create',
    'post:1',
    hosts(20).map((host) => row(host)),
  );
  world.engine.wake('lane0');
  await world.clock.pass(1_000);
  const stopping = world.engine.stop(5_000);
  await world.clock.pass(6_000);
  await stopping;
  assert.equal(world.place.count("state = 'waiting'"), 20);
  const begun = world.place.count('attempts = 1');
  assert.equal(begun, world.senders.seen.length, 'what has begun is noted');

  const senders = new SimulatedSenders(world.clock, 8, () => ({ afterMs: 10, verdict: accepted }));
  const engine = new DeliveryEngine({ clock: world.clock, senders, health: world.health, breathe: async () => {} });
  world.place.restart();
  await engine.openLane(world.place.lane());
  await world.clock.pass(minute);
  assert.equal(world.place.count("state = 'accepted'"), 20);
  const again = new Set(senders.seen.map(({ bodyId }) => bodyId));
  assert.deepEqual(again, new Set(world.senders.seen.map(({ bodyId }) => bodyId)));
  await engine.stop(0);
  await world.close();
});

test('a disk that refuses stops the engine for a moment, not for ever, and nothing is sent twice meanwhile', async () => {
  const world = await start({ answer: () => ({ afterMs: 10, verdict: accepted }) });
  const { sqlite } = world.place.database;
  await world.place.publish(
    'Create',
    'post:1',
    hosts(50).map((host) => row(host)),
  );
  sqlite.exec(`create trigger full before update on deliveries when new.state = 'accepted'
    begin select raise(abort, 'disk full'); end`);
  world.engine.wake('lane0');
  await world.clock.pass(10_000);
  assert.equal(world.place.count("state = 'waiting'"), 50);
  assert.equal(world.senders.seen.length, 50);
  sqlite.exec('drop trigger full');
  await world.clock.pass(10_000);
  assert.equal(world.place.count("state = 'accepted'"), 50);
  assert.equal(world.senders.seen.length, 50);
  await world.close();
});

test('memory holds a window, whatever the backlog', async () => {
  const world = await start({ answer: () => ({ afterMs: 100, verdict: accepted }), capacity: 32 });
  await world.place.publish(
    'Create',
    'post:1',
    hosts(5_000).map((host) => row(host)),
  );
  world.engine.wake('lane0');
  let most = 0;
  await world.clock.pass(minute, () => {
    most = Math.max(most, world.engine.counts().lines);
    return false;
  });
  assert.equal(world.place.count("state = 'accepted'"), 5_000);
  assert.ok(most <= 128 + 32 + 2 * 200, `${most} lines in memory`);
  await world.close();
});

test('the engine slows down when the serving thread comes late', async () => {
  let delay = 0;
  const clock = new VirtualClock();
  const host = await openHealth();
  const senders = new SimulatedSenders(clock, 64, () => ({ afterMs: 50, verdict: accepted }));
  const engine = new DeliveryEngine({
    clock,
    senders,
    health: host.health,
    loopDelayMs: () => delay,
    breathe: settled,
  });
  const place = await TestPlace.open('lane0', clock);
  await engine.openLane(place.lane());
  await place.publish(
    'Create',
    'post:1',
    hosts(3_000).map((name) => row(name)),
  );
  delay = 80;
  engine.wake('lane0');
  let most = 0;
  await clock.pass(3_000);
  await clock.pass(3_000, () => {
    most = Math.max(most, engine.counts().inFlight);
    return false;
  });
  assert.ok(most <= 8, `${most} in flight while the loop is late`);
  delay = 1;
  await clock.pass(minute);
  assert.equal(place.count("state = 'accepted'"), 3_000);
  await engine.stop(0);
  await place.close();
  await host.close();
});
