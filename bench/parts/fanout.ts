import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, createSecureContext, createServer as createTlsServer } from 'node:tls';
import { bodyDigest } from '../../src/activitypub/signature/digest.ts';
import { signDraftCavage } from '../../src/activitypub/signature/draft-cavage.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { LabHost } from '../../src/base/net/lab.ts';
import { destinationAt } from '../../src/delivery/contract.ts';
import { DeliveryEngine } from '../../src/delivery/dispatcher.ts';
import { createThreadSenders } from '../../src/delivery/senders.ts';
import { credential, openHealth, TestPlace } from '../../src/delivery/testing/place.ts';
import type { SenderData } from '../../src/sender.ts';

/**
 * One post to 3,000 servers on loopback, each with an address of its own: what a delivery costs in CPU, all threads and the database included, against
 * the bound: the same signed POSTs from a loop of raw sockets with nothing around. The world runs in a process of its own and is not counted.
 */
const servers = 3_000;
const warmUp = 300;
const body = JSON.stringify({ type: 'Create', content: 'x'.repeat(1_850) });
const nameOf = (i: number) => `s${i}.bench.example`;
const addressOf = (i: number) => `127.77.${100 + Math.floor(i / 250)}.${1 + (i % 250)}`;

/** Where the servers are: their port, and over https the folder with `ca.pem`, `chain.pem` and `key.pem`. */
type World = { port: number; certificates?: string };
/** What one post cost. */
type Measured = { cpuMs: number; wallMs: number; rssMb: number };
/** `second`: the same servers again at once; `closed`: again, after they have closed what was idle. */
type Round = { bound: Measured; first: Measured; second?: Measured; closed?: Measured };

/** Measures `rounds` times, and prints a table of medians. @returns CPU in ms for each delivery, and how many went out a second. */
export async function measureFanout(scheme: 'http' | 'https', rounds: number) {
  const folder = mkdtempSync(join(tmpdir(), 'canari-bench-'));
  const certificates = scheme === 'https' ? folder : undefined;
  if (certificates) makeCertificates(certificates);
  const world = start('world', { port: 0, certificates });
  const measured: Round[] = [];
  try {
    const port = await new Promise<number>((resolve) => world.once('message', (message) => resolve(Number(message))));
    for (let round = 0; round < rounds; round++) {
      const [bound] = await measure('bound', { port, certificates }, world);
      const [first, second, closed] = await measure('ours', { port, certificates }, world);
      measured.push({ bound: bound!, first: first!, second, closed });
    }
  } finally {
    world.kill();
    rmSync(folder, { recursive: true });
  }
  console.log(`${servers} servers, ${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.version}`);
  const table: Record<string, Record<string, number>> = {};
  const cpu: Partial<Record<keyof Round, number>> = {};
  const rate: Partial<Record<keyof Round, number>> = {};
  for (const [key, words] of rows) {
    const posts = measured.flatMap((one) => one[key] ?? []);
    if (posts.length === 0) continue;
    cpu[key] = median(posts.map(({ cpuMs }) => cpuMs / servers));
    rate[key] = median(posts.map(({ wallMs }) => (1_000 * servers) / wallMs));
    const rssMb = median(posts.map((one) => one.rssMb));
    table[words] = {
      'CPU ms per delivery': round(cpu[key], 3),
      'per second': round(rate[key]),
      'RSS MB': round(rssMb),
    };
  }
  console.table(table);
  return { cpu: cpu as Record<keyof Round, number>, rate: rate as Record<keyof Round, number> };
}

const rows: readonly [keyof Round, string][] = [
  ['bound', 'the bound: sign and raw sockets'],
  ['first', 'ours: publish, queue, threads, SQLite'],
  ['second', 'ours, a second post at once'],
  ['closed', 'ours, after they closed what was idle'],
];

function start(role: string, world: World): ChildProcess {
  const execArgv = [...process.execArgv, '--disable-warning=ExperimentalWarning'];
  return fork(import.meta.filename, [role, JSON.stringify(world)], { execArgv, stdio: 'inherit' });
}

function measure(role: 'bound' | 'ours', where: World, world: ChildProcess): Promise<Measured[]> {
  return new Promise((resolve, reject) => {
    const child = start(role, where);
    child.on('message', (message) => {
      if (message !== 'close') return resolve(message as Measured[]);
      world.once('message', () => child.send('closed'));
      world.send('close');
    });
    child.once('exit', (code) => code && reject(new Error(`${role} ended with ${code}`)));
  });
}

/** A root, an intermediate and a leaf for all names, in the kinds of keys that Let's Encrypt uses. */
function makeCertificates(folder: string): void {
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
  const key = (name: string, curve: string) =>
    openssl('ecparam', '-name', curve, '-genkey', '-noout', '-out', `${name}-key.pem`);
  const certificate = (name: string, subject: string, extensions: string[], issuer?: string) =>
    openssl(
      ...[
        'req',
        '-x509',
        '-new',
        '-key',
        `${name}-key.pem`,
        '-subj',
        `/CN=${subject}`,
        '-days',
        '30',
        '-out',
        `${name}.pem`,
      ],
      ...(issuer ? ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}-key.pem`] : []),
      ...extensions.flatMap((extension) => ['-addext', extension]),
    );
  for (const name of ['ca', 'intermediate']) key(name, 'secp384r1');
  key('leaf', 'prime256v1');
  certificate('ca', 'Bench root', ['keyUsage=critical,keyCertSign,cRLSign']);
  certificate('intermediate', 'Bench', ['keyUsage=critical,keyCertSign,cRLSign'], 'ca');
  certificate(
    'leaf',
    's.bench.example',
    ['basicConstraints=critical,CA:FALSE', 'subjectAltName=DNS:*.bench.example'],
    'intermediate',
  );
  const read = (name: string) => readFileSync(join(folder, `${name}.pem`), 'utf8');
  writeFileSync(join(folder, 'chain.pem'), read('leaf') + read('intermediate'));
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const round = (value: number, digits = 0) => Number(value.toFixed(digits));

/** CPU of the whole process, all threads, while `work` runs. */
async function timed(work: () => Promise<void>): Promise<Measured> {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  const rssMb = process.memoryUsage().rss / 1e6;
  return { cpuMs: (user + system) / 1_000, wallMs: performance.now() - begun, rssMb };
}

/** The world: every address answers 202 and closes nothing. It costs as little as it can, and its CPU is not counted. */
async function serveWorld({ certificates }: World): Promise<void> {
  const answer = Buffer.from('HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n');
  const accept = (socket: Socket) => {
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (data) => {
      text += data.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (text.length < end + 4 + length) return;
      text = '';
      socket.write(answer);
    });
  };
  const open = new Set<Socket>();
  const secure =
    certificates &&
    createTlsServer({ cert: read(certificates, 'chain'), key: read(certificates, 'leaf-key') }, accept).on(
      'tlsClientError',
      () => {},
    );
  const take = (socket: Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    if (secure) secure.emit('connection', socket);
    else accept(socket);
  };
  process.on('message', () => {
    for (const socket of open) socket.destroy();
    process.send?.('closed');
  });
  const listen = (i: number, port: number) =>
    new Promise<number>((resolve) => {
      const server = createServer({ noDelay: true }, take);
      server.listen({ port, host: addressOf(i), backlog: 64 }, () => resolve((server.address() as AddressInfo).port));
    });
  const port = await listen(0, 0);
  for (let i = 1; i < servers + warmUp; i++) await listen(i, port);
  process.send?.(port);
}

/** The bound: 64 at a time, sign, connect, write, read the status, close. */
async function measureBound({ port, certificates }: World): Promise<Measured[]> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const bytes = Buffer.from(body);
  const digest = bodyDigest(bytes);
  const secureContext = certificates ? createSecureContext({ ca: read(certificates, 'ca') }) : undefined;
  const scheme = certificates ? 'https' : 'http';
  const deliver = (i: number) =>
    new Promise<void>((resolve, reject) => {
      const url = new URL(`${scheme}://${nameOf(i)}/inbox`);
      const signer = { keyId: credential.keyId, privateKey };
      const signed = signDraftCavage({ method: 'POST', url, body: bytes, digest }, signer, Date.now());
      const lines = Object.entries(signed).map(([name, value]) => `${name}: ${value}\r\n`);
      const head = `POST /inbox HTTP/1.1\r\n${lines.join('')}content-length: ${bytes.length}\r\n\r\n`;
      const tcp = connect({ host: addressOf(i), port, noDelay: true });
      const socket = secureContext
        ? connectTls({ socket: tcp, servername: nameOf(i), secureContext, ALPNProtocols: ['http/1.1'] })
        : tcp;
      socket.on(secureContext ? 'secureConnect' : 'connect', () =>
        socket.write(Buffer.concat([Buffer.from(head), bytes])),
      );
      socket.on('data', (data) => {
        socket.destroy();
        if (data.toString('latin1', 0, 12) === 'HTTP/1.1 202') resolve();
        else reject(new Error('not accepted'));
      });
      socket.on('error', reject);
    });
  const deliverAll = async (from: number, to: number) => {
    let next = from;
    const lane = async () => {
      while (next < to) await deliver(next++);
    };
    await Promise.all(Array.from({ length: 64 }, lane));
  };
  await deliverAll(servers, servers + warmUp);
  return [await timed(() => deliverAll(0, servers))];
}

/** Ours: one transaction that plans 3,000 deliveries, then the engine, until each is accepted on disk. */
async function measureOurs({ port, certificates }: World): Promise<Measured[]> {
  const scheme = certificates ? 'https' : 'http';
  const folder = mkdtempSync(join(tmpdir(), 'canari-bench-'));
  const labHosts = Array.from(
    { length: servers + warmUp },
    (_, i): LabHost => ({ name: nameOf(i), address: addressOf(i), port, scheme }),
  );
  const extraCa = certificates && read(certificates, 'ca');
  const network = { allowNetworks: ['127.77.0.0/16'], labHosts, ...(extraCa && { extraCa }) };
  const data: SenderData = { network, userAgent: 'Canari/bench' };
  const entry = new URL('../../src/sender.ts', import.meta.url);
  const threads = availableParallelism();
  const senders = createThreadSenders({ entry, data, threads, clock: systemClock });
  const host = await openHealth();
  const place = await TestPlace.open('bench', systemClock, join(folder, 'place.sqlite'));
  const engine = new DeliveryEngine({ clock: systemClock, senders, health: host.health });
  const lane = place.lane();
  let ended = 0;
  let posts = 0;
  let whenAll: { count: number; tell: () => void } | undefined;
  await engine.openLane({
    ...lane,
    prepare: async (claims) => (await lane.prepare(claims)).map((one) => ({ ...one, body })),
    committed: (outcomes) => {
      ended += outcomes.filter(({ state }) => state === 'accepted').length;
      if (whenAll && ended >= whenAll.count) whenAll.tell();
    },
  });
  const deliverAll = async (from: number, to: number) => {
    ended = 0;
    const all = new Promise<void>((tell) => {
      whenAll = { count: to - from, tell };
    });
    const rows = Array.from({ length: to - from }, (_, i) => {
      const inboxUrl = `${scheme}://${nameOf(from + i)}/inbox`;
      return { destination: destinationAt('fediverse', inboxUrl), inboxUrl, priority: 1 as const, weight: i % 100 };
    });
    await place.publish('Create', `post:${posts++}`, rows);
    engine.wake('bench');
    await all;
  };
  await deliverAll(servers, servers + warmUp);
  const all = () => timed(() => deliverAll(0, servers));
  const measured = [await all()];
  if (certificates) {
    measured.push(await all());
    await closeIdle();
    measured.push(await all());
  }
  await engine.stop(1_000);
  await place.close();
  await host.close();
  rmSync(folder, { recursive: true });
  return measured;
}

/** Has the world close its sockets, and lets our side see it. */
async function closeIdle(): Promise<void> {
  const closed = new Promise((resolve) => process.once('message', resolve));
  process.send?.('close');
  await closed;
  await new Promise((resolve) => setTimeout(resolve, 500));
}

const read = (folder: string, name: string) => readFileSync(join(folder, `${name}.pem`), 'utf8');

const [, file, role, text] = process.argv;
if (file === import.meta.filename) {
  const world = JSON.parse(text!) as World;
  if (role === 'world') await serveWorld(world);
  else {
    process.send?.(await (role === 'bound' ? measureBound : measureOurs)(world));
    process.disconnect?.();
  }
}
