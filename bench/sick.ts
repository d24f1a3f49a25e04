import { availableParallelism, cpus } from 'node:os';
import { waitFor } from '../test/world/names.ts';
import { createWorld } from '../test/world/world.ts';
import { fillFollowers, reached, round, say } from './parts/measure.ts';

/**
 * One post to 1,000 servers, all healthy, and one when a tenth is dead, a tenth takes the connection and never answers, and a twentieth each
 * answers 500 and 429: what the sick ones cost the healthy ones. With one shared pool of senders they cost ten times the time (promise 3).
 */
const servers = 1_000;
const goal = 1.1;
const rounds = 3;

/** Runs the benchmark, prints a table and the numbers as one line of JSON. */
export async function run() {
  const healthy: number[] = [];
  const sick: number[] = [];
  const memory: { healthy: number; sick: number }[] = [];
  for (let i = 0; i < rounds; i++) {
    const measured = await measure();
    healthy.push(measured.healthyMs);
    sick.push(measured.sickMs);
    memory.push({ healthy: measured.healthyRss, sick: measured.sickRss });
  }
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
  const numbers = {
    ratio: round(median(sick) / median(healthy), 2),
    rss_mb_extra: round(median(memory.map((one) => one.sick - one.healthy)) / 1e6),
  };
  console.log(
    `${servers} servers, ${cpus()[0]?.model}, ${availableParallelism()} cores shared with the fake world, Node ${process.version}`,
  );
  console.table({
    'the healthy 70 %, all around them healthy, ms': { measured: round(median(healthy)), goal: '' },
    'the healthy 70 %, the others sick, ms': { measured: round(median(sick)), goal: '' },
    'sick / healthy': { measured: numbers.ratio, goal: `<= ${goal}` },
    'more memory, MB': { measured: numbers.rss_mb_extra, goal: 'flat' },
  });
  console.log(JSON.stringify(numbers));
  return numbers;
}

/** A fresh world and place for both posts of a round: what was learnt of the sick ones in one must not help in the next. */
async function measure() {
  const healthy = await measureOne(false);
  const sick = await measureOne(true);
  return { healthyMs: healthy.ms, healthyRss: healthy.rss, sickMs: sick.ms, sickRss: sick.rss };
}

async function measureOne(isSick: boolean): Promise<{ ms: number; rss: number }> {
  const world = await createWorld();
  try {
    const crowd = await world.crowd(servers);
    const names = [...crowd.received.keys()];
    const part = servers / 20;
    if (isSick) {
      // Nobody listens on port 9 of an address of its own.
      const nobody = world.names.nextAddress();
      for (const name of names.slice(0, 2 * part)) world.names.add(name, nobody, 9);
      for (const name of names.slice(2 * part, 4 * part)) crowd.tarpits.add(name);
      for (const name of names.slice(4 * part, 5 * part)) crowd.statuses.set(name, 500);
      for (const name of names.slice(5 * part, 6 * part)) crowd.statuses.set(name, 429);
    }
    const place = await world.place('wren.example', { person: 'alice' });
    await place.setup();
    fillFollowers(place, { servers, followers: servers });
    await place.start();
    const token = await place.token();
    const well = new Set(names.slice(6 * part));
    const begun = performance.now();
    const post = await say(place, token, { status: 'to whoever is well' });
    await waitFor('the healthy ones', () => reached(crowd, post.uri, well) === well.size, 60_000, 5);
    const ms = performance.now() - begun;
    const rss = place.rssBytes();
    await place.kill();
    return { ms, rss };
  } finally {
    await world.end();
  }
}
