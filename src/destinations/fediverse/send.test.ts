import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { readPublicKey } from '../../activitypub/signature/keys.ts';
import { headerPairs } from '../../activitypub/signature/request.ts';
import { checkSignature, readSignature } from '../../activitypub/signature/verify.ts';
import { systemClock } from '../../base/clock.ts';
import { createConnector } from '../../base/net/connector.ts';
import type { LabHost } from '../../base/net/lab.ts';
import { type Credential, type DestinationKind, destinationAt, type Parcel } from '../../delivery/contract.ts';
import { type Behaviour, testDestinationKind } from '../conformance.ts';
import { createFediverse } from './send.ts';

const address = '127.77.40.1';
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const credential: Credential = { keyId: 'https://place.example/users/1#main-key', privateKey };
const body = JSON.stringify({ type: 'Create', content: 'Bonjour à toutes et à tous' });

type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

/** A peer on loopback, a raw one for what is no HTTP, and the kind that speaks to them through the guard. */
async function open(answers: Record<string, Answer> = {}, keptBytes?: number) {
  let written = 0;
  const requests: IncomingMessage[] = [];
  const sockets = new Set<Socket>();
  const behaviours: Record<string, Answer> = {
    accepts: (_, response) => response.writeHead(202).end('ok'),
    refuses: (_, response) => response.writeHead(422).end('<h1>No</h1>\u0000\n<p>for ever</p>'),
    'asks-to-wait': (_, response) => response.writeHead(429, { 'retry-after': '60' }).end('{"error":"Too many"}'),
    'is-broken': (_, response) => response.writeHead(500).end('oops'),
    'never-answers': () => {},
    'answers-without-end': (_, response) => {
      response.writeHead(500);
      const more = () => {
        if (!response.destroyed && written < 50_000_000) {
          written += 65_536;
          response.write(Buffer.alloc(65_536, 'x'), more);
        }
      };
      more();
    },
    ...answers,
  };
  const server = createServer((request, response) => {
    requests.push(request);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => behaviours[request.url!.slice(1)]?.(request, response, Buffer.concat(chunks)));
  });
  const raw = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      if (data.includes('/talks-nonsense')) socket.end('SSH-2.0-OpenSSH_9.2\r\n\r\n');
      else socket.destroy();
    });
  });
  for (const one of [server, raw]) {
    one.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => one.listen(0, address, resolve));
  }
  const line = (name: string, port: number): LabHost => ({ name, address, port, scheme: 'http' });
  const labHosts = [
    line('peer.example', (server.address() as AddressInfo).port),
    line('other.example', (server.address() as AddressInfo).port),
    line('raw.example', (raw.address() as AddressInfo).port),
    line('absent.example', 9),
  ];
  const connector = createConnector({ allowNetworks: ['127.77.0.0/16'], labHosts });
  const kind: DestinationKind = createFediverse({
    connector,
    clock: systemClock,
    userAgent: 'Canari/test',
    ...(keptBytes && { keptBytes }),
  });
  const hostOf: Partial<Record<Behaviour, string>> = {
    'closes-at-once': 'raw.example',
    'talks-nonsense': 'raw.example',
    'is-not-there': 'absent.example',
  };
  const parcelTo = (url: string, deadlineMs = 5_000, habit?: string): Parcel => ({
    attemptId: 1,
    deliveryId: '1000000000000000001',
    destination: destinationAt('fediverse', url),
    address: url,
    bodyId: '1000000000000000002',
    body,
    lane: 'place.example',
    sender: '1',
    deadlineMs,
    ...(habit && { habit }),
  });
  return {
    kind,
    credential,
    requests,
    sockets,
    parcelTo,
    parcelFor: (behaviour: Behaviour, deadlineMs: number) =>
      parcelTo(`http://${hostOf[behaviour] ?? 'peer.example'}/${behaviour}`, deadlineMs),
    send: (url: string, habit?: string) =>
      kind.send(parcelTo(url, 5_000, habit), credential, new AbortController().signal),
    writtenBytes: () => written,
    async close() {
      await kind.close();
      for (const socket of sockets) socket.destroy();
      await Promise.all([server, raw].map((one) => new Promise((resolve) => one.close(resolve))));
    },
  };
}

testDestinationKind('fediverse', () => open());

/** Whether a request is signed right, by our own reader of incoming requests. */
function formOf(request: IncomingMessage, bytes: Buffer): string {
  const read = readSignature(
    {
      method: request.method!,
      target: request.url!,
      host: 'peer.example',
      scheme: 'http',
      headers: headerPairs(request.rawHeaders),
      body: bytes,
    },
    Date.now(),
  );
  assert.ok(read.ok, read.ok ? '' : read.error);
  const key = readPublicKey(publicKey.export({ type: 'spki', format: 'pem' }).toString());
  assert.ok(key.ok && checkSignature(read.value, key.value).ok, 'the signature is right');
  assert.equal(read.value.keyId, credential.keyId);
  return read.value.form;
}

test('a POST is signed in the form that every peer reads, over body and host', async () => {
  let form = '';
  const world = await open({
    accepts: (request, response, bytes) => {
      form = formOf(request, bytes);
      assert.equal(bytes.toString(), body);
      assert.equal(request.headers['user-agent'], 'Canari/test');
      assert.equal(request.headers['content-type'], 'application/activity+json');
      response.writeHead(202).end();
    },
  });
  assert.deepEqual(await world.send('http://peer.example/accepts'), { outcome: 'accepted' });
  assert.equal(form, 'draft-cavage');
  await world.close();
});

test('a peer that only reads RFC 9421 gets a second knock, and the first one next time', async () => {
  const forms: string[] = [];
  const world = await open({
    modern: (request, response, bytes) => {
      forms.push(formOf(request, bytes));
      response.writeHead(forms.at(-1) === 'rfc9421' ? 202 : 401).end('signature not understood');
    },
  });
  const first = await world.send('http://peer.example/modern');
  assert.deepEqual(first, { outcome: 'accepted', habit: 'rfc9421' });
  assert.deepEqual(await world.send('http://peer.example/modern', 'rfc9421'), { outcome: 'accepted' });
  assert.deepEqual(forms, ['draft-cavage', 'rfc9421', 'rfc9421']);
  await world.close();
});

test('one that refuses both forms is asked a few times more, not for ever', async () => {
  const world = await open({ no: (_, response) => response.writeHead(401).end('{"error":"Request not signed"}') });
  const verdict = await world.send('http://peer.example/no');
  assert.deepEqual(verdict, {
    outcome: 'later',
    scope: 'delivery',
    code: 'unauthorised',
    whose: 'theirs',
    words: 'HTTP 401: Request not signed',
    tries: 4,
  });
  assert.equal(world.requests.length, 2);
  await world.close();
});

test('a redirect is not followed', async () => {
  const world = await open({
    moved: (_, response) => response.writeHead(307, { location: 'http://peer.example/accepts' }).end(),
  });
  const verdict = await world.send('http://peer.example/moved');
  assert.ok(verdict.outcome === 'later' && verdict.code === 'redirected');
  assert.equal(world.requests.length, 1);
  await world.close();
});

test('private addresses, foreign schemes and names outside the laboratory are never connected to', async () => {
  const world = await open();
  for (const url of [
    'http://127.0.0.1/inbox',
    'https://peer.example/inbox',
    'ftp://peer.example/',
    'http://u@peer.example/',
  ]) {
    const verdict = await world.send(url);
    assert.ok(verdict.outcome === 'refused' && verdict.code === 'forbidden-address', url);
  }
  const unknown = await world.send('https://elsewhere.example/inbox');
  assert.ok(unknown.outcome === 'later' && unknown.code === 'no-such-host');
  assert.equal(world.requests.length, 0);
  await world.close();
});

test('an accepted answer without end does not hold the verdict up, and its socket is closed', async () => {
  const world = await open({
    drip: (_, response) => {
      response.writeHead(202, { 'content-length': '1000000' });
      response.write('a');
    },
  });
  const begun = performance.now();
  assert.equal((await world.send('http://peer.example/drip')).outcome, 'accepted');
  assert.ok(performance.now() - begun < 1_000);
  const closed = () => world.sockets.size === 0;
  for (let i = 0; i < 300 && !closed(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(closed(), 'the socket is closed after 2 s');
  await world.close();
});

test('a kept socket that the peer has closed costs a second connection, not the delivery', async () => {
  let seen = 0;
  const world = await open({
    fickle: (request, response) => {
      seen += 1;
      // The second request on a kept connection meets a socket that is being closed.
      if (seen === 2) request.socket.destroy();
      else response.writeHead(202).end();
    },
  });
  assert.equal((await world.send('http://peer.example/fickle')).outcome, 'accepted');
  assert.equal((await world.send('http://peer.example/fickle')).outcome, 'accepted');
  assert.equal(seen, 3);
  await world.close();
});

test('an answer that can be read in two ways is none, and its socket is closed', async () => {
  const twofold = 'HTTP/1.1 202 Ok\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
  const world = await open({ twofold: (request) => request.socket.write(twofold) });
  const verdict = await world.send('http://peer.example/twofold');
  assert.ok(verdict.outcome === 'later' && verdict.code === 'unreadable' && verdict.scope === 'destination');
  for (let i = 0; i < 100 && world.sockets.size > 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(world.sockets.size, 0);
  await world.close();
});

test('a socket is used again, unless something stood behind its last answer', async () => {
  const ports = new Set<number>();
  const world = await open({
    plain: (request, response) => {
      ports.add(request.socket.remotePort!);
      response.writeHead(202).end();
    },
    talkative: (request) => {
      request.socket.write(
        'HTTP/1.1 202 Ok\r\nContent-Length: 0\r\n\r\nHTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n',
      );
    },
  });
  for (let i = 0; i < 3; i++) await world.send('http://peer.example/plain');
  assert.equal(ports.size, 1);
  assert.deepEqual(await world.send('http://peer.example/talkative'), { outcome: 'accepted' });
  assert.deepEqual(await world.send('http://peer.example/plain'), { outcome: 'accepted' });
  assert.equal(ports.size, 2);
  await world.close();
});

test('an attempt that is given up while it waits for an answer closes its socket', async () => {
  const world = await open();
  const verdict = await world.kind.send(
    world.parcelTo('http://peer.example/never-answers', 100),
    world.credential,
    new AbortController().signal,
  );
  assert.ok(verdict.outcome === 'later' && verdict.code === 'too-slow');
  for (let i = 0; i < 100 && world.sockets.size > 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(world.sockets.size, 0);
  await world.close();
});

test('when there is no room, a connection that was used again stays and a new one leaves', async () => {
  const ports: Record<string, number[]> = {};
  const note: Answer = (request, response) => {
    ports[request.headers.host!] ??= [];
    ports[request.headers.host!]!.push(request.socket.remotePort!);
    response.writeHead(202).end();
  };
  const world = await open({ note }, 20_000);
  for (let round = 0; round < 3; round++) {
    for (const host of ['peer.example', 'other.example']) await world.send(`http://${host}/note`);
  }
  assert.equal(new Set(ports['peer.example']).size, 1);
  assert.equal(new Set(ports['other.example']).size, 3);
  await world.close();
});
