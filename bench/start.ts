import { rmSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { idAt, idTimeMs } from '../src/base/ids.ts';
import type { AccountId, PostId } from '../src/model/ids.ts';
import { type OpenDatabase, openDatabase } from '../src/store/database.ts';
import type { PlaceTables } from '../src/store/place/tables.ts';
import type { Place } from '../test/world/place.ts';
import { createWorld } from '../test/world/world.ts';
import { cpuMs, round, sleep } from './parts/measure.ts';

/**
 * A place by itself: how long from the command to the first answered page (a new process each time), what it holds in memory when
 * nobody asks anything, and what a home page of 40 from 100,000 entries costs in CPU (all threads, the HTML included).
 */
const starts = 5;
const idleForMs = 8_000;
const home = { entries: 100_000, authors: 500, page: 40, warmUp: 60, requests: 300 } as const;

/** What the issue "A place that federates" asks for; a goal is a bound above. */
const goals = { rss_mb: 120, home_cpu_ms: 15 } as const;

/** Runs the benchmark, prints a table and the numbers as one line of JSON. */
export async function run(): Promise<{ ready_ms: number; rss_mb: number; home_cpu_ms: number }> {
  const world = await createWorld();
  try {
    const place = await world.place('alice.example', { person: 'alice' });
    await place.setup();
    const compiled = join(world.names.folder, 'compiled');
    const uncached = await measureStarts(place, { NODE_COMPILE_CACHE: compiled }, () =>
      rmSync(compiled, { recursive: true, force: true }),
    );
    const cached = await measureStarts(place, { NODE_COMPILE_CACHE: compiled });
    await place.start();
    await sleep(idleForMs);
    const idleBytes = place.rssBytes();
    await place.stop();
    await fillHome(place);
    await place.start();
    const homeCpuMs = await measureHome(place);
    const fullBytes = place.rssBytes();
    const numbers = { ready_ms: round(cached), rss_mb: round(idleBytes / 1e6, 1), home_cpu_ms: round(homeCpuMs, 2) };
    console.log(
      `${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.version}; median of ${starts} starts`,
    );
    console.table({
      'ready, the very first time (nothing compiled), ms': { measured: round(uncached), goal: '' },
      'ready, ms': { measured: numbers.ready_ms, goal: '' },
      [`RSS ${idleForMs / 1000} s after the start, MB`]: { measured: numbers.rss_mb, goal: `< ${goals.rss_mb}` },
      'CPU of a home page, ms': { measured: numbers.home_cpu_ms, goal: `< ${goals.home_cpu_ms}` },
      [`RSS after ${home.requests + home.warmUp} home pages, MB`]: { measured: round(fullBytes / 1e6, 1), goal: '' },
    });
    console.log(JSON.stringify(numbers));
    return numbers;
  } finally {
    await world.end();
  }
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** From the start of the process to the first page that is answered with 200, milliseconds, the median. */
async function measureStarts(place: Place, environment: Record<string, string>, before = () => {}): Promise<number> {
  const measured: number[] = [];
  for (let i = 0; i < starts; i++) {
    before();
    const begun = performance.now();
    await place.start({ environment, firstPage: '/', everyMs: 2 });
    measured.push(performance.now() - begun);
    await place.stop();
  }
  return median(measured);
}

/** CPU of one home page, milliseconds: the mean of many, one after the other, with code that is warm. */
async function measureHome(place: Place): Promise<number> {
  const signedIn = await place.ask('/sign-in', {
    form: { handle: place.person, passphrase: place.passphrase },
    headers: { origin: place.origin, 'sec-fetch-site': 'same-origin' },
  });
  const cookie = signedIn.headers['set-cookie']?.map((one) => one.split(';')[0]).join('; ');
  if (!cookie) throw new Error(`signing in was answered ${signedIn.status}: ${signedIn.text().slice(0, 300)}`);
  const ask = async () => {
    const page = await place.ask('/home', { headers: { cookie } });
    const posts = page.text().match(/<article/g)?.length ?? 0;
    if (page.status !== 200 || posts !== home.page)
      throw new Error(`/home was answered ${page.status} with ${posts} posts`);
  };
  for (let i = 0; i < home.warmUp; i++) await ask();
  const before = cpuMs(place.processId());
  for (let i = 0; i < home.requests; i++) await ask();
  return (cpuMs(place.processId()) - before) / home.requests;
}

/** Fills the person's home: posts of strangers, a fifth of them boosts, a fifth answers, some with pictures and warnings. */
async function fillHome(place: Place): Promise<void> {
  const migrations = join(import.meta.dirname, '../src/store/place/migrations');
  const file = join(place.dataFolder, 'places', place.name, 'place.sqlite');
  const database = await openDatabase<PlaceTables>(file, migrations);
  const person = await database.kysely.selectFrom('people').select('account_id').executeTakeFirstOrThrow();
  // Older than the person's own rows, so that new ids stay the largest.
  const firstMs = idTimeMs(person.account_id) - (home.entries + home.authors + 10) * 1_000;
  database.sqlite.exec('begin');
  await insertAuthors(database, firstMs);
  await insertPosts(database, firstMs, person.account_id);
  database.sqlite.exec('commit');
  database.sqlite.exec('analyze');
  await database.close();
}

const authorId = (firstMs: number, i: number) => idAt(firstMs + i, i) as AccountId;
const hostOf = (i: number) => `s${i}.bench.example`;

async function insertAuthors({ kysely }: OpenDatabase<PlaceTables>, firstMs: number) {
  const rows = Array.from({ length: home.authors }, (_, i) => ({
    id: authorId(firstMs, i),
    uri: `https://${hostOf(i)}/users/a${i}`,
    handle: `a${i}`,
    domain: hostOf(i),
    display_name: `Author ${i}`,
    url: `https://${hostOf(i)}/@a${i}`,
    inbox_url: `https://${hostOf(i)}/users/a${i}/inbox`,
    shared_inbox_url: `https://${hostOf(i)}/inbox`,
    created_at: firstMs,
  }));
  await kysely.insertInto('accounts').values(rows).execute();
}

async function insertPosts({ kysely }: OpenDatabase<PlaceTables>, firstMs: number, personId: AccountId) {
  const batch = 200;
  for (let from = 0; from < home.entries; from += batch) {
    const posts = Array.from({ length: batch }, (_, i) => makePost(firstMs, from + i));
    await kysely.insertInto('posts').values(posts).execute();
    const entries = posts.map(({ id }) => ({ arrival_id: id, person_id: personId, post_id: id }));
    await kysely.insertInto('home_entries').values(entries).execute();
  }
}

const words =
  'a place of one’s own on the wide network where nobody has to shout to be heard and answers arrive in time'.split(
    ' ',
  );

function makePost(firstMs: number, i: number) {
  const idOf = (n: number) => idAt(firstMs + (n + home.authors) * 1_000, n) as PostId;
  const author = (i * 7) % home.authors;
  const uri = `https://${hostOf(author)}/users/a${author}/posts/${i}`;
  const text = Array.from({ length: 20 + (i % 40) }, (_, n) => words[(i + n * 3) % words.length]).join(' ');
  const isBoost = i % 5 === 4;
  const isReply = i % 5 === 3;
  const picture = {
    kind: 'image',
    url: `${uri}.jpg`,
    mediaType: 'image/jpeg',
    description: text.slice(0, 80),
    width: 1200,
    height: 800,
  };
  return {
    id: idOf(i),
    uri,
    url: uri,
    author_id: authorId(firstMs, author),
    audience: 'public',
    boost_of_id: isBoost ? idOf(i - 4) : null,
    content_html: isBoost
      ? ''
      : `<p>${text} <a href="https://example.org/${i}" rel="nofollow noopener">example.org/${i}</a></p>`,
    content_warning: i % 20 === 1 ? 'long' : '',
    language: 'en',
    in_reply_to_id: isReply ? idOf(i - 1) : null,
    in_reply_to_account_id: isReply ? authorId(firstMs, ((i - 1) * 7) % home.authors) : null,
    root_id: isReply ? idOf(i - 1) : idOf(i),
    attachments: !isBoost && i % 10 === 2 ? JSON.stringify([picture]) : '[]',
    published_at: firstMs + (i + home.authors) * 1_000,
  };
}
