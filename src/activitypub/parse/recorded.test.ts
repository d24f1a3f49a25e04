import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Activity, Object as VocabObject } from '@fedify/vocab';
import { preloadedContexts } from '@fedify/vocab-runtime';
import { type JsonObject, parseJsonObject } from '../../base/json.ts';
import { htmlToText } from '../../text/html.ts';
import { readActivity } from './activity.ts';
import { isActor, readActor } from './actor.ts';
import { audienceOf } from './addressing.ts';
import { isPost, readPost } from './post.ts';

/** Documents of real servers: those recorded elsewhere when the folder is there, and our own. */
const root = new URL('../../../', import.meta.url).pathname;
const recorded = join(root, '../shared/payloads');
const nowMs = Date.UTC(2026, 10, 25);

type Expected = Record<string, unknown>;
const expected = JSON.parse(readFileSync(join(root, 'test/payloads/recorded-expected.json'), 'utf8')) as Record<
  string,
  Expected
>;

function load(file: string): JsonObject {
  const read = parseJsonObject(readFileSync(file));
  assert.ok(read.ok, `${file} is not read: ${read.ok || read.error}`);
  return read.value;
}

const listJson = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .sort();

function describePost(document: JsonObject): Expected {
  const read = readPost(document, nowMs);
  if (!read.ok) return { refused: read.error.code };
  const post = read.value;
  return {
    kind: post.kind,
    author: post.authorUri,
    audience: audienceOf(post.addressees, null),
    text: htmlToText(post.contentHtml).slice(0, 40),
    title: post.title ?? undefined,
    language: post.language ?? undefined,
    inReplyTo: post.inReplyToUri ?? undefined,
    mentions: post.mentions.length,
    media: post.attachments.length,
    published: new Date(post.publishedAtMs).toISOString(),
  };
}

function describeActivity(document: JsonObject): Expected {
  const read = readActivity(document);
  if (!read.ok) return { refused: read.error.code };
  const activity = read.value;
  const seen: Expected = { verb: activity.verb, actor: activity.actor };
  if (activity.verb === 'other') seen.type = activity.type;
  if ('inner' in activity) Object.assign(seen, { object: activity.inner.id, inner: activity.inner.type });
  if ('object' in activity) seen.object = typeof activity.object === 'string' ? activity.object : activity.object.id;
  if (activity.verb === 'Announce' && activity.wraps !== null) seen.wraps = activity.wraps;
  const document2 = 'object' in activity && typeof activity.object !== 'string' ? activity.object.document : null;
  if (document2 && isPost(document2)) seen.post = describePost(document2);
  return seen;
}

function describe(document: JsonObject): Expected {
  if (isPost(document)) return describePost(document);
  if (!isActor(document)) return describeActivity(document);
  const read = readActor(document);
  assert.ok(read.ok, JSON.stringify(read));
  const { kind, handle, displayName, sharedInboxUrl } = read.value;
  return { kind, handle, name: displayName, sharedInbox: sharedInboxUrl ?? undefined };
}

/** Key order and absent values aside. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const files = existsSync(recorded) ? listJson(recorded) : [];

test('every recorded document comes out as what it is, or is refused with a reason', () => {
  for (const name of files) {
    assert.deepEqual(plain(describe(load(join(recorded, name)))), plain(expected[name]), name);
  }
  if (files.length > 0) assert.deepEqual(Object.keys(expected).sort(), files);
});

test('our own payloads come out as their file says', () => {
  const folder = join(root, 'test/payloads');
  const cases = listJson(folder).filter((name) => name.startsWith('cases/'));
  assert.ok(cases.length >= 4);
  for (const name of cases) {
    const { document, expect } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as {
      document: JsonObject;
      expect: Expected;
    };
    assert.deepEqual(plain(describe(document)), plain(expect), name);
  }
});

/** Contexts that a reader of JSON-LD has at hand; others are not fetched, and those documents are not compared. */
async function loadContext(url: string) {
  const document = (preloadedContexts as Record<string, unknown>)[url];
  if (document === undefined) throw new Error(`not at hand: ${url}`);
  return { contextUrl: null, documentUrl: url, document };
}

test('a reader of JSON-LD understands the same of every recorded document', async () => {
  let compared = 0;
  for (const name of files) {
    const document = load(join(recorded, name));
    const read = isActor(document) || isPost(document) ? undefined : readActivity(document);
    if (read && !read.ok) continue;
    // Without a context nothing is defined for them; the recorded ones of Lemmy have theirs cut off.
    const complete = document['@context']
      ? document
      : { '@context': 'https://www.w3.org/ns/activitystreams', ...document };
    let theirs: VocabObject;
    try {
      theirs = await VocabObject.fromJsonLd(complete, { contextLoader: loadContext, documentLoader: loadContext });
    } catch {
      continue;
    }
    compared += 1;
    assert.equal(theirs.id?.href, new URL(document.id as string).href, name);
    if (read?.ok && theirs instanceof Activity) {
      assert.equal(theirs.actorId?.href, read.value.actor, name);
      assert.deepEqual(new Set(addresseesOf(theirs)), new Set(addresseesOfOurs(read.value.addressees)), name);
    }
    if (isPost(document)) {
      const post = readPost(document, nowMs);
      assert.ok(post.ok);
      assert.ok(
        theirs.attributionIds.some(({ href }) => href === post.value.authorUri),
        name,
      );
      assert.deepEqual(new Set(addresseesOf(theirs)), new Set(addresseesOfOurs(post.value.addressees)), name);
      assert.equal(theirs.replyTargetId?.href, post.value.inReplyToUri ?? undefined, name);
    }
  }
  if (files.length > 0) assert.ok(compared > 40, `only ${compared} compared`);
});

const everyone = 'https://www.w3.org/ns/activitystreams#Public';
const addresseesOf = (object: VocabObject): string[] => [...object.toIds, ...object.ccIds].map(({ href }) => href);
const addresseesOfOurs = (ours: { isPublic: boolean; isQuiet: boolean; ids: readonly string[] }): string[] =>
  ours.isPublic || ours.isQuiet ? [everyone, ...ours.ids] : [...ours.ids];

/** A small generator with a seed, so that a failure can be repeated. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
}

const oddities: unknown[] = [
  ...[null, true, false, 0, -1, 1e308, '', ' ', '\u0000', 'x'.repeat(5_000), '\ud800', [], {}, [[]], [null]],
  ...[
    'https://a.example',
    'https://A.example/',
    'https://a.example./',
    'https://a.example:443/',
    'as:Public',
    'data:,x',
  ],
  ...[
    'javascript:alert(1)',
    '2038-01-19T03:14:07Z',
    'not a date',
    { id: null },
    { id: {} },
    { type: 'Note' },
    { type: ['Note', 'Person'] },
  ],
  ...[
    { '@id': 'x' },
    { '@value': 'x' },
    { '@context': { actor: 'as:object' } },
    Array.from({ length: 2_000 }, () => 'https://a.example/1'),
  ],
  Array.from({ length: 500 }, (_item, index) => ({ type: 'Mention', href: `https://a.example/${index}` })),
];

/** Changes one place of a document, somewhere. */
function mutate(value: unknown, random: (below: number) => number): unknown {
  if (random(4) === 0 || typeof value !== 'object' || value === null) return oddities[random(oddities.length)];
  const keys = Object.keys(value);
  if (keys.length === 0) return oddities[random(oddities.length)];
  const key = keys[random(keys.length)]!;
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [...value] : { ...value };
  const changed = copy as Record<string, unknown>;
  switch (random(5)) {
    case 0:
      delete changed[key];
      break;
    case 1:
      changed[key] = [changed[key], changed[key]];
      break;
    case 2:
      changed[keys[random(keys.length)]!] = changed[key];
      break;
    default:
      changed[key] = mutate(changed[key], random);
  }
  return copy;
}

test('no mutation of a document makes a reader throw, or pass what it should not', () => {
  const folder = join(root, 'test/payloads');
  const own = listJson(folder)
    .filter((name) => name.startsWith('cases/'))
    .map((name) => (JSON.parse(readFileSync(join(folder, name), 'utf8')) as { document: JsonObject }).document);
  const documents = [...own, ...files.map((name) => load(join(recorded, name)))];
  const random = makeRandom(20_261_125);
  for (let round = 0; round < 8_000; round += 1) {
    let document = documents[random(documents.length)] as unknown;
    for (let step = 0; step <= random(3); step += 1) document = mutate(document, random);
    if (typeof document !== 'object' || document === null || Array.isArray(document)) continue;
    const object = document as JsonObject;
    const activity = readActivity(object);
    if (activity.ok) {
      assert.equal(new URL(activity.value.id).host, /^https?:\/\/([^/?#]+)/.exec(activity.value.id)![1]);
      assert.ok(activity.value.addressees.ids.length <= 1_000);
    }
    const actor = readActor(object);
    if (actor.ok) assert.ok(!/[@\s/]/.test(actor.value.handle) && actor.value.displayName.length <= 500);
    const post = readPost(object, nowMs);
    if (post.ok) {
      assert.ok(post.value.publishedAtMs <= nowMs && (post.value.editedAtMs ?? 0) <= nowMs);
      assert.ok(post.value.mentions.length + post.value.tags.length + post.value.emojis.length <= 100);
      assert.ok(!/<[^>]*(?:script|onerror)/i.test(post.value.contentHtml));
    }
  }
});
