import { type ChildProcess, fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { bodyDigest } from '../src/activitypub/signature/digest.ts';
import { signDraftCavage } from '../src/activitypub/signature/draft-cavage.ts';
import { systemClock } from '../src/base/clock.ts';
import type { LabHost } from '../src/base/net/lab.ts';
import { destinationAt } from '../src/delivery/contract.ts';
import { DeliveryEngine } from '../src/delivery/dispatcher.ts';
import { createThreadSenders } from '../src/delivery/senders.ts';
import { credential, openHealth, TestPlace } from '../src/delivery/testing/place.ts';
import type { SenderData } from '../src/sender.ts';

/**
 * One post to 3,000 servers on loopback, each with an address of its own, plain http, no kept connections: what a delivery costs in CPU, all threads
 * and the database included, against the bound: the same signed POSTs from a loop of raw sockets with nothing around.
 */
const servers = 3_000;
const warmUp = 300;
const rounds = 3;
const body = JSON.stringify({ type: 'Create', content: 'x'.repeat(1_850) });
const nameOf = (i: number) => `s${i}.example`;
const addressOf = (i: number) => `127.77.${100 + Math.floor(i / 250)}.${1 + (i % 250)}`;

/** What one role measured. */
type Measured = { cpuMs: number; wallMs: number; deliveries: number; rssMb: number };

/** Runs the benchmark, prints a table and the numbers as one line of JSON. */
export async function run(): Promise<{ ratio: number; per_second: number; cpu_ms: number; bound_cpu_ms: number }> {
  const world = start('world');
  const port = await new Promise<number>((resolve) => world.once('message', (message) => resolve(Number(message))));
  const results: Record<'bound' | 'ours', Measured[]> = { bound: [], ours: [] };
  try {
    for (let round = 0; round < rounds; round++) {
      for (const role of ['bound', 'ours'] as const) results[role].push(await measure(role, port));
    }
  } finally {
    world.kill();
  }
  const perDelivery = ({ cpuMs, deliveries }: Measured) => cpuMs / deliveries;
  const cpu = (role: 'bound' | 'ours') => median(results[role].map(perDelivery));
  const rate = (role: 'bound' | 'ours') => median(results[role].map((one) => (1_000 * one.deliveries) / one.wallMs));
  const numbers = {
    ratio: round(cpu('ours') / cpu('bound'), 2),
    per_second: round(rate('ours')),
    cpu_ms: round(cpu('ours'), 3),
    bound_cpu_ms: round(cpu('bound'), 3),
  };
  console.log(`${servers} servers, ${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.version}`);
  console.table({
    'the bound: sign and raw sockets': {
      'CPU ms per delivery': numbers.bound_cpu_ms,
      'per second': round(rate('bound')),
      'RSS MB': round(median(results.bound.map(({ rssMb }) => rssMb))),
    },
    'ours: publish, queue, threads, SQLite': {
      'CPU ms per delivery': numbers.cpu_ms,
      'per second': numbers.per_second,
      'RSS MB': round(median(results.ours.map(({ rssMb }) => rssMb))),
    },
  });
  console.log(JSON.stringify(numbers));
  return numbers;
}

function start(role: string, port?: number): ChildProcess {
  const execArgv = [...process.execArgv, '--disable-warning=ExperimentalWarning'];
  return fork(import.meta.filename, [role, `${port ?? ''}`], { execArgv, stdio: 'inherit' });
}

function measure(role: 'bound' | 'ours', port: number): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const child = start(role, port);
    child.once('message', (measured) => resolve(measured as Measured));
    child.once('exit', (code) => code && reject(new Error(`${role} ended with ${code}`)));
  });
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const round = (value: number, digits = 0) => Number(value.toFixed(digits));

/** CPU of the whole process, all threads, while `work` runs. */
async function timed(deliveries: number, work: () => Promise<void>): Promise<Measured> {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  const rssMb = process.memoryUsage().rss / 1e6;
  return { cpuMs: (user + system) / 1_000, wallMs: performance.now() - begun, deliveries, rssMb };
}

/** The world: every address answers 202 and closes nothing. It costs as little as it can, and its CPU is not counted. */
async function serveWorld(): Promise<void> {
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
  const listen = (i: number, port: number) =>
    new Promise<number>((resolve) => {
      const server = createServer({ noDelay: true }, accept);
      server.listen({ port, host: addressOf(i), backlog: 64 }, () => resolve((server.address() as AddressInfo).port));
    });
  const port = await listen(0, 0);
  for (let i = 1; i < servers + warmUp; i++) await listen(i, port);
  process.send?.(port);
}

/** The bound: 64 at a time, sign, connect, write, read the status, close. */
async function measureBound(port: number): Promise<Measured> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const bytes = Buffer.from(body);
  const digest = bodyDigest(bytes);
  const deliver = (i: number) =>
    new Promise<void>((resolve, reject) => {
      const url = new URL(`http://${nameOf(i)}/inbox`);
      const signer = { keyId: credential.keyId, privateKey };
      const signed = signDraftCavage({ method: 'POST', url, body: bytes, digest }, signer, Date.now());
      const lines = Object.entries(signed).map(([name, value]) => `${name}: ${value}\r\n`);
      const head = `POST /inbox HTTP/1.1\r\n${lines.join('')}content-length: ${bytes.length}\r\n\r\n`;
      const socket = connect({ host: addressOf(i), port, noDelay: true });
      socket.on('connect', () => socket.write(Buffer.concat([Buffer.from(head), bytes])));
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
  return timed(servers, () => deliverAll(0, servers));
}

/** Ours: one transaction that plans 3,000 deliveries, then the engine, until each is accepted on disk. */
async function measureOurs(port: number): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'canari-bench-'));
  const labHosts = Array.from(
    { length: servers + warmUp },
    (_, i): LabHost => ({ name: nameOf(i), address: addressOf(i), port, scheme: 'http' }),
  );
  const data: SenderData = { network: { allowNetworks: ['127.77.0.0/16'], labHosts }, userAgent: 'Canari/bench' };
  const entry = new URL('../src/sender.ts', import.meta.url);
  const threads = Math.min(4, availableParallelism());
  const senders = createThreadSenders({ entry, data, threads, clock: systemClock });
  const host = await openHealth();
  const place = await TestPlace.open('bench', systemClock, join(folder, 'place.sqlite'));
  const engine = new DeliveryEngine({ clock: systemClock, senders, health: host.health });
  const lane = place.lane();
  let ended = 0;
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
      const inboxUrl = `http://${nameOf(from + i)}/inbox`;
      return { destination: destinationAt('fediverse', inboxUrl), inboxUrl, priority: 1 as const, weight: i % 100 };
    });
    await place.publish('Create', `post:${from}`, rows);
    engine.wake('bench');
    await all;
  };
  await deliverAll(servers, servers + warmUp);
  const measured = await timed(servers, () => deliverAll(0, servers));
  await engine.stop(1_000);
  await place.close();
  await host.close();
  rmSync(folder, { recursive: true });
  return measured;
}

const [, file, role, port] = process.argv;
if (file === import.meta.filename) {
  if (role === 'world') await serveWorld();
  else if (role === 'bound') process.send?.(await measureBound(Number(port)));
  else if (role === 'ours') process.send?.(await measureOurs(Number(port)));
  else await run();
  if (role === 'bound' || role === 'ours') process.disconnect?.();
}
