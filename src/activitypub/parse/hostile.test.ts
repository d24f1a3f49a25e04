import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../base/json.ts';
import { limits } from '../../base/limits.ts';
import { readActivity } from './activity.ts';
import { readActor } from './actor.ts';
import { checkContexts } from './context.ts';
import { readPost } from './post.ts';
import { readUri } from './values.ts';

const as = 'https://www.w3.org/ns/activitystreams';
const nowMs = Date.UTC(2026, 10, 25);

const note = (more: JsonObject = {}): JsonObject => ({
  id: 'https://peer.example/n/1',
  type: 'Note',
  attributedTo: 'https://peer.example/u/ann',
  to: [`${as}#Public`],
  content: '<p>hello</p>',
  published: '2026-11-01T00:00:00Z',
  ...more,
});

/** THREATS 27 and 28: each makes a reader of JSON-LD see something else than we do. */
const contexts: [string, JsonObject][] = [
  ['another meaning for actor', { '@context': [as, { actor: 'as:object' }] }],
  ['another meaning for id', { '@context': [as, { id: 'as:url' }] }],
  ['another name for actor', { '@context': [as, { ektar: 'as:actor' }], ektar: 'https://victim.example/u/v' }],
  ['another name for @id', { '@context': [as, { mine: '@id' }], mine: 'https://victim.example/u/v' }],
  ['a word taken away', { '@context': [as, { to: null }] }],
  ['all words taken away', { '@context': [as, null] }],
  ['another vocabulary behind as', { '@context': [as, { as: 'https://evil.example/ns#' }] }],
  ['a key that belongs to somebody else', { '@context': [as, { owner: 'https://evil.example/ns#owner' }] }],
  ['a context inside a definition', { '@context': [as, { Note: { '@id': 'as:Note', '@context': { to: 'as:cc' } } }] }],
  [
    'a context inside a new word',
    { '@context': [as, { x: { '@id': 'https://x.example/', '@context': { to: 'as:cc' } } }] },
  ],
  ['a word turned round', { '@context': [as, { x: { '@reverse': 'as:object' } }] }],
  ['a graph in a word', { '@context': [as, { object: { '@id': 'as:object', '@container': '@graph' } }] }],
  ['an imported context', { '@context': [as, { '@import': 'https://evil.example/c' }] }],
  ['a moved base', { '@context': [as, { '@base': 'https://victim.example/' }] }],
  ['a graph', { '@context': as, '@graph': [{ id: 'https://victim.example/n/1' }] }],
  ['included nodes', { '@context': as, '@included': [{ id: 'https://victim.example/n/1' }] }],
  ['reverse properties', { '@context': as, '@reverse': { object: 'https://victim.example/a/1' } }],
  ['two ids', { '@context': as, '@id': 'https://victim.example/a/1' }],
  ['two types', { '@context': as, '@type': 'Delete' }],
  ['a word in full', { '@context': as, [`${as}#actor`]: 'https://victim.example/u/v' }],
  ['a word with its prefix', { '@context': as, 'as:actor': 'https://victim.example/u/v' }],
  ['a context deep inside', { '@context': as, tag: [{ type: 'Mention', '@context': { href: 'as:name' } }] }],
  ['a number as context', { '@context': 7 }],
];
for (const [name, more] of contexts) {
  test(`refuses ${name}`, () => {
    const document = {
      id: 'https://peer.example/a/1',
      type: 'Like',
      actor: 'https://peer.example/u/a',
      object: 'https://x.example/1',
      ...more,
    };
    const read = readActivity(document);
    assert.ok(!read.ok && read.error.code === 'context', JSON.stringify(read));
  });
}

test('contexts that only add words are fine, known or not', () => {
  for (const context of [
    undefined,
    as,
    [
      as,
      'https://unknown.example/context',
      { toot: 'http://joinmastodon.org/ns#', sensitive: 'as:sensitive', Hashtag: 'as:Hashtag' },
    ],
    [as, { id: '@id', type: '@type', '@language': 'en', '@vocab': '_:' }],
    [as, { alsoKnownAs: { '@id': 'as:alsoKnownAs', '@type': '@id' }, likes: { '@id': 'as:likes', '@type': '@id' } }],
    [as, { to: `${as}#to`, publicKeyPem: 'https://w3id.org/security#publicKeyPem' }],
  ]) {
    const checked = checkContexts(context === undefined ? {} : { '@context': context });
    assert.ok(checked.ok, JSON.stringify(checked));
  }
});

test('an address has one spelling (CVE-2023-42451)', () => {
  for (const uri of [
    'https://a.example/1',
    'https://a.example',
    'https://a.example:8443/x?y#z',
    'https://xn--mnster-3ya.example/',
  ]) {
    assert.equal(readUri(uri), uri);
  }
  for (const uri of [
    ...[
      'https://A.example/1',
      'https://a.example./1',
      'https://a.example:443/1',
      'https://a%2eexample/1',
      'HTTPS://a.example/1',
    ],
    ...[
      'https://münster.example/1',
      'https://ａ.example/1',
      'https://u@a.example/1',
      'https://a.example\\@b.example/',
      'https:/a.example/1',
    ],
    ...[
      'https://a.exam\nple/1',
      ' https://a.example/1',
      'https://a.example/1 ',
      'ftp://a.example/1',
      'data:,x',
      'javascript:1',
      '',
    ],
    ...[`https://a.example/${'x'.repeat(limits.uriChars)}`, null, 7, {}, ['https://a.example/1']],
  ]) {
    assert.equal(readUri(uri), undefined, String(uri));
  }
});

const repeat = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_item, index) => make(index));

test('counts are bounded: at the limit read, above it refused (THREATS 44)', () => {
  const addressees = (count: number) => ({
    to: repeat(count - 1, (index) => `https://a.example/${index}`),
    cc: [`${as}#Public`],
  });
  assert.ok(readPost(note(addressees(limits.addressees)), nowMs).ok);
  assert.deepEqual(codeOf(readPost(note(addressees(limits.addressees + 1)), nowMs)), 'too-many-addressees');
  const tags = (count: number) => ({ tag: repeat(count, (index) => ({ type: 'Hashtag', name: `#t${index}` })) });
  assert.ok(readPost(note(tags(limits.tags)), nowMs).ok);
  assert.deepEqual(codeOf(readPost(note(tags(limits.tags + 1)), nowMs)), 'too-many-tags');
  assert.ok(readPost(note({ content: 'x'.repeat(limits.contentChars) }), nowMs).ok);
  assert.deepEqual(codeOf(readPost(note({ content: 'x'.repeat(limits.contentChars + 1) }), nowMs)), 'too-long');
  const attachment = repeat(10_000, (index) => ({
    type: 'Image',
    mediaType: 'image/png',
    url: `https://a.example/${index}.png`,
  }));
  const read = readPost(note({ attachment }), nowMs);
  assert.ok(read.ok && read.value.attachments.length === limits.attachments);
  const poll = readPost(note({ type: 'Question', oneOf: repeat(100_000, (index) => ({ name: `o${index}` })) }), nowMs);
  assert.ok(poll.ok && poll.value.contentHtml.length < 1_000);
});

const codeOf = (result: { ok: boolean; error?: { code: string } }) => (result.ok ? 'ok' : result.error?.code);

test('names are cut, not refused (CVE-2026-23963)', () => {
  const read = readActor({
    id: 'https://peer.example/u/a',
    type: 'Person',
    preferredUsername: 'a',
    inbox: 'https://peer.example/u/a/inbox',
    name: `${'n'.repeat(1_000_000)}`,
    attachment: repeat(1_000, () => ({ type: 'PropertyValue', name: 'x'.repeat(10_000), value: 'y'.repeat(100_000) })),
  });
  assert.ok(read.ok);
  assert.equal(read.value.displayName.length, limits.nameChars);
  assert.equal(read.value.fields.length, 16);
  assert.ok(
    read.value.fields.every(
      ({ name, valueHtml }) => name.length <= limits.nameChars && valueHtml.length <= 2 * limits.uriChars,
    ),
  );
});

test('times are made sensible (THREATS 32)', () => {
  const times = (published: unknown, updated?: unknown) => {
    const read = readPost(note({ published, updated }), nowMs);
    assert.ok(read.ok);
    return [read.value.publishedAtMs, read.value.editedAtMs];
  };
  assert.deepEqual(times('2038-01-01T00:00:00Z'), [nowMs, null]);
  assert.deepEqual(times('1970-01-01T00:00:00Z'), [nowMs, null]);
  assert.deepEqual(times(undefined), [nowMs, null]);
  assert.deepEqual(times('yesterday'), [nowMs, null]);
  assert.deepEqual(times('2026-11-01T00:00:00Z', '2026-10-01T00:00:00Z'), [Date.UTC(2026, 10, 1), null]);
  assert.deepEqual(times('2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z'), [
    Date.UTC(2026, 10, 1),
    Date.UTC(2026, 10, 2),
  ]);
  assert.deepEqual(times('2026-11-01T00:00:00Z', '2038-01-01T00:00:00Z'), [Date.UTC(2026, 10, 1), nowMs]);
});

test('links, pictures and handles that are none are left out', () => {
  const post = readPost(
    note({
      url: 'javascript:alert(1)',
      attachment: [
        { type: 'Image', url: 'data:image/png;base64,x' },
        { type: 'Document', mediaType: 'text/html', url: 'https://a.example/x' },
      ],
      tag: [
        { type: 'Emoji', name: ':x"><img>:', icon: { url: 'https://a.example/e.png' } },
        { type: 'Hashtag', name: '#a<b>' },
      ],
    }),
    nowMs,
  );
  assert.ok(post.ok);
  assert.deepEqual([post.value.url, post.value.attachments, post.value.emojis, post.value.tags], [null, [], [], []]);
  for (const preferredUsername of ['a@b', 'a b', 'a/b', '', 7, null, 'x'.repeat(201), '<b>', '\u202ea']) {
    const actor = readActor({
      id: 'https://peer.example/u/a',
      type: 'Person',
      preferredUsername,
      inbox: 'https://peer.example/i',
    });
    assert.deepEqual(codeOf(actor), 'no-handle', String(preferredUsername));
  }
});

test('the page of a post is on its own server; an address elsewhere is something it is about', () => {
  const read = readPost(note({ type: 'Page', url: 'https://elsewhere.example/story' }), nowMs);
  assert.ok(read.ok);
  assert.equal(read.value.url, null);
  assert.match(read.value.contentHtml, /<a href="https:\/\/elsewhere.example\/story"/);
});
