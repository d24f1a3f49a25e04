import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { readNetwork } from '../base/net/address.ts';
import type { Person } from '../model/account.ts';
import type { Route } from './route.ts';
import { type Served, serve } from './testing/serve.ts';

/** Writes bytes to the server as they are and reads until it closes. */
function speak({ address }: Served, text: string, keepOpenMs = 0): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(address.port, address.address, () => socket.write(text));
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      answer += chunk;
      if (keepOpenMs === 0 && /\r\n\r\n/.test(answer)) socket.end();
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

const stub = (path: string, more: Partial<Route>): Route => ({
  method: 'GET',
  path,
  who: 'anyone',
  shows: 'nothing',
  answers: 'json',
  handler: ({ address }) => new Response(address),
  ...more,
});

describe('the server', () => {
  let served: Served;
  let release = () => {};
  before(async () => {
    const networks = ['127.77.201.0/24']
      .map((text) => readNetwork(text))
      .flatMap((read) => (read.ok ? [read.value] : []));
    served = await serve({
      address: '127.77.200.2',
      options: { trustedProxies: networks },
      routes: [
        stub('/who', {}),
        stub('/cors', { cors: true }),
        stub('/echo', {
          method: 'POST',
          handler: async ({ readBody }) => new Response(String((await readBody()).byteLength)),
        }),
        stub('/page', { answers: 'page' }),
        stub('/broken', { answers: 'page', handler: () => Promise.reject(new Error('secret words of the engine')) }),
        stub('/full', { handler: () => Promise.reject(Object.assign(new Error('full'), { errcode: 13 })) }),
        stub('/slow', { handler: () => new Promise((resolve) => (release = () => resolve(new Response('done')))) }),
        stub('/raw', { handler: ({ rawHeaders }) => Response.json(rawHeaders) }),
      ],
    });
  });
  after(() => served.stop());
  const hostLine = () => `Host: ${served.address.address}:${served.address.port}`;

  it('knows its place by its exact name only (THREATS 65)', async () => {
    const ask = (lines: string, target = '/who') => speak(served, `GET ${target} HTTP/1.1\r\n${lines}\r\n\r\n`);
    assert.match(await ask(hostLine()), /^HTTP\/1\.1 200/);
    const { address, port } = served.address;
    for (const host of ['evil.example', address, `${address}:1`, `a@${address}:${port}`, '', 'localhost']) {
      assert.match(await ask(`Host: ${host}`), /^HTTP\/1\.1 4(21|00)/, host);
    }
    assert.match(await ask(`${hostLine()}\r\nHost: evil.example`), /^HTTP\/1\.1 4(21|00)/);
    assert.match(await ask(`Host: evil.example\r\n${hostLine()}`), /^HTTP\/1\.1 4(21|00)/);
    assert.match(await ask(hostLine(), 'http://evil.example/who'), /^HTTP\/1\.1 421/);
    assert.match(await ask(hostLine(), `http://${address}:${port}/who`), /^HTTP\/1\.1 200/);
    assert.match(await ask(`Host: evil.example\r\nX-Forwarded-Host: ${address}:${port}`), /^HTTP\/1\.1 421/);
  });

  it('leads somebody who typed the number of this machine to the place on localhost', async () => {
    const local = await serve({ federates: false });
    const ask = (host: string, target: string, method = 'GET') =>
      speak(local, `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    const led = await ask('127.0.0.1:8000', '/start?key=x');
    assert.match(led, /^HTTP\/1\.1 302/);
    assert.ok(
      led.includes(`location: ${local.origin}/start?key=x`) || led.includes(`Location: ${local.origin}/start?key=x`),
      led,
    );
    assert.match(await ask('127.0.0.1:8000', '/start', 'POST'), /^HTTP\/1\.1 421/);
    assert.match(await ask('127.0.0.2:8000', '/'), /^HTTP\/1\.1 421/);
    await local.stop();
  });

  it('believes no forwarded address of a stranger', async () => {
    const answer = await served.ask('/who', { headers: { 'X-Forwarded-For': '1.2.3.4' } });
    assert.match(await answer.text(), /^127\./);
  });

  it('reads no more of a body than its limit (THREATS 43)', async () => {
    const fits = await served.ask('/echo', { method: 'POST', body: 'x'.repeat(512 * 1024) });
    assert.equal(await fits.text(), String(512 * 1024));
    const tooBig = await served.ask('/echo', { method: 'POST', body: 'x'.repeat(512 * 1024 + 1) });
    assert.equal(tooBig.status, 413);
    assert.equal(((await tooBig.json()) as { code: string }).code, 'CANARI_BODY_TOO_BIG');
    const announced = await speak(served, `POST /echo HTTP/1.1\r\n${hostLine()}\r\nContent-Length: 104857600\r\n\r\n`);
    assert.match(announced, /^HTTP\/1\.1 413/);
    assert.match(announced, /connection: close/i);
    const packed = await served.ask('/echo', { method: 'POST', body: 'x', headers: { 'Content-Encoding': 'gzip' } });
    assert.equal(packed.status, 415);
  });

  it('does not let two lengths smuggle a request', async () => {
    const both = `POST /echo HTTP/1.1\r\n${hostLine()}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`;
    assert.match(await speak(served, both), /^HTTP\/1\.1 400/);
    assert.match(
      await speak(served, `GET /who HTTP/1.1\r\n${hostLine()}\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`),
      /^HTTP\/1\.1 431/,
    );
    assert.match(await speak(served, 'nonsense\r\n\r\n'), /^HTTP\/1\.1 400/);
  });

  it('answers HEAD, OPTIONS, wrong methods and unknown paths as it should', async () => {
    const head = await served.ask('/who', { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(await head.text(), '');
    const wrong = await served.ask('/echo');
    assert.equal(wrong.status, 405);
    assert.equal(wrong.headers.get('allow'), 'POST, OPTIONS');
    assert.equal((await served.ask('/api/v1/nothing')).headers.get('content-type'), 'application/json; charset=utf-8');
    assert.match((await served.ask('/nothing')).headers.get('content-type')!, /text\/html/);
    const bare = await served.ask('/who/?x=1');
    assert.equal(bare.status, 308);
    assert.equal(bare.headers.get('location'), `${served.origin}/who?x=1`);
    assert.equal((await served.ask('//evil.example/')).status, 308);
    assert.match((await served.ask('//evil.example/')).headers.get('location')!, /^http:\/\/127\.77\.200\.2:\d+\/evil/);
  });

  it('opens to other origins only what is meant to be', async () => {
    const preflight = await served.ask('/cors', { method: 'OPTIONS' });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-origin'), '*');
    assert.equal((await served.ask('/cors')).headers.get('access-control-allow-origin'), '*');
    assert.equal((await served.ask('/who', { method: 'OPTIONS' })).headers.get('access-control-allow-origin'), null);
    assert.equal((await served.ask('/page')).headers.get('access-control-allow-origin'), null);
  });

  it('says with every answer that nothing may run', async () => {
    for (const path of ['/page', '/who', '/nothing']) {
      const { headers } = await served.ask(path);
      assert.match(
        headers.get('content-security-policy')!,
        /default-src 'none'; style-src 'self'; img-src 'self' data:/,
      );
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.equal(headers.get('referrer-policy'), 'same-origin');
      assert.equal(headers.get('strict-transport-security'), null);
    }
  });

  it('keeps what broke here to itself', async () => {
    const broken = await served.ask('/broken');
    const text = await broken.text();
    assert.equal(broken.status, 500);
    assert.doesNotMatch(text, /secret words/);
    assert.match(text, /Our doing/);
    const full = await served.ask('/full');
    assert.equal(full.status, 503);
    assert.ok(full.headers.get('retry-after'));
  });

  it('hands on every header line as it came', async () => {
    const answer = await speak(
      served,
      `GET /raw HTTP/1.1\r\n${hostLine()}\r\nSignature: one\r\nsignature: two\r\n\r\n`,
    );
    assert.match(answer, /\["Signature","one"\],\["signature","two"\]/);
  });

  it('finishes what is under way when it stops, and takes nothing new', async () => {
    const other = await serve({
      address: '127.77.200.3',
      routes: [
        stub('/slow', { handler: () => new Promise((resolve) => (release = () => resolve(new Response('done')))) }),
      ],
    });
    const under = other.ask('/slow');
    await new Promise((resolve) => setTimeout(resolve, 100));
    const stopped = other.stop();
    await assert.rejects(other.ask('/slow'));
    release();
    assert.equal(await (await under).text(), 'done');
    await stopped;
  });
});

describe('one address', () => {
  it('holds only so many connections (THREATS 71)', async () => {
    const served = await serve({
      address: '127.77.200.4',
      options: { connectionsPerAddress: 3 },
      routes: [stub('/who', {})],
    });
    const { address, port } = served.address;
    const open = await Promise.all(
      [1, 2, 3].map(
        () =>
          new Promise<ReturnType<typeof connect>>((resolve) => {
            const socket = connect(port, address, () => resolve(socket));
          }),
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    await assert.rejects(served.ask('/who'));
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal((await served.ask('/who')).status, 200);
    await served.stop();
  });
});

describe('signing in', () => {
  let served: Served;
  let alice: Person;
  const form = (fields: Record<string, string>, headers: Record<string, string> = {}) => ({
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: { Origin: served.origin, ...headers },
  });
  before(async () => {
    served = await serve({ address: '127.77.200.5' });
    alice = await served.addOwner('alice');
  });
  after(() => served.stop());

  it('sets a cookie that no script sees, and leads only within the place', async () => {
    const right = { handle: '@alice', passphrase: 'four odd words here' };
    const entered = await served.ask('/sign-in', form({ ...right, return_to: '/settings' }));
    assert.equal(entered.status, 303);
    assert.equal(entered.headers.get('location'), '/settings');
    const cookie = entered.headers.getSetCookie().find((line) => line.startsWith('canari='))!;
    assert.match(cookie, /HttpOnly; SameSite=Lax/);
    const away = await served.ask('/sign-in', form({ ...right, return_to: '//evil.example' }));
    assert.equal(away.headers.get('location'), '/home');
    const home = await served.ask('/home', { headers: { Cookie: cookie.split(';')[0]! } });
    assert.equal(home.status, 200);
    assert.equal(home.headers.get('cache-control'), 'private, no-store');
    const sheet = /href="(\/assets\/canari-[^"]+)"/.exec(await home.text())![1]!;
    const plain = await served.ask(sheet, { headers: { 'Accept-Encoding': 'identity, gzip;q=0' } });
    const small = await served.ask(sheet, { headers: { 'Accept-Encoding': 'gzip, deflate, br' } });
    assert.deepEqual([plain.headers.get('content-encoding'), small.headers.get('content-encoding')], [null, 'gzip']);
    assert.equal(await small.text(), await plain.text());
    const styles = await served.ask(sheet, { headers: { Cookie: cookie.split(';')[0]! } });
    assert.match(styles.headers.get('cache-control')!, /^public, .*immutable/);
    assert.equal(styles.headers.get('vary'), 'Accept-Encoding');
  });

  it('refuses a form from another site, and one of another session (THREATS 59)', async () => {
    const { cookie, form: token } = await served.signIn(alice);
    const other = await served.signIn(alice);
    const write = (fields: Record<string, string>, headers: Record<string, string>) =>
      served.ask('/write', form({ text: 'hello', ...fields }, { Cookie: cookie, ...headers }));
    assert.equal((await write({ form: token }, { Origin: 'https://evil.example' })).status, 403);
    assert.equal((await write({ form: token }, { 'Sec-Fetch-Site': 'cross-site' })).status, 403);
    assert.equal((await write({}, {})).status, 403);
    assert.equal((await write({ form: other.form }, {})).status, 403);
    assert.equal((await served.place.store.accounts.find(alice.account.id))!.postsCount, 0);
    assert.equal((await write({ form: token }, {})).status, 303);
    assert.equal((await served.place.store.accounts.find(alice.account.id))!.postsCount, 1);
    assert.equal(
      (await served.ask('/sign-in', form({ handle: 'alice' }, { Origin: 'https://evil.example' }))).status,
      403,
    );
  });

  it('ends with signing out', async () => {
    const { cookie, form: token } = await served.signIn(alice);
    const left = await served.ask('/sign-out', form({ form: token }, { Cookie: cookie }));
    assert.equal(left.status, 303);
    const home = await served.ask('/home', { headers: { Cookie: cookie } });
    assert.equal(home.headers.get('location'), '/sign-in?return_to=%2Fhome');
  });

  it('counts tries that come at the same moment one by one', async () => {
    const other = await serve({ address: '127.77.200.6' });
    await other.addOwner('alice');
    const guess = (passphrase: string) =>
      other.ask('/sign-in', {
        method: 'POST',
        body: new URLSearchParams({ handle: 'alice', passphrase }),
        headers: { Origin: other.origin },
      });
    const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => guess(`a wrong guess, number ${i}`)));
    const statuses = answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [...Array(5).fill(401), ...Array(7).fill(429)]);
    await other.stop();
  });

  it('pauses after wrong tries, also for one who then knows it (THREATS 60)', async () => {
    const wrong = form({ handle: 'alice', passphrase: 'no such words at all' });
    for (let i = 0; i < 5; i++) assert.equal((await served.ask('/sign-in', wrong)).status, 401);
    const forged = form({ handle: 'alice', passphrase: 'four odd words here' }, { 'X-Forwarded-For': '1.2.3.4' });
    assert.equal((await served.ask('/sign-in', forged)).status, 429);
    assert.equal(
      (await served.ask('/recover', form({ handle: 'alice', code: 'x', passphrase: 'four odd words here' }))).status,
      429,
    );
  });
});
