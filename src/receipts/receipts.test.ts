import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DestinationId, type HealthStore, type Outcome, reasonCodes } from '../delivery/contract.ts';
import { VirtualClock } from '../delivery/simulation.ts';
import { openHealth, TestPlace } from '../delivery/testing/place.ts';
import type { PostId } from '../model/ids.ts';
import { explainDestination, explainServer } from './explain.ts';
import { type LandedServer, type LandedState, landedStates, loadLanded } from './landed.ts';
import { destinationStates } from './overview.ts';

const postId = '1117668472422400001' as PostId;
const at = Date.UTC(2026, 10, 24);
const deskOf = (health: Pick<HealthStore, 'load'>, holds: ReadonlyMap<DestinationId, number> = new Map()) => ({
  loadHealth: (ids: readonly DestinationId[]) => health.load(ids),
  loadHolds: async () => holds,
});

test('where a post has landed: what needs attention first, with the reason and the followers there', async () => {
  const clock = new VirtualClock(at);
  const place = await TestPlace.open('p', clock);
  const host = await openHealth();
  const names = [
    'ok.example',
    'big.example',
    'no.example',
    'new.example',
    'down.example',
    'again.example',
    'late.example',
  ];
  await place.publish(
    'Create',
    'post:1',
    names.map((name, i) => ({
      destination: `fediverse:${name}` as DestinationId,
      inboxUrl: `https://${name}/inbox`,
      priority: 1,
      weight: name === 'big.example' ? 500 : i + 1,
      postId,
    })),
  );
  const wanted = names.map((name) => ({ destination: `fediverse:${name}` as DestinationId, limit: 1, probe: false }));
  const claims = await place.deliveries.claim(wanted, at);
  const end = (name: string, outcome: Partial<Outcome>): Outcome => {
    const { deliveryId, destination, address } = claims.find((claim) => claim.destination === `fediverse:${name}`)!;
    return { deliveryId, destination, address, state: 'accepted', attempted: true, atMs: at, nextAtMs: 0, ...outcome };
  };
  await place.deliveries.commit(
    [
      end('ok.example', {}),
      end('big.example', {}),
      end('no.example', { state: 'refused', code: 'rejected', words: 'HTTP 422: no' }),
      end('down.example', {
        state: 'waiting',
        code: 'unreachable',
        words: 'connection refused',
        nextAtMs: at + 60_000,
      }),
      end('again.example', { state: 'waiting', code: 'server-error', words: 'HTTP 500', nextAtMs: at + 300_000 }),
      end('late.example', { state: 'expired', code: 'destination-gone', words: 'connection refused' }),
    ],
    [],
    at,
  );
  await host.health.save([
    {
      destination: 'fediverse:down.example' as DestinationId,
      state: 'resting',
      sinceMs: at - 3_600_000,
      failures: 4,
      probes: 2,
      nextProbeAtMs: at + 900_000,
      lastWords: 'connection refused',
      lastOkAtMs: 0,
      habit: '',
    },
  ]);
  const landed = await loadLanded(
    { deliveries: place.deliveries, destinations: deskOf(host.health) },
    postId,
    at + 1_000,
  );
  assert.deepEqual(
    landed.servers.map(({ host: name, state }) => `${name} ${state}`),
    [
      'no.example refused',
      'late.example expired',
      'down.example resting',
      'again.example waiting',
      'new.example on-its-way',
      'big.example accepted',
      'ok.example accepted',
    ],
  );
  assert.deepEqual(landed.counts, {
    accepted: 2,
    'on-its-way': 1,
    waiting: 1,
    resting: 1,
    paused: 0,
    refused: 1,
    expired: 1,
  });
  assert.equal(landed.followersAccepted, 501);
  const paused = await loadLanded(
    {
      deliveries: place.deliveries,
      destinations: deskOf(
        host.health,
        new Map(['down', 'ok'].map((one) => [`fediverse:${one}.example` as DestinationId, at])),
      ),
    },
    postId,
    at + 1_000,
  );
  assert.equal(paused.servers.find(({ host: name }) => name === 'down.example')!.state, 'paused');
  assert.equal(paused.counts.accepted, 2, 'what is over stays as it ended');
  const down = landed.servers.find(({ host: name }) => name === 'down.example')!;
  assert.equal(down.nextTryAtMs, at + 900_000);
  assert.equal(down.words, 'connection refused');
  await place.close();
  await host.close();
});

test('an edit shows its own delivery, not the one before', async () => {
  const clock = new VirtualClock(at);
  const place = await TestPlace.open('p', clock);
  const row = {
    destination: 'fediverse:a.example' as DestinationId,
    inboxUrl: 'https://a.example/inbox',
    priority: 1 as const,
    weight: 1,
    postId,
  };
  await place.publish('Create', 'post:1', [row]);
  const [claim] = await place.deliveries.claim([{ destination: row.destination, limit: 1, probe: false }], at);
  const { deliveryId, destination, address } = claim!;
  const outcome = { deliveryId, destination, address, attempted: true, atMs: at, nextAtMs: 0 } as const;
  await place.deliveries.commit([{ ...outcome, state: 'accepted' }], [], at);
  await place.publish('Update', 'post:1', [row]);
  const destinations = deskOf({ load: async () => [] });
  const landed = await loadLanded({ deliveries: place.deliveries, destinations }, postId, at);
  assert.deepEqual(
    landed.servers.map(({ state }) => state),
    ['on-its-way'],
  );
  await place.close();
});

test('each state and each reason has whole sentences in both languages, and says whose doing it is', () => {
  for (const language of ['en', 'fr'] as const) {
    for (const state of landedStates) {
      for (const code of [undefined, ...reasonCodes]) {
        const server: LandedServer = {
          host: 'a.example',
          state,
          followers: 3,
          attempts: 1,
          atMs: at - 60_000,
          sinceMs: at - 3_600_000,
          nextTryAtMs: at + 7_200_000,
          ...(code && { code }),
        };
        const { whose, what, next } = explainServer(server, language, at);
        for (const sentence of [what, next]) {
          assert.match(sentence, /^\p{Lu}.*\.$|^a\.example.*\.$/su, sentence);
          assert.doesNotMatch(sentence, /[{}]|undefined|NaN/);
          assert.doesNotMatch(sentence, /\b(received|read by|reçu|lu par)\b/, 'nobody can know that');
        }
        if (code && state !== 'accepted') assert.ok(whose, `${state} ${code}`);
      }
    }
  }
  assert.match(explainServer(landedAt('waiting'), 'fr', at).next, /dans 2 heures/);
  assert.match(explainServer(landedAt('waiting'), 'en', at).next, /in 2 hours/);
});

const landedAt = (state: LandedState): LandedServer => ({
  host: 'a.example',
  state,
  followers: 1,
  attempts: 1,
  nextTryAtMs: at + 7_200_000,
});

test('the operator reads how a destination is, in both languages', () => {
  for (const language of ['en', 'fr'] as const) {
    for (const state of destinationStates) {
      const known = { host: 'a.example', state, followers: 3, waits: true };
      for (const line of [known, { ...known, sinceMs: at, nextTryAtMs: at + 60_000 }]) {
        const { what, next, whose } = explainDestination(line, language, at);
        assert.doesNotMatch(`${what} ${next}`, /[{}]|undefined|NaN/);
        assert.equal(whose === undefined, state === 'healthy');
      }
    }
  }
});
