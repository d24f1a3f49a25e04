import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, before, test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { systemClock } from '../clock.ts';
import { limits } from '../limits.ts';
import { type FakePeer, labOf, type SeenRequest, startCanary, startPeer, startRawPeer } from './fake-peer.ts';
import { createFetcher, type Fetcher, type FetchOptions } from './guarded-fetch.ts';

const userAgent = 'Canari/0.1 (+https://example.org/)';
const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024));
let peer: FakePeer;
let other: FakePeer;
let raw: FakePeer;
let canary: FakePeer;
let fetcher: Fetcher;

const routes: Record<string, (response: ServerResponse, request: SeenRequest) => void> = {
  '/plain': (response) => response.setHeader('content-type', 'text/plain; charset=utf-8').end('hello'),
  '/echo': (response, request) => response.end(request.body),
  '/gzip': (response) => response.setHeader('content-encoding', 'gzip').end(gzipSync('hello')),
  '/br': (response) => response.setHeader('content-encoding', 'br').end(brotliCompressSync('hello')),
  '/deflate': (response) => response.setHeader('content-encoding', 'deflate').end(deflateSync('hello')),
  '/bomb': (response) => response.setHeader('content-encoding', 'gzip').end(bomb),
  '/two': (response) => response.setHeader('content-encoding', 'gzip, gzip').end(gzipSync(gzipSync('hello'))),
  '/lines': (response) =>
    response
      .writeHead(200, [
        ['content-encoding', 'gzip'],
        ['content-encoding', 'gzip'],
      ] as never)
      .end(gzipSync(gzipSync('hello'))),
  '/zstd': (response) => response.setHeader('content-encoding', 'zstd').end('hello'),
  '/damaged': (response) => response.setHeader('content-encoding', 'gzip').end('this is not gzip'),
  '/cut': (response) =>
    response.setHeader('content-encoding', 'gzip').end(gzipSync('hello hello hello').subarray(0, 20)),
  '/declared': (response) => response.writeHead(200, { 'content-length': '100000000' }).write('x'),
  '/endless': (response) => {
    const timer = setInterval(() => response.write(Buffer.alloc(64 * 1024)), 1);
    response.on('close', () => clearInterval(timer));
  },
  '/mute': () => {},
  '/drip': (response) => {
    const timer = setInterval(() => response.write('x'), 5);
    response.on('close', () => clearInterval(timer));
  },
  '/to-plain': (response) => response.writeHead(302, { location: '/plain' }).end(),
  '/self': (response) => response.writeHead(302, { location: '/self' }).end(),
  '/a': (response) => response.writeHead(302, { location: '/b' }).end(),
  '/b': (response) => response.writeHead(302, { location: '/a#x' }).end(),
  '/nowhere': (response) => response.writeHead(302).end(),
  '/long': (response) => response.writeHead(302, { location: `/${'x'.repeat(5_000)}` }).end(),
  '/canary': (response) => response.writeHead(302, { location: 'http://canary.test/' }).end(),
  '/literal': (response) => response.writeHead(302, { location: `http://127.0.0.1:${canary.port}/` }).end(),
  '/data': (response) => response.writeHead(302, { location: 'data:text/plain,x' }).end(),
  '/file': (response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
  '/downgrade': (response) => response.writeHead(302, { location: 'http://outside.example/' }).end(),
  '/other': (response) => response.writeHead(307, { location: 'http://other.test/plain' }).end(),
  '/busy': (response) => response.writeHead(503, { 'retry-after': '30' }).end('come back later'),
  '/limited': (response) =>
    response.writeHead(429, { 'x-ratelimit-reset': new Date(Date.now() + 60_000).toISOString() }).end(),
  '/gone': (response) => response.writeHead(410).end('x'.repeat(100_000)),
  '/teapot': (response) => response.writeHead(304).end(),
};

before(async () => {
  const answer = (request: SeenRequest, response: ServerResponse) => {
    const hop = /^\/hops\/(\d+)$/.exec(request.url);
    if (hop)
      return void response
        .writeHead(302, { location: Number(hop[1]) > 1 ? `/hops/${Number(hop[1]) - 1}` : '/plain' })
        .end();
    const size = /^\/size\/(\d+)$/.exec(request.url);
    if (size) return void response.end(Buffer.alloc(Number(size[1])));
    (routes[request.url] ?? ((missing) => missing.writeHead(404).end()))(response, request);
  };
  peer = await startPeer(['peer.test'], answer);
  other = await startPeer(['other.test'], answer, { address: '127.77.1.4' });
  raw = await startRawPeer(['raw.test'], (socket) => socket.once('data', () => socket.end('SSH-2.0-nonsense\r\n')));
  canary = await startCanary();
  fetcher = createFetcher(labOf([peer, other, raw, canary]), { clock: systemClock, userAgent });
});

after(async () => {
  await fetcher.close();
  for (const server of [peer, other, raw, canary]) await server.close();
  assert.equal(canary.connections.count, 0, 'the canary was touched');
});

const get = (path: string, options?: FetchOptions) => fetcher.get(`http://peer.test${path}`, options);

async function reasonOf(path: string, options?: FetchOptions): Promise<string> {
  const answer = await get(path, options);
  return answer.ok ? `ok: ${answer.value.body.subarray(0, 20)}` : answer.error.reason;
}

test('a good answer comes with type, body and address', async () => {
  const answer = await get('/plain#main-key');
  assert.ok(answer.ok);
  assert.equal(answer.value.status, 200);
  assert.equal(answer.value.url, 'http://peer.test/plain');
  assert.equal(answer.value.contentType, 'text/plain; charset=utf-8');
  assert.equal(answer.value.body.toString(), 'hello');
  assert.equal(peer.seen.at(-1)!.headers['user-agent'], userAgent);
});

test('bodies are inflated once, and nothing else is guessed', async () => {
  for (const path of ['/gzip', '/br', '/deflate']) assert.equal(await reasonOf(path), 'ok: hello', path);
  for (const path of ['/two', '/lines', '/zstd', '/damaged', '/cut'])
    assert.equal(await reasonOf(path), 'bad-encoding', path);
});

test('the cap counts what comes out', async () => {
  assert.match(await reasonOf('/size/1000', { maxBytes: 1_000 }), /^ok/);
  assert.equal(await reasonOf('/size/1001', { maxBytes: 1_000 }), 'too-big');
  assert.match(await reasonOf(`/size/${limits.fetchedBytes}`), /^ok/);
  assert.equal(await reasonOf(`/size/${limits.fetchedBytes + 1}`), 'too-big');
  assert.ok(bomb.length < 20_000);
  for (const path of ['/bomb', '/declared', '/endless']) assert.equal(await reasonOf(path), 'too-big', path);
});

test('one deadline over everything', async () => {
  for (const path of ['/mute', '/drip']) {
    const start = performance.now();
    assert.equal(await reasonOf(path, { deadlineMs: 60 }), 'timeout', path);
    assert.ok(performance.now() - start < 1_000);
  }
  const abort = new AbortController();
  const waiting = reasonOf('/mute', { signal: abort.signal });
  abort.abort();
  assert.equal(await waiting, 'aborted');
  assert.equal(await reasonOf('/plain', { signal: AbortSignal.abort() }), 'aborted');
});

test('redirects: five are followed, not six, and never in a circle', async () => {
  const answer = await get(`/hops/${limits.redirects}`);
  assert.ok(answer.ok);
  assert.equal(answer.value.url, 'http://peer.test/plain');
  assert.equal(await reasonOf(`/hops/${limits.redirects + 1}`), 'too-many-redirects');
  peer.seen.length = 0;
  assert.equal(await reasonOf('/hops/1000'), 'too-many-redirects');
  assert.equal(peer.seen.length, limits.redirects + 1);
  for (const path of ['/self', '/a', '/nowhere', '/long', '/data', '/file', '/downgrade', '/literal']) {
    assert.equal(await reasonOf(path), 'bad-redirect', path);
  }
  assert.equal(await reasonOf('/canary'), 'blocked-address');
});

test('each hop is signed for its own host', async () => {
  const hops: string[] = [];
  const answer = await get('/other', {
    sign: ({ method, url }) => {
      hops.push(`${method} ${url.href}`);
      return { signature: `for ${url.host}` };
    },
  });
  assert.ok(answer.ok);
  assert.deepEqual(hops, ['GET http://peer.test/other', 'GET http://other.test/plain']);
  assert.equal(peer.seen.at(-1)!.headers.signature, 'for peer.test');
  assert.equal(other.seen.at(-1)!.headers.signature, 'for other.test');
});

test('a hop may be forbidden by the caller', async () => {
  other.seen.length = 0;
  const answer = await get('/other', { mayVisit: (url) => url.hostname !== 'other.test' });
  assert.deepEqual(answer, { ok: false, error: { reason: 'bad-url', detail: 'own-place' } });
  assert.equal(other.seen.length, 0);
});

test('a POST carries its body and is never redirected', async () => {
  const answer = await fetcher.post('http://peer.test/echo', Buffer.from('body'), {
    headers: { 'Content-Type': 'text/plain' },
  });
  assert.ok(answer.ok);
  assert.equal(answer.value.body.toString(), 'body');
  assert.equal(peer.seen.at(-1)!.headers['content-type'], 'text/plain');
  other.seen.length = 0;
  const redirected = await fetcher.post('http://peer.test/other', Buffer.from('secret'));
  assert.ok(!redirected.ok && redirected.error.reason === 'bad-redirect');
  assert.equal(other.seen.length, 0);
});

test('a bad status says which, why and how long to wait', async () => {
  const busy = await get('/busy');
  assert.ok(!busy.ok && busy.error.reason === 'bad-status');
  assert.equal(busy.error.status, 503);
  assert.equal(busy.error.retryAfterMs, 30_000);
  assert.equal(busy.error.text, 'come back later');
  const limited = await get('/limited');
  assert.ok(!limited.ok && limited.error.reason === 'bad-status');
  assert.ok(Math.abs(limited.error.retryAfterMs! - 60_000) < 5_000);
  const gone = await get('/gone');
  assert.ok(!gone.ok && gone.error.reason === 'bad-status');
  assert.equal(gone.error.status, 410);
  assert.equal(gone.error.text.length, 500);
  assert.equal(await reasonOf('/teapot'), 'bad-status');
});

test('what is no HTTP, no name, no address, no URL', async () => {
  const failures: [string, string][] = [
    ['http://raw.test/', 'broken'],
    ['https://unknown.example/', 'name-not-found'],
    ['http://canary.test/', 'blocked-address'],
    ['http://outside.example/', 'bad-url'],
    ['https://127.0.0.1/', 'bad-url'],
    ['http://localhost/', 'bad-url'],
    ['nonsense', 'bad-url'],
    [`http://peer.test:${canary.port}/`, 'refused'],
  ];
  for (const [url, reason] of failures) {
    const answer = await fetcher.get(url);
    assert.ok(!answer.ok && answer.error.reason === reason, `${url}: ${JSON.stringify(answer)}`);
  }
});

test('eight at a time per host; the ninth waits, and is told when we were too busy', async () => {
  const abort = new AbortController();
  const before = peer.seen.length;
  const running = Array.from({ length: limits.fetchesPerHost }, () => reasonOf('/mute', { signal: abort.signal }));
  assert.equal(await reasonOf('/plain', { deadlineMs: 40 }), 'busy');
  assert.equal(peer.seen.length - before, limits.fetchesPerHost);
  const elsewhere = await fetcher.get('http://other.test/plain');
  assert.ok(elsewhere.ok, 'another host has its own slots');
  const waiting = reasonOf('/plain');
  abort.abort();
  assert.deepEqual(new Set(await Promise.all(running)), new Set(['aborted']));
  assert.equal(await waiting, 'ok: hello');
});
