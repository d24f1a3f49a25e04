import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { after, before, test } from 'node:test';
import { readPublicKey } from '../activitypub/signature/keys.ts';
import { headerPairs } from '../activitypub/signature/request.ts';
import { checkSignature, readSignature } from '../activitypub/signature/verify.ts';
import { systemClock } from '../base/clock.ts';
import { limits } from '../base/limits.ts';
import { type FakePeer, labOf, type SeenRequest, startCanary, startPeer } from '../base/net/fake-peer.ts';
import { createFetcher, type Fetcher } from '../base/net/guarded-fetch.ts';
import { activityPubAccept, createDocumentReader, type DocumentReader, isActivityPubType } from './fetch.ts';

const type = 'application/activity+json';
const pair = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const signAs = { keyId: 'https://canari.example/users/1#main-key', privateKey: pair.privateKey };
const publicKey = readPublicKey(pair.publicKey.export({ type: 'spki', format: 'pem' }).toString());

let peer: FakePeer;
let victim: FakePeer;
let canary: FakePeer;
let fetcher: Fetcher;
let documents: DocumentReader;

/** Does the request carry a right signature of ours, and in which form? */
function formOf(request: SeenRequest): string {
  const { method, url, rawHeaders, body, headers } = request;
  const signed = {
    method,
    target: url,
    host: headers.host!,
    scheme: 'http' as const,
    headers: headerPairs(rawHeaders),
    body,
  };
  const read = readSignature(signed, Date.now());
  assert.ok(publicKey.ok);
  return read.ok && checkSignature(read.value, publicKey.value).ok ? read.value.form : 'none';
}

function json(response: ServerResponse, document: unknown, contentType: string | string[] = type): unknown {
  response.statusCode = 200;
  response.setHeader('content-type', contentType as string);
  return response.end(typeof document === 'string' ? document : JSON.stringify(document));
}

const u = (path: string, host = 'peer.test') => `http://${host}${path}`;

function answer(request: SeenRequest, response: ServerResponse): unknown {
  const host = request.headers.host!;
  const path = request.url;
  const form = formOf(request);
  const only = (wanted: string) =>
    form === wanted ? json(response, { id: u(path, host) }) : response.writeHead(401).end();
  if (path.startsWith('/good')) return json(response, { id: u(path, host), type: 'Note' });
  if (path === '/alias') return json(response, { id: u('/good', host) });
  if (path === '/alias-of-alias') return json(response, { id: u('/alias', host) });
  if (path === '/moved') return response.writeHead(301, { location: '/good' }).end();
  if (path === '/liar') return json(response, { id: u('/truth', 'victim.test'), content: 'forged' });
  if (path === '/truth') return json(response, { id: u('/truth', 'victim.test'), content: 'true' });
  if (path === '/liar-nowhere') return json(response, { id: u('/missing', 'victim.test'), content: 'forged' });
  if (path === '/liar-back') return json(response, { id: u('/back', 'victim.test') });
  if (path === '/back') return json(response, { id: u('/liar-back', 'peer.test') });
  if (path === '/liar-redirect') return json(response, { id: u('/to-peer', 'victim.test') });
  if (path === '/to-peer') return response.writeHead(302, { location: u('/fake') }).end();
  if (path === '/fake') return json(response, { id: u('/to-peer', 'victim.test'), content: 'forged' });
  if (path === '/canary') return json(response, { id: `http://127.0.0.1:${canary.port}/` });
  if (path === '/canary-name') return json(response, { id: 'http://canary.test/x' });
  if (path === '/ours') return json(response, { id: u('/users/1', 'canari.test') });
  if (path === '/to-ours') return response.writeHead(302, { location: u('/users/1', 'canari.test') }).end();
  if (path === '/no-id') return json(response, { type: 'Note' });
  if (path === '/number-id') return json(response, { id: 7 });
  if (path === '/array') return json(response, []);
  if (path === '/html') return json(response, { id: u(path, host) }, 'text/html');
  if (path === '/two-types')
    return response
      .writeHead(200, ['content-type', type, 'content-type', 'text/html'])
      .end(JSON.stringify({ id: u(path, host) }));
  if (path === '/deep') return json(response, '['.repeat(500_000));
  if (path === '/proto') return json(response, `{"id":"${u(path, host)}","__proto__":{"polluted":true}}`);
  if (path === '/big') return json(response, { id: u(path, host), x: 'x'.repeat(limits.fetchedBytes) });
  if (path === '/cavage-only') return only('draft-cavage');
  if (path === '/rfc-only') return only('rfc9421');
  if (path === '/nobody') return response.writeHead(401).end();
  if (path === '/forbidden') return response.writeHead(403).end();
  if (path === '/gone') return response.writeHead(410).end();
  if (path === '/broken') return response.writeHead(500).end();
  if (path === '/limited') return response.writeHead(429, { 'retry-after': '7' }).end();
  if (path === '/odd') return response.writeHead(418).end();
  return path === '/mute' ? undefined : response.writeHead(404).end();
}

before(async () => {
  peer = await startPeer(['peer.test', 'canari.test'], answer);
  victim = await startPeer(['victim.test'], answer, { address: '127.77.1.5' });
  canary = await startCanary();
  fetcher = createFetcher(labOf([peer, victim, canary]), {
    clock: systemClock,
    userAgent: 'Canari/0.1 (+https://canari.test/)',
  });
  documents = createDocumentReader({ fetcher, clock: systemClock, isLocal: (url) => url.hostname === 'canari.test' });
});

after(async () => {
  await fetcher.close();
  for (const server of [peer, victim, canary]) await server.close();
  assert.equal(canary.connections.count, 0, 'the canary was touched');
});

async function outcomeOf(path: string, options?: Parameters<DocumentReader['fetchDocument']>[1]): Promise<string> {
  const read = await documents.fetchDocument(u(path), options);
  return read.ok ? `${read.value.id} ${read.value.document.content ?? ''}`.trim() : read.error.reason;
}

test('a document under its own id', async () => {
  for (const path of ['/good', '/good?x=1&y=%20', '/good/%C3%BC']) assert.equal(await outcomeOf(path), u(path));
  assert.equal(await outcomeOf('/good#main-key'), u('/good'));
  assert.equal(peer.seen.at(-1)!.headers.accept, activityPubAccept);
  assert.equal(await outcomeOf('/moved'), u('/good'));
  assert.equal(await outcomeOf('/alias'), u('/good'));
});

test('nobody speaks for another', async () => {
  assert.equal(await outcomeOf('/liar'), `${u('/truth', 'victim.test')} true`);
  assert.equal(await outcomeOf('/liar-nowhere'), 'missing');
  for (const path of ['/liar-back', '/liar-redirect', '/alias-of-alias', '/no-id', '/number-id', '/array']) {
    assert.equal(await outcomeOf(path), 'unusable', path);
  }
});

test('no lie sends us to ourselves or inside', async () => {
  peer.seen.length = 0;
  for (const path of ['/canary', '/canary-name', '/ours', '/to-ours'])
    assert.equal(await outcomeOf(path), 'unusable', path);
  const own = await documents.fetchDocument(u('/users/1', 'canari.test'));
  assert.ok(!own.ok && own.error.reason === 'unusable');
  assert.ok(peer.seen.every(({ headers }) => headers.host !== 'canari.test'));
  for (const url of ['data:application/activity+json,{}', 'file:///etc/passwd', 'http://127.0.0.1/', 'nonsense', '']) {
    const read = await documents.fetchDocument(url);
    assert.ok(!read.ok && read.error.reason === 'unusable', url);
  }
});

test('only the two types of ActivityPub', async () => {
  const profile = 'https://www.w3.org/ns/activitystreams';
  for (const good of [
    type,
    `${type}; charset=utf-8`,
    'Application/Activity+JSON',
    `application/ld+json; profile="${profile}"`,
    `application/ld+json;profile="https://w3id.org/security ${profile}"; charset=utf-8`,
    `application/ld+json; profile=${profile}`,
  ]) {
    assert.ok(isActivityPubType(good), good);
  }
  for (const bad of [
    '',
    'text/html',
    'application/json',
    'image/png',
    'application/ld+json',
    `application/ld+json; profile="${profile}x"`,
    `application/json; profile="${profile}"`,
    'application/activity+jsonx',
    `text/plain; ${type}`,
    'application/ld+json; x="profile=y"',
  ]) {
    assert.ok(!isActivityPubType(bad), bad);
  }
  for (const path of ['/html', '/two-types', '/deep', '/proto', '/big'])
    assert.equal(await outcomeOf(path), 'unusable', path);
});

test('the answer of the server decides what is left to hope for', async () => {
  const table: [string, string][] = [
    ['/gone', 'gone'],
    ['/none', 'missing'],
    ['/nobody', 'refused'],
    ['/forbidden', 'refused'],
    ['/broken', 'unreachable'],
    ['/limited', 'unreachable'],
    ['/odd', 'unusable'],
  ];
  for (const [path, reason] of table) assert.equal(await outcomeOf(path), reason, path);
  const limited = await documents.fetchDocument(u('/limited'));
  assert.ok(!limited.ok && limited.error.retryAfterMs === 7_000);
  assert.equal(await outcomeOf('/mute', { deadlineMs: 50 }), 'unreachable');
  const down = await documents.fetchDocument(`http://peer.test:${canary.port}/`);
  assert.ok(!down.ok && down.error.reason === 'unreachable' && down.error.isDown);
});

test('signed when asked to: the old form first, the new one as a second knock, remembered', async () => {
  assert.equal(await outcomeOf('/cavage-only'), 'refused');
  peer.seen.length = 0;
  assert.equal(await outcomeOf('/cavage-only', { signAs }), u('/cavage-only'));
  assert.equal(peer.seen.length, 1);
  assert.equal(await outcomeOf('/rfc-only', { signAs }), u('/rfc-only'));
  assert.deepEqual(peer.seen.map(formOf), ['draft-cavage', 'draft-cavage', 'rfc9421']);
  peer.seen.length = 0;
  assert.equal(await outcomeOf('/rfc-only', { signAs }), u('/rfc-only'));
  assert.deepEqual(peer.seen.map(formOf), ['rfc9421']);
  assert.equal(await outcomeOf('/cavage-only', { signAs }), u('/cavage-only'));
  peer.seen.length = 0;
  assert.equal(await outcomeOf('/nobody', { signAs }), 'refused');
  assert.equal(peer.seen.length, 2);
});

test('a signature is made for each hop', async () => {
  peer.seen.length = 0;
  victim.seen.length = 0;
  await outcomeOf('/liar', { signAs });
  assert.equal(formOf(peer.seen[0]!), 'draft-cavage');
  assert.equal(formOf(victim.seen[0]!), 'draft-cavage');
});
