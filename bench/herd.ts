import { type ChildProcess, fork } from 'node:child_process';
import { Agent, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { availableParallelism, cpus } from 'node:os';
import type { Place } from '../test/world/place.ts';
import { createWorld } from '../test/world/world.ts';
import { cpuMs, fillFollowers, percentile, round, say } from './parts/measure.ts';

/**
 * The herd that comes back: after a post, thousands of servers fetch the actor and the post. What such a GET costs in CPU, against a bare `node:http`
 * server that answers the same bytes, and how long the slowest of them wait while the post is still being delivered to 3,000 servers.
 */
const requests = 6_000;
const warmUp = 500;
const atOnce = 32;
const servers = 3_000;
const goals = { ratio: 0.5, p99Ms: 100 } as const;
const accept = 'application/activity+json';

interface Where {
  readonly address: string;
  readonly port: number;
  readonly host: string;
  readonly paths: readonly string[];
}

/** Runs the benchmark, prints a table and the numbers as one line of JSON. */
export async function run() {
  const world = await createWorld();
  let bare: ChildProcess | undefined;
  try {
    await world.crowd(servers);
    const place = await world.place('wren.example', { person: 'alice' });
    await place.setup();
    fillFollowers(place, { servers, followers: servers });
    await place.start();
    const token = await place.token();
    const actor = new URL((await place.actor()).id).pathname;
    const open = await say(place, token, { status: 'come and fetch me' });
    const delivering = await ask(whereOf(place, [actor, new URL(open.uri).pathname]), requests);
    await sleepUntilIdle(place);
    const ours = await measure(whereOf(place, [actor, new URL(open.uri).pathname]), place.processId());
    const documents = await Promise.all(
      [actor, new URL(open.uri).pathname].map((path) => place.ask(path, { headers: { accept } })),
    );
    bare = fork(import.meta.filename, ['bare', ...documents.map((one) => one.text())]);
    const port = await new Promise<number>((resolve) => bare!.once('message', (message) => resolve(Number(message))));
    const bound = await measure({ address: '127.77.250.1', port, host: 'bare', paths: ['/0', '/1'] }, bare.pid!);
    const errors = delivering.errors + ours.errors;
    const numbers = {
      p99_ms: round(percentile(delivering.latencies, 0.99), 1),
      errors,
      ratio: round(bound.cpuMs / ours.cpuMs, 2),
    };
    console.log(
      `${cpus()[0]?.model}, ${availableParallelism()} cores shared with those who ask, Node ${process.version}`,
    );
    console.table({
      'CPU of a GET, ours, ms': { measured: round(ours.cpuMs, 3), goal: '' },
      'CPU of a GET, bare node:http, ms': { measured: round(bound.cpuMs, 3), goal: '' },
      'GETs per CPU second, ours / bare': { measured: numbers.ratio, goal: `>= ${goals.ratio}` },
      'p99 while delivering, ms': { measured: numbers.p99_ms, goal: `< ${goals.p99Ms}` },
      'answers that were not 200': { measured: errors, goal: '0' },
    });
    console.log(JSON.stringify(numbers));
    return numbers;
  } finally {
    bare?.kill();
    await world.end();
  }
}

const whereOf = (place: Place, paths: readonly string[]): Where => ({
  address: place.address,
  port: place.port,
  host: place.name,
  paths,
});

/** Until the place has used no CPU for half a second. */
async function sleepUntilIdle(place: Place) {
  for (let before = -1, now = 0; before !== now; ) {
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 500));
    now = cpuMs(place.processId());
  }
}

async function measure(where: Where, processId: number) {
  await ask(where, warmUp);
  const before = cpuMs(processId);
  const { errors } = await ask(where, requests);
  return { cpuMs: (cpuMs(processId) - before) / requests, errors };
}

/** Asks the paths in turn, `atOnce` at a time over kept connections. Latencies in milliseconds, sorted. */
async function ask({ address, port, host, paths }: Where, count: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const latencies: number[] = [];
  let errors = 0;
  let next = 0;
  const askOne = (path: string) =>
    new Promise<void>((resolve) => {
      const begun = performance.now();
      get({ agent, host: address, port, path, headers: { host, accept } }, (response) => {
        if (response.statusCode !== 200) errors += 1;
        response.resume().on('end', () => {
          latencies.push(performance.now() - begun);
          resolve();
        });
      }).on('error', () => {
        errors += 1;
        resolve();
      });
    });
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < count) await askOne(paths[next++ % paths.length]!);
    }),
  );
  agent.destroy();
  return { latencies: latencies.sort((a, b) => a - b), errors };
}

/** The bound: a server that knows two answers. */
if (process.argv[2] === 'bare') {
  const bodies = process.argv.slice(3).map((text) => Buffer.from(text));
  const server = createServer((request, response) => {
    const body = bodies[Number(request.url?.slice(1))]!;
    response.writeHead(200, { 'content-type': accept, 'content-length': body.length }).end(body);
  });
  server.listen(0, '127.77.250.1', () => process.send?.((server.address() as AddressInfo).port));
}
