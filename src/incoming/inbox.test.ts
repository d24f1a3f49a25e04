import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { createFederation, type Federation } from '../../test/federation.ts';
import { makeKeys } from '../../test/world/actor.ts';
import { request } from '../../test/world/names.ts';
import type { Json } from '../../test/world/peer.ts';
import { limits } from '../base/limits.ts';

/** THREATS A and B at the door: who is speaking, and what is not even looked at. */
let world: Federation;
const peer = () => world.peer('peer.example');
const victim = () => world.peer('victim.example');
const bob = () => peer().actor('bob');
const countLines = async () =>
  (await world.place.store.incoming.parked(1_000)).length + (await world.place.store.incoming.countWaiting());

before(async () => {
  world = await createFederation({ peers: ['peer.example', 'victim.example', 'gone.example', 'slow.example'] });
});
after(() => world.end());
beforeEach(() => world.incoming.settled());

const follow = (): Json => bob().activity('Follow', { object: world.alice.account.uri });
const post = (body: string | Buffer, headers: Record<string, string> = {}, path = '/inbox') =>
  request(world.names, world.origin + path, {
    method: 'POST',
    headers: { 'content-type': 'application/activity+json', ...headers },
    body,
  });

/** Each must be answered so, leave no line, and not be taken later either. */
const refusals: [string, number, () => Promise<{ status: number }>][] = [
  ['unsigned', 401, () => post(JSON.stringify(follow()))],
  ...['Create', 'Like', 'Follow', 'Delete', 'Update', 'Undo', 'Announce', 'Accept'].map(
    (type): [string, number, () => Promise<{ status: number }>] => [
      `${type} of somebody else under one’s own key (CVE-2025-54888)`,
      401,
      async () => {
        const v = victim().actor('v');
        await world.place.remote.findAccount(v.id);
        return bob().send(world.sharedInbox, {
          ...v.activity(type, { object: type === 'Accept' || type === 'Undo' ? follow() : world.alice.account.uri }),
        });
      },
    ],
  ),
  [
    'a signature without digest',
    401,
    () => bob().send(world.sharedInbox, follow(), { signed: ['(request-target)', 'host', 'date'] }),
  ],
  [
    'a digest of another body',
    401,
    () => bob().send(world.sharedInbox, follow(), { digest: 'SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' }),
  ],
  [
    'a signature for another path',
    401,
    () => bob().send(world.sharedInbox, follow(), { signed: ['host', 'date', 'digest'] }),
  ],
  [
    'a signature of 13 hours ago',
    401,
    () => bob().send(world.sharedInbox, follow(), { date: new Date(Date.now() - 13 * 3_600_000) }),
  ],
  [
    'a signature of two hours ahead',
    401,
    () => bob().send(world.sharedInbox, follow(), { date: new Date(Date.now() + 2 * 3_600_000) }),
  ],
  ['an unknown algorithm', 401, () => bob().send(world.sharedInbox, follow(), { algorithm: 'hmac-sha256' })],
  [
    'a key of our own place',
    401,
    () => bob().send(world.sharedInbox, follow(), { keyId: `${world.alice.account.uri}#main-key` }),
  ],
  ['a key at a private address', 401, () => bob().send(world.sharedInbox, follow(), { keyId: 'http://127.0.0.1/key' })],
  ['a key in a data: address', 401, () => bob().send(world.sharedInbox, follow(), { keyId: 'data:text/plain,key' })],
  [
    'a key of another person',
    401,
    () => bob().send(world.sharedInbox, follow(), { keyId: `${victim().actor('v').id}#main-key` }),
  ],
  ['an id of another origin', 422, () => bob().send(world.sharedInbox, { ...follow(), id: `${victim().origin}/a/1` })],
  ['no JSON', 400, () => bob().send(world.sharedInbox, '{"a":' as Json)],
  ['a key twice', 400, () => bob().send(world.sharedInbox, '{"id":"x","id":"y"}' as Json)],
  ['__proto__', 400, () => bob().send(world.sharedInbox, '{"__proto__":{"polluted":true},"id":"x"}' as Json)],
  ['too deep', 422, () => bob().send(world.sharedInbox, ('['.repeat(100_000) + ']'.repeat(100_000)) as Json)],
  ['a list', 400, () => bob().send(world.sharedInbox, [follow()] as Json)],
  [
    'an infinite number',
    400,
    () => bob().send(world.sharedInbox, JSON.stringify(follow()).replace('{', '{"n":1e400,') as Json),
  ],
  ['no id', 422, () => bob().send(world.sharedInbox, { ...follow(), id: null })],
  [
    '500 types',
    422,
    () => bob().send(world.sharedInbox, { ...follow(), type: Array.from({ length: 500 }, () => 'Follow') }),
  ],
  [
    'too many addressees',
    422,
    () =>
      bob().send(world.sharedInbox, {
        ...follow(),
        to: Array.from({ length: 20_000 }, (_x, i) => `https://a.example/${i}`) as Json,
      }),
  ],
  [
    'another meaning for actor',
    422,
    () => bob().send(world.sharedInbox, { ...follow(), '@context': [{ actor: 'as:object' }] }),
  ],
  ['HTML', 415, () => post('<p>', { 'content-type': 'text/html' })],
  ['plain JSON', 415, () => post('{}', { 'content-type': 'application/json' })],
  ['a compressed body', 415, () => post('x', { 'content-encoding': 'gzip' })],
  ['more than the limit', 413, () => post(Buffer.alloc(limits.inboxBodyBytes + 1, 0x20))],
  ['an inbox of nobody', 404, () => post(JSON.stringify(follow()), {}, '/users/1000000000000000001/inbox')],
];

for (const [name, status, send] of refusals) {
  test(`refused with ${status}: ${name}`, async () => {
    const before = await countLines();
    const startedAt = performance.now();
    const answer = await send();
    assert.equal(answer.status, status);
    assert.ok(performance.now() - startedAt < 3_000);
    assert.equal(await countLines(), before);
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });
}

test('after all that a good activity is still taken, and nobody follows by a refused one', async () => {
  assert.equal((await world.place.store.follows.followers(world.alice.account.id, { limit: 40 })).length, 0);
  const activity = follow();
  assert.equal((await bob().send(world.sharedInbox, activity)).status, 202);
  assert.equal(await world.ended(activity), 'applied: follows');
});

test('a forged key is asked for once, however often it is used (CVE-2026-34148)', async () => {
  const before = peer().requests.length;
  for (let times = 0; times < 20; times += 1) {
    const answer = await bob().send(world.sharedInbox, follow(), { keyId: `${peer().origin}/users/nobody#main-key` });
    assert.equal(answer.status, 401);
  }
  assert.ok(peer().requests.length - before <= 2);
});

test('an exact replay is answered and has no second effect', async () => {
  const activity = bob().activity('Create', {
    object: bob().note({ mentions: [{ id: world.alice.account.uri, handle: '@alice' }] }),
  });
  for (let times = 0; times < 30; times += 1) assert.equal((await bob().send(world.sharedInbox, activity)).status, 202);
  assert.match((await world.ended(activity))!, /^applied/);
  const told = await world.place.store.notifications.page(world.alice.account.id, { limit: 40, kinds: ['mention'] });
  assert.equal(told.length, 1);
});

test('the same id with other words, or from somebody else, is refused', async () => {
  const activity = bob().activity('Like', { object: `${world.origin}/nothing` });
  assert.equal((await bob().send(world.sharedInbox, activity)).status, 202);
  assert.equal((await bob().send(world.sharedInbox, { ...activity, summary: 'x' })).status, 422);
  const carol = peer().actor('carol');
  assert.equal((await carol.send(world.sharedInbox, { ...activity, actor: carol.id })).status, 422);
  // Also of a Follow, whose id its own actor may use again.
  const asked = follow();
  assert.equal((await bob().send(world.sharedInbox, asked)).status, 202);
  assert.equal((await carol.send(world.sharedInbox, { ...asked, actor: carol.id })).status, 422);
});

test('Deletes of strangers cost nothing: no fetch, no line, no verification (THREATS 66)', async () => {
  const before = [peer().requests.length, victim().requests.length];
  for (let times = 0; times < 100; times += 1) {
    const stranger = `${victim().origin}/users/stranger${times}`;
    const activity = {
      '@context': 'https://www.w3.org/ns/activitystreams',
      id: `${stranger}#delete`,
      type: 'Delete',
      actor: stranger,
      object: stranger,
    };
    assert.equal((await post(JSON.stringify(activity))).status, 202);
  }
  assert.deepEqual([peer().requests.length, victim().requests.length], before);
});

test('a key server that is slow is the one reason for 503 at a bad time', async () => {
  const slow = world.peer('slow.example');
  const end = slow.misbehave('', { kind: 'tarpit' });
  const answer = await slow
    .actor('s')
    .send(world.sharedInbox, slow.actor('s').activity('Like', { object: world.alice.account.uri }));
  end();
  assert.equal(answer.status, 503);
  assert.ok(Number(answer.headers['retry-after']) > 0);
});

test('a known account whose key is gone is forgotten, when its own address says so too (THREATS 67)', async () => {
  const gone = world.peer('gone.example');
  const [dan, eve] = [gone.actor('dan'), gone.actor('eve')];
  for (const one of [dan, eve]) assert.ok((await world.place.remote.findAccount(one.id)).ok);
  // Somebody points at an address that is gone to have another account forgotten.
  gone.documents.set('/gone-key', undefined);
  const forged = eve.activity('Delete', { object: eve.id });
  const byMallory = await eve.send(world.sharedInbox, forged, {
    key: makeKeys().privateKey,
    keyId: `${gone.origin}/gone-key`,
  });
  assert.equal(byMallory.status, 202);
  assert.equal(await world.ended(forged), 'ignored: the account is still there');
  gone.documents.set('/users/dan', undefined);
  const farewell = dan.activity('Delete', { object: dan.id });
  assert.equal((await dan.send(world.sharedInbox, farewell)).status, 202);
  assert.equal(await world.ended(farewell), 'applied: forgotten');
  assert.notEqual((await world.place.store.accounts.findByUri(dan.id))!.goneAtMs, null);
  assert.equal((await world.place.store.accounts.findByUri(eve.id))!.goneAtMs, null);
});

test('a body at the limit is read, 50 larger ones at once cost no memory', async () => {
  const activity = JSON.stringify(follow());
  const atLimit = activity + ' '.repeat(limits.inboxBodyBytes - activity.length);
  assert.equal((await bob().send(world.sharedInbox, atLimit as Json)).status, 202);
  const before = process.memoryUsage().rss;
  const huge = Buffer.alloc(4 * 1024 * 1024, 0x20);
  const answers = await Promise.all(Array.from({ length: 50 }, () => post(huge).catch(() => ({ status: 413 }))));
  assert.ok(answers.every(({ status }) => status === 413));
  assert.ok(process.memoryUsage().rss - before < 200 * 1024 * 1024);
});
