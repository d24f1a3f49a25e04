import { availableParallelism, cpus } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Crowd } from '../test/world/crowd.ts';
import { waitFor } from '../test/world/names.ts';
import type { Place } from '../test/world/place.ts';
import { createWorld } from '../test/world/world.ts';
import {
  countDeliveries,
  cpuMs,
  fillFollowers,
  percentile,
  reached,
  round,
  type Said,
  say,
  sleep,
} from './parts/measure.ts';

/**
 * The birthday that Canari comes from: 23,000 followers on 3,000 servers, one post, 100 replies that come in, 100 answers that go out, as fast as
 * they can be written instead of within ten minutes. How many deliveries that makes, what they cost in CPU (the whole process), when the last one
 * has landed, and what a reader of the place notices meanwhile. Mastodon makes about 603,000 of it: 3,000 for each of the 201 posts.
 */
const servers = 3_000;
const followers = 23_000;
const answers = 100;
const goals = { deliveries: 6_500, readsRatio: 3, readsP99Ms: 50 } as const;

/** Runs the benchmark, prints a table and the numbers as one line of JSON. */
export async function run() {
  const world = await createWorld();
  try {
    const crowd = await world.crowd(servers);
    const place = await world.place('wren.example', { person: 'alice' });
    await place.setup();
    fillFollowers(place, { servers, followers });
    await place.start();
    const token = await place.token();
    const reader = startReader(place, token);
    await sleep(3_000);
    const idle = await reader.take();
    const cpuBefore = cpuMs(place.processId());
    const begun = performance.now();
    const post = await say(place, token, {
      status: 'I am fifty today. Tell me about the smallest bird you saw this week.',
    });
    await waitFor('half of the servers', () => reached(crowd, post.uri) > servers / 2, 60_000);
    const replies = await hearReplies(crowd, place, token, post);
    for (const reply of replies) {
      await say(place, token, { status: `@fan@${new URL(reply.uri).host} thank you`, in_reply_to_id: reply.id });
    }
    await waitFor('every delivery', () => countDeliveries(place, 'waiting') === 0, 120_000);
    const lastMs = performance.now() - begun;
    const during = await reader.take();
    const cpu = cpuMs(place.processId()) - cpuBefore;
    await reader.stop();
    return report({ deliveries: countDeliveries(place), cpu, lastMs, idle, during, rssMb: place.rssBytes() / 1e6 });
  } finally {
    await world.end();
  }
}

function report(measured: {
  deliveries: number;
  cpu: number;
  lastMs: number;
  idle: readonly number[];
  during: readonly number[];
  rssMb: number;
}) {
  const idleP99 = percentile(measured.idle, 0.99);
  const p99 = percentile(measured.during, 0.99);
  const numbers = {
    thread: {
      deliveries: measured.deliveries,
      cpu_s: round(measured.cpu / 1e3, 1),
      last_s: round(measured.lastMs / 1e3, 1),
    },
    reads: {
      p50_ms: round(percentile(measured.during, 0.5), 1),
      p99_ms: round(p99, 1),
      ratio: round(p99 / idleP99, 2),
    },
    rss_mb: round(measured.rssMb),
  };
  console.log(
    `${cpus()[0]?.model}, ${availableParallelism()} cores shared with the fake world, Node ${process.version}`,
  );
  console.table({
    [`deliveries of 1 post and ${answers} answers`]: {
      measured: numbers.thread.deliveries,
      goal: `< ${goals.deliveries}`,
    },
    'CPU of the place, s': { measured: numbers.thread.cpu_s, goal: '' },
    'until the last has landed, s': { measured: numbers.thread.last_s, goal: '' },
    'home timeline meanwhile, p50 ms': { measured: numbers.reads.p50_ms, goal: '' },
    'home timeline meanwhile, p99 ms': { measured: numbers.reads.p99_ms, goal: `< ${goals.readsP99Ms}` },
    'p99 against idle': { measured: numbers.reads.ratio, goal: `<= ${goals.readsRatio}` },
    'RSS at the end, MB': { measured: numbers.rss_mb, goal: '' },
  });
  console.log(JSON.stringify(numbers));
  return numbers;
}

/** 100 fans answer; resolves when the place has all of their answers. */
async function hearReplies(crowd: Crowd, place: Place, token: string, post: Said): Promise<Said[]> {
  for (const fan of crowd.fans.slice(0, answers)) {
    const note = fan.note({ content: '<p>happy birthday, a wren</p>', inReplyTo: post.uri });
    const { status } = await fan.send(place.sharedInbox, fan.create(note));
    if (status !== 202) throw new Error(`a reply was answered ${status}`);
  }
  return waitFor(
    'the replies',
    async () => {
      const thread = (await place.ask(`/api/v1/statuses/${post.id}/context`, { token })).json();
      return thread.descendants.length === answers && (thread.descendants as Said[]);
    },
    60_000,
  );
}

/** Somebody who reads the home timeline every 20 ms, in a thread of their own so that this one's work is not measured. */
function startReader(place: Place, token: string) {
  const worker = new Worker(
    `const { Agent, get } = require('node:http');
    const { parentPort, workerData: { address, port, name, token } } = require('node:worker_threads');
    const agent = new Agent({ keepAlive: true });
    let taken = [];
    let stopped = false;
    parentPort.on('message', (what) => {
      parentPort.postMessage(taken);
      taken = [];
      stopped = what === 'stop';
    });
    const read = () => {
      if (stopped) return agent.destroy();
      const begun = performance.now();
      get({ agent, host: address, port, path: '/api/v1/timelines/home?limit=20', headers: { host: name, authorization: 'Bearer ' + token } }, (response) => {
        response.resume().on('end', () => {
          taken.push(performance.now() - begun);
          setTimeout(read, 20);
        });
      }).on('error', () => setTimeout(read, 20));
    };
    read();`,
    { eval: true, workerData: { address: place.address, port: place.port, name: place.name, token } },
  );
  const ask = (what: 'take' | 'stop') =>
    new Promise<number[]>((resolve) => {
      worker.once('message', (taken: number[]) => resolve(taken.sort((a, b) => a - b)));
      worker.postMessage(what);
    });
  return {
    /** Latencies since the last time, milliseconds, sorted. */
    take: () => ask('take'),
    async stop() {
      await ask('stop');
      await worker.terminate();
    },
  };
}
