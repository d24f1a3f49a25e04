import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Activity, Announce, Create, Note, Undo, Object as VocabObject, Person as VocabPerson } from '@fedify/vocab';
import { preloadedContexts } from '@fedify/vocab-runtime';
import type { JsonObject } from '../../base/json.ts';
import type { Account, Person } from '../../model/account.ts';
import { asId } from '../../model/ids.ts';
import { addresses } from '../../model/place.ts';
import { audiences, type Post } from '../../model/post.ts';
import { readActivity } from '../parse/activity.ts';
import { readActor } from '../parse/actor.ts';
import { audienceOf } from '../parse/addressing.ts';
import { checkContexts } from '../parse/context.ts';
import { readPost } from '../parse/post.ts';
import { makeKeyPair } from '../signature/keys.ts';
import * as activities from './activities.ts';
import { renderActor } from './actor.ts';
import { renderCollection, renderCollectionPage } from './collections.ts';
import { type Document, serialise } from './contexts.ts';
import { renderHostMeta, renderNodeinfo, renderWebfinger } from './discovery.ts';
import { renderAddressing, renderNote } from './note.ts';

/** What we write, read by our own strict reader and by somebody else's JSON-LD. */
const origin = 'https://wren.example';
const at = addresses(origin);
const id = '1000000000000000001';
const nowMs = Date.UTC(2026, 10, 25);

const account: Account = {
  ...{ id: asId(id), uri: at.actor(id), handle: 'alice', domain: null, kind: 'Person', displayName: 'Alice' },
  ...{ bioHtml: '<p>birds</p>', url: at.profile('alice'), avatarUrl: `${origin}/a.png`, headerUrl: null },
  ...{
    inboxUrl: at.inbox(id),
    sharedInboxUrl: at.sharedInbox(),
    outboxUrl: at.outbox(id),
    followersUrl: at.followers(id),
  },
  ...{ featuredUrl: at.featured(id), locked: true, discoverable: true, fields: [{ name: 'site', valueHtml: 'x' }] },
  ...{
    emojis: [],
    alsoKnownAs: ['https://old.example/users/alice'],
    movedTo: null,
    followersCount: 0,
    followingCount: 0,
  },
  ...{ postsCount: 0, lastPostAtMs: null, createdAtMs: Date.UTC(2026, 0, 1), fetchedAtMs: null, goneAtMs: null },
};
const bob: Account = {
  ...account,
  id: asId('1000000000000000002'),
  uri: 'https://peer.example/users/bob',
  handle: 'bob',
  domain: 'peer.example',
};
const post: Post = {
  ...{ id: asId('1000000000000000003'), uri: at.post(id, '1000000000000000003'), url: null, authorId: account.id },
  ...{ audience: 'public', boostOfId: null, contentHtml: '<p>Hello</p>', sourceText: 'Hello', contentWarning: 'birds' },
  ...{ sensitive: true, language: 'fr', kind: 'Note', title: null, inReplyToId: null, inReplyToAccountId: null },
  ...{
    inReplyToUri: 'https://peer.example/posts/1',
    rootId: asId('1000000000000000003'),
    conversationUri: null,
    repliesUrl: null,
  },
  attachments: [
    {
      kind: 'image',
      url: `${origin}/i.png`,
      mediaType: 'image/png',
      description: 'a wren',
      width: 4,
      height: 3,
      blurhash: 'LEHV6nWB2yk8',
      focus: [0.5, -0.5],
    },
  ],
  ...{
    emojis: [],
    publishedAtMs: nowMs - 1_000,
    editedAtMs: nowMs,
    repliesCount: 0,
    boostsCount: 0,
    likesCount: 0,
    appId: null,
    reach: null,
  },
};

let person: Person;
before(async () => {
  const [rsa, ed25519] = [await makeKeyPair('rsa'), await makeKeyPair('ed25519')];
  person = {
    ...{
      account,
      bioText: '',
      language: 'en',
      defaultAudience: 'public',
      defaultSensitive: false,
      showsFollows: false,
      defaultReach: null,
      createdAtMs: 0,
    },
    keys: {
      rsaPrivate: rsa.privatePem,
      rsaPublic: rsa.publicPem,
      ed25519Private: ed25519.privatePem,
      ed25519Public: ed25519.publicPem,
    },
  };
});

const note = (more: Partial<Post> = {}): Document =>
  renderNote({
    post: { ...post, ...more },
    author: account,
    mentions: [bob],
    tags: ['Bird'],
    addresses: at,
    domain: 'wren.example',
  });

/** As it goes over the wire. */
const wire = (document: Document): JsonObject => JSON.parse(serialise(document)) as JsonObject;

const loadContext = async (url: string) => {
  const document = (preloadedContexts as Record<string, unknown>)[url];
  if (document === undefined) throw new Error(`a peer would have to fetch ${url}`);
  return { contextUrl: null, documentUrl: url, document };
};
const theirs = (document: Document) =>
  VocabObject.fromJsonLd(wire(document), { contextLoader: loadContext, documentLoader: loadContext });

test('the actor: what we read back, and what JSON-LD reads', async () => {
  const document = renderActor(person, { addresses: at, domain: 'wren.example' });
  const read = readActor(wire(document));
  assert.ok(read.ok, JSON.stringify(read));
  assert.equal(read.value.uri, account.uri);
  assert.equal(read.value.claimedHandle, 'alice@wren.example');
  assert.deepEqual(read.value.keyIds, [at.mainKey(id), at.ed25519Key(id)]);
  assert.ok(read.value.locked && read.value.discoverable);
  const actor = await theirs(document);
  assert.ok(actor instanceof VocabPerson);
  assert.equal(actor.preferredUsername, 'alice');
  assert.equal(actor.inboxId?.href, account.inboxUrl);
  assert.equal(actor.endpoints?.sharedInbox?.href, account.sharedInboxUrl);
  assert.equal((await actor.getPublicKey({ contextLoader: loadContext }))?.id?.href, at.mainKey(id));
  const [method] = await Array.fromAsync(actor.getAssertionMethods({ contextLoader: loadContext }));
  assert.equal(method?.controllerId?.href, account.uri);
  assert.ok(method?.publicKey);
  assert.equal(actor.manuallyApprovesFollowers, true);
  assert.ok(!serialise(document).includes('PRIVATE'));
});

test('a post in every audience comes back with the same audience, words and names', async () => {
  for (const audience of audiences) {
    const document = note({ audience });
    const read = readPost(wire(document), nowMs + 1);
    assert.ok(read.ok, JSON.stringify(read));
    const { value } = read;
    assert.equal(audienceOf(value.addressees, account.followersUrl), audience);
    assert.ok(value.addressees.ids.includes(bob.uri), audience);
    assert.deepEqual(
      [value.contentHtml, value.contentWarning, value.language, value.inReplyToUri, value.tags, value.editedAtMs],
      ['<p>Hello</p>', 'birds', 'fr', post.inReplyToUri, ['Bird'], nowMs],
    );
    assert.deepEqual(value.attachments, post.attachments);
    const seen = await theirs(document);
    assert.ok(seen instanceof Note);
    assert.equal(seen.attributionId?.href, account.uri);
    assert.equal(
      seen.toIds.some(({ href }) => href.endsWith('#Public')),
      audience === 'public',
    );
  }
});

test('every activity says to others what it says to us', async () => {
  const parts = { id: at.activity('1000000000000000009'), actor: account.uri };
  const follow = { id: 'https://peer.example/f/1', follower: bob.uri };
  const addressing = renderAddressing('public', at.followers(id), [bob.uri]);
  const announce = activities.renderAnnounce({
    ...parts,
    postUri: 'https://peer.example/posts/1',
    publishedAtMs: nowMs,
    ...addressing,
  });
  const documents: [string, Document][] = [
    ['Create', activities.renderCreate({ ...parts, note: note() })],
    ['Update', activities.renderUpdate({ ...parts, object: note(), updatedAtMs: nowMs })],
    [
      'Update',
      activities.renderUpdate({
        ...parts,
        object: renderActor(person, { addresses: at, domain: 'wren.example' }),
        updatedAtMs: nowMs,
      }),
    ],
    ['Delete', activities.renderDelete({ ...parts, postUri: post.uri, deletedAtMs: nowMs, ...addressing })],
    ['Delete', activities.renderDeleteActor(parts)],
    ['Announce', announce],
    ['Like', activities.renderLike({ ...parts, postUri: 'https://peer.example/posts/1', authorUri: bob.uri })],
    ['Follow', activities.renderFollow({ ...parts, target: bob.uri })],
    ['Accept', activities.renderAccept({ ...parts, follow })],
    ['Reject', activities.renderReject({ ...parts, follow: { ...follow, id: null } })],
    ['Undo', activities.renderUndo({ ...parts, activity: announce })],
    ['Block', activities.renderBlock({ ...parts, target: bob.uri })],
  ];
  for (const [verb, document] of documents) {
    const read = readActivity(wire(document));
    assert.ok(read.ok, `${verb}: ${JSON.stringify(read)}`);
    assert.equal(read.value.verb, verb);
    const seen = await theirs(document);
    assert.ok(seen instanceof Activity, verb);
    assert.deepEqual([seen.id?.href, seen.actorId?.href], [parts.id, account.uri], verb);
    assert.equal((wire(document).object as JsonObject)['@context'], undefined, 'one context is enough');
  }
  assert.ok((await theirs(documents[0]![1])) instanceof Create);
  assert.ok((await theirs(announce)) instanceof Announce);
  const undo = await theirs(documents[10]![1]);
  assert.ok(undo instanceof Undo);
  assert.equal((await undo.getObject({ contextLoader: loadContext }))?.id?.href, parts.id);
});

test('our own contexts are such as we would accept', () => {
  for (const document of [renderActor(person, { addresses: at, domain: 'wren.example' }), note()])
    assert.ok(checkContexts(wire(document)).ok);
});

test('collections name what is there and no more', () => {
  const collection = wire(renderCollection({ id: 'x', totalItems: 2, first: 'x?page=true' }));
  assert.deepEqual(Object.keys(collection), ['@context', 'id', 'type', 'totalItems', 'first']);
  const page = wire(renderCollectionPage({ id: 'x?page=true', partOf: 'x', items: ['a'] }));
  assert.deepEqual([page.orderedItems, page.next], [['a'], undefined]);
});

test('discovery: the handle, the page, and an XML that can be read', () => {
  const jrd = renderWebfinger(account, { addresses: at, domain: 'wren.example', origin });
  assert.equal(jrd.subject, 'acct:alice@wren.example');
  assert.match(renderHostMeta('https://wren.example/?a&"<'), /template="https:\/\/wren\.example\/\?a&amp;&quot;&lt;/);
  const info = renderNodeinfo({
    version: '2.0',
    softwareVersion: '1',
    repository: 'https://x.example',
    people: 1,
    activeMonth: 1,
    activeHalfyear: 1,
    posts: 2,
  });
  assert.equal((info.software as JsonObject).repository, undefined, 'only 2.1 knows it');
});
