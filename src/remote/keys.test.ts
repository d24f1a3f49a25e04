import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { signDraftCavage } from '../activitypub/signature/draft-cavage.ts';
import { renderMultikey } from '../activitypub/signature/keys.ts';
import type { SignedRequest, Signer } from '../activitypub/signature/request.ts';
import { signRfc9421 } from '../activitypub/signature/rfc9421.ts';
import type { Clock } from '../base/clock.ts';
import { systemClock } from '../base/clock.ts';
import { limits } from '../base/limits.ts';
import { type FakePeer, labOf, startCanary, startPeer } from '../base/net/fake-peer.ts';
import { createFetcher, type Fetcher } from '../base/net/guarded-fetch.ts';
import { createDocumentReader } from './fetch.ts';
import { createKeyFinder, type KeyCache, type KeyFinder, verifyRequest } from './keys.ts';

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2_048 });
const first = rsa();
const second = rsa();
const edwards = generateKeyPairSync('ed25519');
const pemOf = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString();

/** Wall time that tests move; waits are real, as the sockets are. */
let nowMs = 0;
const clock: Clock = { now: () => nowMs, monotonic: systemClock.monotonic, after: systemClock.after };

/** A cache in memory with the contract's two rules: a key replaces all, a miss replaces no key. */
function createMemoryCache() {
  const rows = new Map<string, NonNullable<Awaited<ReturnType<KeyCache['find']>>>>();
  const cache: KeyCache = {
    find: async (keyId) => rows.get(keyId),
    save: async (key) => void rows.set(key.keyId, key),
    saveMiss: async (keyId, untilMs, miss) => {
      if (rows.get(keyId)?.kind !== 'key') rows.set(keyId, { kind: 'miss', untilMs, ...miss });
    },
    forget: async (keyId) => void rows.delete(keyId),
  };
  return { rows, cache };
}

type Document = Record<string, unknown> | number | 'mute' | 'loop' | 'html' | 'big';
let documents: Record<string, Document> = {};
let peer: FakePeer;
let victim: FakePeer;
let canary: FakePeer;
let fetcher: Fetcher;
let keys: KeyFinder;
let memory: ReturnType<typeof createMemoryCache>;

const at = (path: string, host = 'peer.test') => `http://${host}${path}`;
const actor = at('/users/p');
const keyId = `${actor}#main-key`;
const person = (
  publicKey: unknown = { id: keyId, owner: actor, publicKeyPem: pemOf(first.publicKey) },
  id = actor,
) => ({
  id,
  type: 'Person',
  publicKey,
});

before(async () => {
  const answer: Parameters<typeof startPeer>[1] = (request, response) => {
    const document = documents[at(request.url, request.headers.host)] ?? 404;
    if (document === 'mute') return;
    if (document === 'loop') response.writeHead(302, { location: request.url }).end();
    else if (document === 'html') response.setHeader('content-type', 'text/html').end('<p>hello');
    else if (typeof document === 'number') response.writeHead(document).end();
    else {
      const text = document === 'big' ? ' '.repeat(5_000_000) : JSON.stringify(document);
      response.setHeader('content-type', 'application/activity+json').end(text);
    }
  };
  peer = await startPeer(['peer.test', 'canari.test'], answer);
  victim = await startPeer(['victim.test'], answer, { address: '127.77.1.6' });
  canary = await startCanary();
  fetcher = createFetcher(labOf([peer, victim, canary]), { clock, userAgent: 'Canari/0.1 (+https://canari.test/)' });
});

beforeEach(() => {
  nowMs = Date.parse('2026-11-25T12:00:00Z');
  documents = { [actor]: person() };
  peer.seen.length = 0;
  victim.seen.length = 0;
  memory = createMemoryCache();
  keys = makeFinder(fetcher, clock);
});

function makeFinder(through: Fetcher, time: Clock): KeyFinder {
  const isLocal = (url: URL) => url.hostname === 'canari.test';
  const reader = createDocumentReader({ fetcher: through, clock: time, isLocal });
  const { labHosts } = through.network;
  return createKeyFinder({ documents: reader, cache: memory.cache, clock: time, isLocal, labHosts });
}

after(async () => {
  await fetcher.close();
  for (const server of [peer, victim, canary]) await server.close();
  assert.equal(canary.connections.count, 0, 'the canary was touched');
});

const outcomeOf = async (id: string): Promise<string> => {
  const found = await keys.find(id);
  return found.ok ? `${found.value.owner} ${found.value.key.algorithm}` : found.error.reason;
};

test('the key in its actor', async () => {
  const found = await keys.find(keyId);
  assert.ok(found.ok);
  assert.equal(found.value.owner, actor);
  assert.equal(found.value.key.pem, pemOf(first.publicKey));
  assert.deepEqual(found.value.ownerDocument, person());
  const again = await keys.find(keyId);
  assert.ok(again.ok && again.value.ownerDocument === undefined);
  assert.equal(peer.seen.length, 1, 'cached');
});

test('other honest forms', async () => {
  const keyDocument = at('/users/p/main-key');
  const pem = pemOf(first.publicKey);
  const edId = `${actor}#ed25519-key`;
  const multikey = {
    id: edId,
    type: 'Multikey',
    controller: actor,
    publicKeyMultibase: renderMultikey(pemOf(edwards.publicKey)),
  };
  const table: [string, string, Record<string, Document>][] = [
    [
      'several keys',
      keyId,
      {
        [actor]: person([
          { id: `${actor}#other`, owner: actor, publicKeyPem: pemOf(second.publicKey) },
          { id: keyId, owner: actor, publicKeyPem: pem },
        ]),
      },
    ],
    [
      'a document of its own',
      keyDocument,
      {
        [keyDocument]: { id: keyDocument, owner: actor, publicKeyPem: pem },
        [actor]: person({ id: keyDocument, owner: actor, publicKeyPem: pem }),
      },
    ],
    [
      'a document of its own, named by the actor',
      keyDocument,
      { [keyDocument]: { id: keyDocument, owner: actor, publicKeyPem: pem }, [actor]: person(keyDocument) },
    ],
    [
      'a stub of the actor under the address of the key (GoToSocial)',
      keyDocument,
      {
        [keyDocument]: person({ id: keyDocument, owner: actor, publicKeyPem: pem }),
        [actor]: person({ id: keyDocument, owner: actor, publicKeyPem: pem }),
      },
    ],
    ['the id of the actor itself', actor, { [actor]: person({ id: actor, owner: actor, publicKeyPem: pem }) }],
  ];
  for (const [name, id, world] of table) {
    documents = world;
    memory.rows.clear();
    assert.equal(await outcomeOf(id), `${actor} rsa`, name);
  }
  documents = { [actor]: { ...person(), assertionMethod: [multikey] } };
  assert.equal(await outcomeOf(edId), `${actor} ed25519`);
});

test('keys of others, of nobody and of no use', async () => {
  const v = at('/users/v', 'victim.test');
  const vKey = `${v}#main-key`;
  const pem = pemOf(first.publicKey);
  const mine = at('/key');
  const short = pemOf(generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey);
  const ec = pemOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey);
  const table: [string, string, Record<string, Document>][] = [
    [
      'a key document that names a victim',
      mine,
      { [mine]: { id: mine, owner: v, publicKeyPem: pem }, [v]: person(undefined, v) },
    ],
    [
      'a victim that lists it all the same',
      mine,
      { [mine]: { id: mine, owner: v, publicKeyPem: pem }, [v]: person(mine, v) },
    ],
    [
      'a document that says it is the victim',
      mine,
      {
        [mine]: { ...person({ id: mine, owner: v, publicKeyPem: pem }, v) },
        [v]: person({ id: vKey, owner: v, publicKeyPem: pem }, v),
      },
    ],
    [
      'an actor that does not list it',
      mine,
      { [mine]: { id: mine, owner: actor, publicKeyPem: pem }, [actor]: person() },
    ],
    [
      'a key that names another owner',
      keyId,
      { [actor]: person({ id: keyId, owner: at('/users/q'), publicKeyPem: pem }) },
    ],
    ['a key without owner', keyId, { [actor]: person({ id: keyId, publicKeyPem: pem }) }],
    ['another key id', keyId, { [actor]: person({ id: `${actor}#other`, owner: actor, publicKeyPem: pem }) }],
    [
      'the same id twice',
      keyId,
      {
        [actor]: person([
          { id: keyId, owner: actor, publicKeyPem: pem },
          { id: keyId, owner: actor, publicKeyPem: pemOf(second.publicKey) },
        ]),
      },
    ],
    ['no key', keyId, { [actor]: { id: actor } }],
    ['a name only', keyId, { [actor]: person(keyId) }],
    ['no material', keyId, { [actor]: person({ id: keyId, owner: actor }) }],
    ['material of another type', keyId, { [actor]: person({ id: keyId, owner: actor, publicKeyPem: { x: pem } }) }],
    ['RSA 1024', keyId, { [actor]: person({ id: keyId, owner: actor, publicKeyPem: short }) }],
    ['EC', keyId, { [actor]: person({ id: keyId, owner: actor, publicKeyPem: ec }) }],
    ['rubbish after the key', keyId, { [actor]: person({ id: keyId, owner: actor, publicKeyPem: `${pem}x` }) }],
    ['owner of a key document is the key document', mine, { [mine]: { id: mine, owner: mine, publicKeyPem: pem } }],
    ['a web page', keyId, { [actor]: 'html' }],
    ['5 MB', keyId, { [actor]: 'big' }],
    ['a circle of redirects', keyId, { [actor]: 'loop' }],
    ['missing', keyId, {}],
    ['forbidden', keyId, { [actor]: 403 }],
  ];
  for (const [name, id, world] of table) {
    documents = world;
    memory.rows.clear();
    const start = performance.now();
    assert.equal(await outcomeOf(id), 'refused', name);
    assert.ok(performance.now() - start < 3_000);
  }
  documents = { [actor]: 410 };
  memory.rows.clear();
  assert.equal(await outcomeOf(keyId), 'gone');
  documents = { [actor]: 503 };
  memory.rows.clear();
  assert.equal(await outcomeOf(keyId), 'unreachable');
});

test('addresses that are no key are not asked', async () => {
  const own = at('/users/1#main-key', 'canari.test');
  for (const id of [
    'data:,x',
    'file:///etc/passwd',
    `http://127.0.0.1:${canary.port}/k`,
    'http://localhost/k',
    'https://VICTIM.test/k',
    'x',
    own,
  ]) {
    assert.equal(await outcomeOf(id), 'refused', id);
  }
  documents = {
    [actor]: person(
      { id: at('/users/1', 'canari.test'), owner: at('/users/1', 'canari.test'), publicKeyPem: pemOf(first.publicKey) },
      at('/users/1', 'canari.test'),
    ),
  };
  assert.equal(await outcomeOf(keyId), 'refused');
  assert.ok(peer.seen.every(({ headers }) => headers.host !== 'canari.test'));
  assert.equal(await outcomeOf('http://canary.test/k'), 'refused');
});

test('200 forged requests cause one fetch, and the next one after ten minutes', async () => {
  documents = {};
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => outcomeOf(keyId)));
  for (let round = 0; round < 100; round += 1) outcomes.push(await outcomeOf(keyId));
  assert.deepEqual(new Set(outcomes), new Set(['refused']));
  assert.equal(peer.seen.length, 1);
  nowMs += limits.keyMissMs - 1;
  assert.equal(await outcomeOf(keyId), 'refused');
  assert.equal(peer.seen.length, 1);
  documents = { [actor]: person() };
  nowMs += 1;
  assert.equal(await outcomeOf(keyId), `${actor} rsa`);
});

test('a server that is out of order is asked again after a minute', async () => {
  documents = { [actor]: 500 };
  assert.equal(await outcomeOf(keyId), 'unreachable');
  nowMs += 59_000;
  assert.equal(await outcomeOf(keyId), 'unreachable');
  assert.equal(peer.seen.length, 1);
  documents = { [actor]: person() };
  nowMs += 1_000;
  assert.equal(await outcomeOf(keyId), `${actor} rsa`);
  assert.equal(await outcomeOf(`http://peer.test:${canary.port}/k`), 'refused', 'nobody there at all');
});

const body = Buffer.from('{}');
const url = new URL('https://canari.test/inbox');

function requestBy(signer: Signer, sign = signDraftCavage): SignedRequest {
  const headers = sign({ method: 'POST', url, body }, signer, nowMs);
  return {
    method: 'POST',
    target: '/inbox',
    host: 'canari.test',
    scheme: 'https',
    headers: Object.entries(headers),
    body,
  };
}

async function verdictOf(request: SignedRequest): Promise<string> {
  const verified = await verifyRequest(request, keys, clock);
  return verified.ok ? verified.value.owner : `${verified.error.status} ${verified.error.reason}`;
}

test('both forms are verified from end to end', async () => {
  const edId = `${actor}#ed25519-key`;
  const publicKeyMultibase = renderMultikey(pemOf(edwards.publicKey));
  documents = { [actor]: { ...person(), assertionMethod: { id: edId, controller: actor, publicKeyMultibase } } };
  for (const sign of [signDraftCavage, signRfc9421]) {
    assert.equal(await verdictOf(requestBy({ keyId, privateKey: first.privateKey }, sign)), actor);
    assert.equal(await verdictOf(requestBy({ keyId: edId, privateKey: edwards.privateKey }, sign)), actor);
    assert.equal(await verdictOf(requestBy({ keyId, privateKey: second.privateKey }, sign)), '401 mismatch');
    assert.equal(
      await verdictOf(requestBy({ keyId, privateKey: edwards.privateKey }, sign)),
      sign === signDraftCavage ? '401 mismatch' : '401 key-kind',
    );
  }
});

test('a stale or damaged request costs no fetch', async () => {
  const request = requestBy({ keyId, privateKey: first.privateKey });
  nowMs += 13 * 3_600_000;
  assert.equal(await verdictOf(request), '401 too-old');
  nowMs -= 13 * 3_600_000;
  assert.equal(await verdictOf({ ...request, body: Buffer.from('[]') }), '401 digest');
  assert.equal(await verdictOf({ ...request, headers: [] }), '401 missing');
  assert.equal(peer.seen.length, 0);
});

test('the answer tells a deleted, a missing and a slow owner apart', async () => {
  const request = requestBy({ keyId, privateKey: first.privateKey });
  for (const [document, verdict] of [
    [410, '401 key-gone'],
    [404, '401 key-refused'],
    [502, '503 key-unreachable'],
  ] as const) {
    documents = { [actor]: document };
    memory.rows.clear();
    assert.equal(await verdictOf(request), verdict);
  }
});

test('a new key is believed from its origin, at most once in five minutes', async () => {
  const old = requestBy({ keyId, privateKey: first.privateKey });
  assert.equal(await verdictOf(old), actor);
  documents = { [actor]: person({ id: keyId, owner: actor, publicKeyPem: pemOf(second.publicKey) }) };
  const rotated = () => requestBy({ keyId, privateKey: second.privateKey });
  nowMs += 5 * 60_000 - 1;
  assert.equal(await verdictOf(rotated()), '401 mismatch', 'the key is fresh: no question');
  assert.equal(peer.seen.length, 1);
  nowMs += 1;
  assert.equal(await verdictOf(rotated()), actor);
  assert.equal(peer.seen.length, 2);
  nowMs += 5 * 60_000;
  assert.equal(await verdictOf(old), '401 mismatch', 'the old key is no longer one');
  assert.equal(peer.seen.length, 3);
  for (let round = 0; round < 50; round += 1) assert.equal(await verdictOf(old), '401 mismatch');
  assert.equal(peer.seen.length, 3, 'forged requests cause one question in five minutes');
});

test('a key that cannot be asked for again stays, one that is withdrawn goes', async () => {
  assert.equal(await outcomeOf(keyId), `${actor} rsa`);
  const forged = () => requestBy({ keyId, privateKey: second.privateKey });
  documents = { [actor]: 500 };
  nowMs += 6 * 60_000;
  assert.equal(await verdictOf(forged()), '401 mismatch');
  assert.equal(await verdictOf(requestBy({ keyId, privateKey: first.privateKey })), actor);
  documents = {};
  nowMs += 6 * 60_000;
  assert.equal(await verdictOf(forged()), '401 mismatch');
  assert.equal(await outcomeOf(keyId), 'refused');
});

test('a key is asked for again after a week, and stands when nobody answers', async () => {
  await outcomeOf(keyId);
  nowMs += 7 * 24 * 3_600_000;
  documents = { [actor]: 503 };
  assert.equal(await outcomeOf(keyId), `${actor} rsa`);
  assert.equal(peer.seen.length, 2);
  nowMs += 6 * 60_000;
  documents = { [actor]: 410 };
  assert.equal(await outcomeOf(keyId), 'gone');
});

test('a mute server is waited for as long as an inbox may wait', async () => {
  const speed = 20;
  const quick: Clock = {
    now: () => nowMs,
    monotonic: () => systemClock.monotonic() * speed,
    after: (delayMs, run) => systemClock.after(delayMs / speed, run),
  };
  documents = { [actor]: 'mute' };
  const ownFetcher = createFetcher(fetcher.network, { clock: quick, userAgent: 'Canari' });
  keys = makeFinder(ownFetcher, quick);
  const start = quick.monotonic();
  assert.equal(await verdictOf(requestBy({ keyId, privateKey: first.privateKey })), '503 key-unreachable');
  const tookMs = quick.monotonic() - start;
  assert.ok(tookMs > limits.keyFetchMs - 500 && tookMs < limits.keyFetchMs + 10_000, `${tookMs} ms`);
  await ownFetcher.close();
});
