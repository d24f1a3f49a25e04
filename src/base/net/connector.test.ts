import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { Agent, request } from 'undici';
import { failed, ok } from '../result.ts';
import { type ConnectReason, type ConnectRequest, createConnector, publicNetwork } from './connector.ts';
import { type FakePeer, labCa, labNetwork, labOf, startCanary, startPeer, startRawPeer } from './fake-peer.ts';
import { TlsSessions } from './tls-sessions.ts';

const peer = await startPeer(['plain.peer.test'], (_, response) => response.end('hello'));
const safe = await startPeer(['safe.peer.test'], (_, response) => response.end('hello'), { scheme: 'https' });
const canary = await startCanary();
const open: FakePeer[] = [peer, safe, canary];
after(async () => {
  for (const server of open) await server.close();
  assert.equal(canary.connections.count, 0, 'the canary was touched');
});

const http = (host: string, more: Partial<ConnectRequest> = {}): ConnectRequest => ({
  host,
  port: 80,
  tls: false,
  scheme: 'http',
  ...more,
});
const https = (host: string, more: Partial<ConnectRequest> = {}) =>
  http(host, { port: 443, tls: true, scheme: 'https', ...more });

/** A connector whose DNS gives these addresses, call after call; on the port of the canary. */
function connectorWith(...answers: string[][]) {
  const asked: string[] = [];
  const resolver = async (name: string) => {
    asked.push(name);
    return ok(answers[Math.min(asked.length, answers.length) - 1]!);
  };
  return { asked, connector: createConnector({ allowNetworks: [labNetwork], labHosts: [] }, { resolver }) };
}

async function reasonOf(
  connector: ReturnType<typeof createConnector>,
  wanted: ConnectRequest,
): Promise<ConnectReason | 'open'> {
  const opened = await connector.connect(wanted);
  if (opened.ok) opened.value.destroy();
  return opened.ok ? 'open' : opened.error.reason;
}

test('a name that leads to a forbidden address is refused before any packet', async () => {
  const forbidden = [
    '127.0.0.1',
    '::1',
    '0.0.0.0',
    '::',
    '10.1.2.3',
    '169.254.169.254',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
  ];
  for (const address of [...forbidden, '::ffff:127.77.1.1', '2002:7f00:1::', 'fe80::1', '0x7f.1', 'localhost']) {
    const { connector } = connectorWith([address]);
    assert.equal(await reasonOf(connector, https('evil.example', { port: canary.port })), 'blocked-address', address);
  }
});

test('one forbidden address spoils a mixed answer', async () => {
  for (const addresses of [
    ['127.77.1.1', '127.0.0.1'],
    ['127.0.0.1', '127.77.1.1'],
    ['127.77.1.1', '::1'],
  ]) {
    const { connector } = connectorWith(addresses);
    assert.equal(
      await reasonOf(connector, http('mixed.example', { scheme: 'smtp', port: peer.port })),
      'blocked-address',
    );
  }
});

test('a name is resolved once per connection, so a second answer changes nothing', async () => {
  const { connector, asked } = connectorWith(['127.77.1.1'], ['127.0.0.1']);
  const opened = await connector.connect(http('rebind.example', { scheme: 'smtp', port: peer.port }));
  assert.ok(opened.ok);
  assert.equal(opened.value.remoteAddress, '127.77.1.1');
  opened.value.destroy();
  assert.deepEqual(asked, ['rebind.example']);
  assert.equal(
    await reasonOf(connector, http('rebind.example', { scheme: 'smtp', port: peer.port })),
    'blocked-address',
  );
});

test('names and schemes that are not spoken to ask no resolver', async () => {
  const { connector, asked } = connectorWith(['127.77.1.1']);
  for (const host of [
    '127.0.0.1',
    '127.77.1.1',
    '[::1]',
    'localhost',
    'x.localhost',
    'intranet',
    'UPPER.example',
    'x.onion',
  ]) {
    assert.equal(await reasonOf(connector, https(host)), 'bad-host', host);
  }
  assert.equal(await reasonOf(connector, http('plain.example')), 'bad-host');
  assert.deepEqual(asked, []);
});

test('the laboratory is the whole DNS, and its addresses are checked as well', async () => {
  const connector = createConnector(labOf([peer], { labHosts: [...peer.hosts, ...canary.hosts] }));
  assert.equal(await reasonOf(connector, http('plain.peer.test')), 'open');
  assert.equal(await reasonOf(connector, http('plain.peer.test', { port: peer.port })), 'open');
  assert.equal(await reasonOf(connector, http('canary.test')), 'blocked-address');
  assert.equal(await reasonOf(connector, https('elsewhere.example')), 'name-not-found');
  assert.equal(await reasonOf(connector, https('plain.peer.test')), 'bad-host');
  assert.equal(
    await reasonOf(createConnector({ allowNetworks: [], labHosts: peer.hosts }), http('plain.peer.test')),
    'blocked-address',
  );
});

test('a second address is tried when the first is dead', async () => {
  const { connector } = connectorWith(['127.77.1.9', '127.77.1.1']);
  assert.equal(await reasonOf(connector, http('two.example', { scheme: 'smtp', port: peer.port })), 'open');
  const dead = connectorWith(['127.77.1.9']);
  assert.equal(await reasonOf(dead.connector, http('dead.example', { scheme: 'smtp', port: peer.port })), 'refused');
});

test('why a name has no address is told apart', async () => {
  for (const reason of ['name-not-found', 'resolver-failed'] as const) {
    const connector = createConnector(publicNetwork, { resolver: async () => failed(reason) });
    assert.equal(await reasonOf(connector, https('a.example')), reason);
  }
  const connector = createConnector(publicNetwork, { resolver: async () => ok([]) });
  assert.equal(await reasonOf(connector, https('a.example')), 'name-not-found');
});

test('TLS: certificate checked, name checked, stall timed out, plain server told apart', async () => {
  const expired = await startPeer(['old.peer.test'], () => {}, {
    scheme: 'https',
    isExpired: true,
    address: '127.77.1.3',
  });
  const stall = await startRawPeer(['stall.peer.test'], () => {}, { scheme: 'https' });
  const plain = await startRawPeer(['http.peer.test'], (socket) => socket.end('HTTP/1.1 400 Bad\r\n\r\n'), {
    scheme: 'https',
  });
  const shut = await startRawPeer(['shut.peer.test'], (socket) => socket.destroy(), { scheme: 'https' });
  open.push(expired, stall, plain, shut);
  const wrongName = { ...safe.hosts[0]!, name: 'other.example' };
  const network = labOf([safe, expired, stall, plain, shut]);
  const connector = createConnector({ ...network, labHosts: [...network.labHosts, wrongName] });
  assert.equal(await reasonOf(connector, https('safe.peer.test')), 'open');
  assert.equal(await reasonOf(connector, https('old.peer.test')), 'tls');
  assert.equal(await reasonOf(connector, https('other.example')), 'tls');
  assert.equal(await reasonOf(connector, https('http.peer.test')), 'tls');
  assert.equal(await reasonOf(connector, https('shut.peer.test')), 'refused');
  assert.equal(await reasonOf(connector, https('stall.peer.test', { timeoutMs: 50 })), 'timeout');
  assert.equal(await reasonOf(createConnector({ ...network, extraCa: undefined }), https('safe.peer.test')), 'tls');
});

test('a TLS session is resumed, also by another pool', async () => {
  const connector = createConnector(labOf([safe]));
  const first = await connector.connect(https('safe.peer.test'));
  assert.ok(first.ok);
  await new Promise((resolve) => first.value.once('session', resolve));
  first.value.destroy();
  const second = await connector.connect(https('safe.peer.test'));
  assert.ok(second.ok);
  assert.ok((second.value as TLSSocket).isSessionReused());
  second.value.destroy();
});

test('a slow resolver and a caller that gives up end the wait', async () => {
  const never = createConnector(publicNetwork, { resolver: () => new Promise(() => {}) });
  assert.equal(await reasonOf(never, https('slow.example', { timeoutMs: 20 })), 'timeout');
  const abort = new AbortController();
  const waiting = reasonOf(never, https('slow.example', { signal: abort.signal }));
  abort.abort();
  assert.equal(await waiting, 'aborted');
  assert.equal(await reasonOf(never, https('slow.example', { signal: AbortSignal.abort() })), 'aborted');
});

test('raw sockets find their own line of the laboratory', async () => {
  const mail = await startRawPeer(['plain.peer.test'], (socket) => socket.end('220 hello\r\n'), { scheme: 'smtp' });
  open.push(mail);
  const connector = createConnector(labOf([peer, mail]));
  const opened = await connector.connect({ host: 'plain.peer.test', port: 25, tls: false, scheme: 'smtp' });
  assert.ok(opened.ok);
  assert.equal(opened.value.remotePort, mail.port);
  opened.value.destroy();
  assert.equal(await reasonOf(connector, http('plain.peer.test', { scheme: 'smtps', port: 465 })), 'name-not-found');
});

test('options survive a structured clone, and undici speaks through the guard', async () => {
  const connector = createConnector(structuredClone(labOf([peer, safe, canary])));
  const agent = new Agent({ connect: connector.undiciConnect as never });
  for (const url of ['http://plain.peer.test/', 'https://safe.peer.test/']) {
    assert.equal(await (await request(url, { dispatcher: agent })).body.text(), 'hello');
  }
  for (const url of [
    'http://canary.test/',
    `http://127.0.0.1:${canary.port}/`,
    `http://[::1]:${canary.port}/`,
    `http://localhost:${canary.port}/`,
  ]) {
    await assert.rejects(request(url, { dispatcher: agent }), { name: 'ConnectError' }, url);
  }
  await agent.destroy();
});

test('settings that are no network are refused at once', () => {
  assert.throws(() => createConnector({ allowNetworks: ['127.0.0.1'], labHosts: [], extraCa: labCa() }));
});

test('sessions are bounded, the least recently used one leaves', () => {
  const sessions = new TlsSessions(2);
  sessions.save('a', Buffer.from('a'));
  sessions.save('b', Buffer.from('b'));
  assert.ok(sessions.find('a'));
  sessions.save('c', Buffer.from('c'));
  assert.equal(sessions.size, 2);
  assert.equal(sessions.find('b'), undefined);
  assert.ok(sessions.find('a') && sessions.find('c'));
  sessions.forget('a');
  assert.equal(sessions.find('a'), undefined);
});
