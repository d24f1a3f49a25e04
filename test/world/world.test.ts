import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { Peer } from './peer.ts';
import { createWorld, type World } from './world.ts';

let world: World;
let peer: Peer;
let other: Peer;

before(async () => {
  world = await createWorld();
  peer = await world.peer('peer.example');
  other = await world.peer('other.example', { isAuthorisedFetch: true });
});
after(() => world.end());

describe('a fake peer', () => {
  it('is found by WebFinger and has an actor with a key', async () => {
    const bob = peer.actor('bob');
    const found = (
      await world.request('http://peer.example/.well-known/webfinger?resource=acct:bob@peer.example')
    ).json();
    assert.equal(found.links[0].href, bob.id);
    const document = (await world.request(bob.id)).json();
    assert.equal(document.publicKey.publicKeyPem, bob.keys.publicKeyPem);
    assert.equal(peer.gets('/users/bob'), 1);
    assert.equal(peer.gets(), 2);
  });

  it('accepts a Follow by itself, and both inboxes hold what was signed', async () => {
    const [bob, eve] = [peer.actor('bob'), other.actor('eve')];
    // Not authorised fetch here: the peer asks for the key unsigned.
    const open = await world.peer('open.example');
    const ann = open.actor('ann');
    assert.equal((await ann.send(bob.inbox, ann.activity('Follow', { object: bob.id }))).status, 202);
    assert.equal(peer.inbox.at(-1).type, 'Follow');
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(open.inbox.at(-1).type, 'Accept');
    assert.equal((await world.request(eve.id)).status, 401);
    assert.equal((await ann.get(eve.id)).status, 200);
  });

  it('refuses no signature, a swapped body, a foreign key and an old date', async () => {
    const bob = peer.actor('bob');
    const zoe = (await world.peer('zoe.example')).actor('zoe');
    const like = zoe.activity('Like', { object: 'http://peer.example/x' });
    const count = peer.inbox.length;
    assert.equal((await world.request(bob.inbox, { method: 'POST', body: JSON.stringify(like) })).status, 401);
    assert.equal((await zoe.send(bob.inbox, like, { swap: { digest: 'SHA-256=AAAA' } })).status, 401);
    assert.equal((await zoe.send(bob.inbox, like, { digest: 'SHA-256=AAAA' })).status, 401);
    assert.equal((await zoe.send(bob.inbox, like, { key: bob.keys.privateKey })).status, 401);
    assert.equal((await zoe.send(bob.inbox, like, { date: new Date(Date.now() - 3_600_000) })).status, 401);
    assert.equal((await zoe.send(bob.inbox, like, { signed: ['(request-target)', 'host', 'date'] })).status, 401);
    assert.equal(peer.inbox.length, count);
    assert.equal((await zoe.send(bob.inbox, like)).status, 202);
    const kinds = peer.requests.slice(-7).map(({ verification }) => verification.kind);
    assert.deepEqual(kinds, ['none', 'wrong', 'wrong', 'wrong', 'wrong', 'wrong', 'valid']);
  });

  it('serves its posts, and a grave after a Delete', async () => {
    const note = peer.actor('bob').note({ content: '<p>one</p>' });
    assert.equal((await world.request(note.id)).json().content, '<p>one</p>');
    peer.documents.set(new URL(note.id).pathname, undefined);
    assert.equal((await world.request(note.id)).status, 410);
  });
});

describe('a rude peer', () => {
  const ask = (path: string) => world.request(`http://peer.example${path}`, { timeoutMs: 300 });

  it('answers with any status, for as long as it is told to', async () => {
    const stop = peer.misbehave('/users/', { kind: 'status', status: 429, headers: { 'retry-after': '7' } });
    assert.equal((await ask('/users/bob')).headers['retry-after'], '7');
    stop();
    assert.equal((await ask('/users/bob')).status, 200);
    peer.misbehave('', { kind: 'status', status: 503 }, 1);
    assert.deepEqual([(await ask('/users/bob')).status, (await ask('/users/bob')).status], [503, 200]);
  });

  it('is slow, silent or gone', async () => {
    for (const kind of ['tarpit', 'slow-headers', 'slow-body'] as const) {
      const stop = peer.misbehave('/slow', kind === 'tarpit' ? { kind } : { kind, everyMs: 10 });
      await assert.rejects(Promise.race([ask('/slow'), failAfter(200)]), kind);
      stop();
    }
    const stop = peer.misbehave('/reset', { kind: 'reset' });
    await assert.rejects(ask('/reset'));
    stop();
    await peer.die();
    await assert.rejects(ask('/users/bob'), /ECONNREFUSED/);
    await peer.revive();
    assert.equal((await ask('/users/bob')).status, 200);
  });

  it('sends too much, leads in circles, and lies', async () => {
    const stops = [
      peer.misbehave('/huge', { kind: 'huge', bytes: 3_000_000 }),
      peer.misbehave('/bomb', { kind: 'gzip-bomb', bytes: 3_000_000 }),
      peer.misbehave('/loop', { kind: 'redirect-loop' }),
      peer.misbehave('/lie', { kind: 'document', document: { id: 'http://other.example/users/eve' } }),
    ];
    assert.ok((await ask('/huge')).body.length >= 3_000_000);
    const bomb = (await ask('/bomb')).body;
    assert.ok(bomb.length < 30_000 && gunzipSync(bomb).length >= 3_000_000);
    assert.match(String((await ask('/loop')).headers.location), /^\/loop\//);
    assert.equal((await ask('/lie')).json().id, 'http://other.example/users/eve');
    for (const stop of stops) stop();
  });
});

describe('a crowd', () => {
  it('follows as one, and each server has its own inbox', async () => {
    const crowd = await world.crowd(5);
    const bob = peer.actor('bob');
    await crowd.follow(bob.id, bob.inbox);
    const follows = peer.inbox.filter(({ type, object }) => type === 'Follow' && object === bob.id);
    assert.ok(new Set(follows.map(({ actor }) => new URL(actor).host)).size >= 5);
    const fan = crowd.fans[2]!;
    await bob.send(fan.inbox, bob.activity('Like', { object: fan.id }));
    assert.equal(crowd.received.get('s3.crowd.example')!.at(-1).type, 'Like');
  });
});

describe('the canary', () => {
  it('fails a world in which somebody connects to 127.0.0.1', async () => {
    const watched = await createWorld();
    const { port } = watched.names.find('canary.example')!;
    await new Promise((resolve) => connect(port, '127.0.0.1').on('close', resolve).on('error', resolve));
    await assert.rejects(watched.end(), /something connected outside 127\.77\.0\.0\/16/);
  });
});

/** Rejects after a while. */
const failAfter = (delayMs: number) =>
  new Promise<never>((_, reject) => setTimeout(() => reject(new Error('no answer')), delayMs));
