import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../base/clock.ts';
import { type DeliveryStore, type DestinationId, destinationAt, type Parcel, type Verdict } from './contract.ts';
import { DeliveryEngine } from './dispatcher.ts';
import { Pace } from './pace.ts';
import { type Answer, type Seen, SimulatedSenders, seeded, VirtualClock } from './simulation.ts';
import { openHealth, TestPlace } from './testing/place.ts';

/**
 * Whole lives of the engine under a virtual clock: sick destinations, posts that are edited and deleted, kills at any call of the store, clocks
 * that jump. A life that fails names its seed: `LIFE=<seed>` runs it alone, `LIVES=<n>` runs more of them (600 passed in November 2026).
 */
const lives = Number(process.env.LIVES ?? 40);
const minute = 60_000;
const day = 24 * 60 * minute;

const later = (
  scope: 'delivery' | 'destination' | 'pace',
  code: 'unreachable' | 'server-error' | 'throttled' | 'not-found',
  more: { retryAfterMs?: number; tries?: number } = {},
): Verdict => ({ outcome: 'later', scope, code, whose: 'theirs', words: code, ...more });

/** How a destination behaves; each gets its own from the seed. */
type Temper = (random: () => number, atMs: number, inFlight: number) => Answer;
const tempers: Record<string, Temper> = {
  well: (random) => ({ afterMs: 5 + 300 * random(), verdict: { outcome: 'accepted' } }),
  slow: (random) => ({ afterMs: 2_500 + 5_000 * random(), verdict: { outcome: 'accepted' } }),
  tarpit: () => ({ afterMs: 1e9, verdict: { outcome: 'accepted' } }),
  dead: () => ({ afterMs: 3, verdict: later('destination', 'unreachable') }),
  flaky: (random) =>
    random() < 0.4
      ? { afterMs: 20, verdict: later('destination', 'unreachable') }
      : { afterMs: 50, verdict: { outcome: 'accepted' } },
  away: (_, atMs) =>
    atMs < 2 * day
      ? { afterMs: 1e9, verdict: { outcome: 'accepted' } }
      : { afterMs: 30, verdict: { outcome: 'accepted' } },
  broken: () => ({ afterMs: 40, verdict: later('delivery', 'server-error') }),
  busy: (random, _, inFlight) =>
    inFlight > 1 || random() < 0.3
      ? { afterMs: 10, verdict: later('pace', 'throttled', { retryAfterMs: 60_000 }) }
      : { afterMs: 40, verdict: { outcome: 'accepted' } },
  never: () => ({ afterMs: 10, verdict: later('pace', 'throttled', { retryAfterMs: 1_000 }) }),
  missing: () => ({ afterMs: 10, verdict: later('delivery', 'not-found', { tries: 3 }) }),
  gone: () => ({ afterMs: 10, verdict: { outcome: 'gone', code: 'gone', whose: 'theirs', words: '410' } }),
};
const names = Object.keys(tempers);

/** A store that dies with its process at the given call: before the call has an effect, or after it and before anybody knows. */
function mortal(store: DeliveryStore, dieAtCall: number, after: boolean, died: () => void): DeliveryStore {
  let calls = 0;
  const never = new Promise<never>(() => {});
  return new Proxy(store, {
    get(target, name: keyof DeliveryStore) {
      return (...args: unknown[]) => {
        calls += 1;
        if (calls > dieAtCall || (calls === dieAtCall && !after)) {
          died();
          return never;
        }
        const result = (target[name] as (...all: unknown[]) => Promise<unknown>).apply(target, args);
        if (calls < dieAtCall) return result;
        died();
        return result.then(() => never);
      };
    },
  });
}

/** The clock of one process: its timers die with it. */
function mortalClock(clock: VirtualClock): Clock & { die(): void } {
  let alive = true;
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after: (delayMs, run) => clock.after(delayMs, () => alive && run()),
    die() {
      alive = false;
    },
  };
}

async function live(seed: number) {
  const random = seeded(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const clock = new VirtualClock();
  const host = await openHealth();
  const places = [await TestPlace.open('a', clock), await TestPlace.open('b', clock)];
  const hosts = Array.from({ length: 2 + Math.floor(random() * 9) }, (_, i) => `${pick(names)}${i}.example`);
  const answer = (parcel: Parcel, inFlight: number): Answer =>
    tempers[/:([a-z]+)/.exec(parcel.destination)![1]!]!(random, clock.monotonic(), inFlight);
  const seen: Seen[] = [];
  const most = new Map<DestinationId, number>();
  const kills: number[] = [];
  let engine: DeliveryEngine;
  let senders: SimulatedSenders;
  let own: ReturnType<typeof mortalClock>;
  let dead = false;

  const begin = async () => {
    dead = false;
    own = mortalClock(clock);
    senders = new SimulatedSenders(own, 4 + Math.floor(random() * 60), answer);
    engine = new DeliveryEngine({ clock: own, senders, health: host.health, random, breathe: async () => {} });
    for (const place of places) {
      place.restart();
      const dieAt = kills.length < 6 && random() < 0.7 ? 1 + Math.floor(random() * 60) : 1e9;
      const store = mortal(place.deliveries, dieAt, random() < 0.5, () => {
        dead = true;
      });
      void engine.openLane(place.lane(store));
    }
  };
  const bury = () => {
    kills.push(clock.monotonic());
    seen.push(...senders.seen);
    for (const [destination, n] of senders.most) most.set(destination, Math.max(n, most.get(destination) ?? 0));
    void senders.stop();
    own.die();
  };

  await begin();
  const objects = new Map<string, { place: TestPlace; to: string[]; over: boolean }>();
  const rows = (to: readonly string[], priority: 0 | 1) =>
    to.map((name) => ({
      destination: destinationAt('fediverse', `https://${name}/`),
      inboxUrl: `https://${name}/inbox`,
      priority,
      weight: 1 + name.length,
    }));
  const act = async () => {
    const fresh = objects.size === 0 || random() < 0.6;
    if (fresh) {
      const place = pick(places);
      const to = random() < 0.2 ? [pick(hosts)] : hosts;
      const key = `post:${objects.size}`;
      objects.set(key, { place, to, over: false });
      await place.publish('Create', key, rows(to, to.length === 1 ? 0 : 1), {
        sender: `100000000000000000${objects.size % 3}`,
      });
      engine.wake(place.id);
      return;
    }
    const [key, object] = pick([...objects]);
    if (object.over) return;
    const remove = random() < 0.5;
    object.over = remove;
    await object.place.publish(remove ? 'Delete' : 'Update', key, rows(object.to, 1), {
      supersedes: { cancel: remove ? 'everything' : 'updates' },
    });
    engine.wake(object.place.id);
  };

  for (let step = 0; step < 24; step++) {
    await act();
    if (random() < 0.1) clock.jump((random() - 0.5) * 20 * 365 * day);
    if (random() < 0.1) void engine!.heardFrom(`fediverse:${pick(hosts)}` as DestinationId);
    await clock.pass(random() < 0.5 ? 200 * random() : 3 * 60 * minute * random(), () => dead);
    if (dead) {
      bury();
      await begin();
    }
  }
  const waiting = () => places.reduce((sum, place) => sum + place.count("state = 'waiting'"), 0);
  for (let i = 0; i < 40 && waiting() > 0; i++) {
    await clock.pass(day, () => dead);
    if (dead) {
      bury();
      await begin();
    }
  }
  await clock.pass(minute);
  const { inFlight, slow, over, unwritten, lines } = engine!.counts();
  assert.deepEqual([inFlight, slow, over, unwritten, lines], [0, 0, 0, 0, 0], 'nothing is left in hand');
  bury();
  check(places, seen, most, kills);
  for (const place of places) await place.close();
  await host.close();
}

function check(places: TestPlace[], seen: Seen[], most: Map<DestinationId, number>, kills: number[]) {
  for (const place of places) {
    const deliveries =
      place.rows(`select cast(d.id as text) id, cast(d.activity_id as text) activity, d.destination, d.state, d.attempts,
      d.reason, a.kind, a.object_key object from deliveries d join activities a on a.id = d.activity_id order by d.id`) as {
        id: string;
        activity: string;
        destination: DestinationId;
        state: string;
        attempts: number;
        reason: string | null;
        kind: string;
        object: string;
      }[];
    const own = Map.groupBy(
      seen.filter(({ lane }) => lane === place.id),
      ({ deliveryId }) => deliveryId,
    );
    for (const { id, state, reason, attempts, destination } of deliveries) {
      assert.notEqual(state, 'waiting', `${destination}: the end is always reached`);
      if (state === 'accepted') {
        assert.ok(
          own.get(id)?.some(({ verdict }) => verdict?.outcome === 'accepted'),
          'accepted is what they said',
        );
      } else assert.ok(reason, `${destination}: ${state} has a reason`);
      if (/:(well|slow)/.test(destination))
        assert.ok(['accepted', 'cancelled'].includes(state), `${destination}: ${state}`);
      if (state === 'cancelled') assert.equal(attempts, 0, 'only what was never tried is cancelled');
      assert.ok(attempts < 45 + 12 * kills.length, `${destination}: ${attempts} attempts`);
    }
    for (const group of Map.groupBy(deliveries, ({ object, destination }) => `${object} ${destination}`).values()) {
      inOrder(
        group.map(({ id }) => own.get(id) ?? []),
        kills,
        group[0]!.destination,
      );
    }
    assert.equal(place.rows('select * from queues').length, 0, 'no queue without deliveries');
  }
  for (const [destination, n] of most) {
    assert.ok(n <= Pace.most + 1, `${destination}: ${n} at once`);
    if (/:(dead|tarpit)/.test(destination))
      assert.ok(n <= Pace.start + 1, `${destination}: ${n} at once at a dead one`);
  }
}

/** No attempt of a later activity begins before the last of an earlier one has ended (or was cut off by a kill). */
function inOrder(attempts: Seen[][], kills: number[], destination: string) {
  let lastEnd = 0;
  for (const own of attempts) {
    if (own.length === 0) continue;
    const begun = Math.min(...own.map(({ beganMs }) => beganMs));
    assert.ok(begun >= lastEnd, `${destination}: a later activity overtook an earlier one`);
    for (const { beganMs, endedMs } of own) {
      lastEnd = Math.max(lastEnd, endedMs ?? kills.find((at) => at >= beganMs) ?? beganMs);
    }
  }
}

const only = process.env.LIFE;
test(`${only ? 1 : lives} lives: nothing is lost, order holds, no pace is exceeded, the end is always reached`, async () => {
  const first = only ? Number(only) : 1;
  for (let seed = first; seed < first + (only ? 1 : lives); seed++) {
    await live(seed).catch((error) => {
      error.message = `LIFE=${seed}: ${error.message}`;
      throw error;
    });
  }
});
