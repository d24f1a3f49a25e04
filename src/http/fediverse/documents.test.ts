import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createFederation, type Federation } from '../../../test/federation.ts';
import type { Actor } from '../../../test/world/actor.ts';
import type { Json } from '../../../test/world/peer.ts';
import type { Audience, Post } from '../../model/post.ts';
import { boostPost, unboostPost } from '../../outgoing/boost.ts';
import { composePost } from '../../outgoing/compose.ts';
import { deletePost } from '../../outgoing/delete.ts';
import { editPost } from '../../outgoing/edit.ts';
import { block } from '../../people/block.ts';
import { updateProfile } from '../../people/profile.ts';

/** What other servers are shown, and who is shown what (THREATS 16, 54, 56, 65). */
let world: Federation;
let follower: Actor;
let stranger: Actor;
let blocked: Actor;
const posts = {} as Record<Audience, Post>;

const write = async (text: string, audience: Audience = 'public', inReplyToId?: Post['id']): Promise<Post> => {
  const made = await composePost(world.place, world.alice, { text, audience, inReplyToId, language: 'en' });
  assert.ok(made.ok);
  return made.value;
};

before(async () => {
  world = await createFederation({ peers: ['peer.example', 'bad.example'] });
  follower = world.peer('peer.example').actor('follower');
  stranger = world.peer('peer.example').actor('stranger');
  blocked = world.peer('bad.example').actor('blocked');
  const accounts = [];
  for (const actor of [follower, stranger, blocked]) {
    const found = await world.place.remote.findAccount(actor.id);
    assert.ok(found.ok);
    accounts.push(found.value);
  }
  const asked = follower.activity('Follow', { object: world.alice.account.uri });
  await follower.send(world.sharedInbox, asked);
  assert.match((await world.ended(asked))!, /^applied/);
  for (const audience of ['public', 'quiet', 'followers', 'direct'] as const) {
    posts[audience] = await write(
      `secret of ${audience}${audience === 'direct' ? ' @stranger@peer.example' : ''}`,
      audience,
    );
  }
  await block(world.place, world.alice, accounts[2]!.id);
});
after(() => world.end());

const activity = { headers: { accept: 'application/activity+json' } };
const path = (uri: string) => uri.slice(world.origin.length);
const get = (uri: string, headers: Record<string, string> = {}) =>
  world.ask(path(uri), { headers: { ...activity.headers, ...headers } });

test('WebFinger: by handle in any case, by id, by page; the actor it names has that handle', async () => {
  const account = world.alice.account;
  for (const resource of [
    'acct:alice@wren.example',
    'acct:ALICE@WREN.example',
    'alice@wren.example',
    account.uri,
    `${world.origin}/@alice`,
  ]) {
    const answer = await world.ask(`/.well-known/webfinger?resource=${encodeURIComponent(resource)}`);
    assert.equal(answer.status, 200, resource);
    assert.match(String(answer.headers['content-type']), /^application\/jrd\+json/);
    assert.equal(answer.headers['access-control-allow-origin'], '*');
    assert.equal(answer.json().subject, 'acct:alice@wren.example');
    const self = answer.json().links.find((link: Json) => link.rel === 'self');
    assert.equal(self.href, account.uri);
    assert.equal((await get(self.href)).json().preferredUsername, 'alice');
  }
  for (const resource of [
    'acct:nobody@wren.example',
    'acct:alice@peer.example',
    'https://peer.example/users/alice',
    'acct:alice@wren.example@peer.example',
    `acct:${'a'.repeat(16_000)}@wren.example`,
  ]) {
    const answer = await world.ask(`/.well-known/webfinger?resource=${encodeURIComponent(resource)}`);
    assert.ok(answer.status >= 400 && answer.status < 500, `${resource.slice(0, 50)}: ${answer.status}`);
  }
  assert.equal((await world.ask('/.well-known/webfinger')).status, 400);
});

test('host-meta and NodeInfo lead where they say', async () => {
  const meta = await world.ask('/.well-known/host-meta');
  assert.match(String(meta.headers['content-type']), /^application\/xrd\+xml/);
  assert.match(meta.text(), /template="http:\/\/wren\.example\/\.well-known\/webfinger\?resource=\{uri\}"/);
  const { links } = (await world.ask('/.well-known/nodeinfo')).json();
  assert.deepEqual(
    links.map((link: Json) => link.rel.slice(-3)),
    ['2.0', '2.1'],
  );
  for (const { href } of links) {
    const info = (await world.ask(path(href))).json();
    assert.equal(info.software.name, 'canari');
    assert.deepEqual(info.protocols, ['activitypub']);
    assert.equal(info.usage.users.total, 1);
    assert.equal(info.openRegistrations, false);
  }
});

test('the actor, with what peers need; changed when the profile is', async () => {
  const { uri } = world.alice.account;
  const answer = await get(uri);
  assert.match(String(answer.headers['content-type']), /^application\/activity\+json/);
  const actor = answer.json();
  assert.equal(actor.id, uri);
  assert.equal(actor.publicKey.id, `${uri}#main-key`);
  assert.equal(actor.assertionMethod[0].controller, uri);
  assert.equal(actor.endpoints.sharedInbox, world.sharedInbox);
  for (const collection of ['outbox', 'followers', 'following', 'featured'])
    assert.equal((await get(actor[collection])).status, 200);
  await updateProfile(world.place, world.alice, { displayName: 'Alice the second' });
  assert.equal((await get(uri)).json().name, 'Alice the second');
});

test('a browser at an id comes to the page; a private post leads nowhere', async () => {
  const html = { headers: { accept: 'text/html' } };
  const actor = await world.ask(path(world.alice.account.uri), html);
  assert.deepEqual([actor.status, actor.headers.location], [302, `${world.origin}/@alice`]);
  const post = await world.ask(path(posts.public.uri), html);
  assert.deepEqual([post.status, post.headers.location], [302, `${world.origin}/@alice/${posts.public.id}`]);
  assert.equal((await world.ask(path(posts.followers.uri), html)).status, 404);
});

test('who may read what: signed GETs are answered by who asks, everyone else gets one and the same 404', async () => {
  const table: [string, (uri: string) => Promise<{ status: number; text(): string }>, Record<Audience, number>][] = [
    ['nobody', (uri) => get(uri), { public: 200, quiet: 200, followers: 404, direct: 404 }],
    ['a follower', (uri) => follower.get(uri), { public: 200, quiet: 200, followers: 200, direct: 404 }],
    ['the one who is named', (uri) => stranger.get(uri), { public: 200, quiet: 200, followers: 404, direct: 200 }],
    ['somebody blocked', (uri) => blocked.get(uri), { public: 404, quiet: 404, followers: 404, direct: 404 }],
    [
      'somebody with another’s key',
      (uri) =>
        stranger.get(uri, {
          signature: `keyId="${follower.id}#main-key",algorithm="rsa-sha256",headers="(request-target) host date",signature="AAAA"`,
        }),
      { public: 200, quiet: 200, followers: 404, direct: 404 },
    ],
  ];
  const missing = `${world.alice.account.uri}/posts/1000000000000000007`;
  for (const [who, ask, expected] of table) {
    const none = await ask(missing);
    assert.equal(none.status, 404, who);
    for (const audience of ['public', 'quiet', 'followers', 'direct'] as const) {
      const answer = await ask(posts[audience].uri);
      assert.equal(answer.status, expected[audience], `${who}: ${audience}`);
      if (answer.status === 404) assert.equal(answer.text(), none.text(), `${who}: ${audience}`);
      else assert.match(answer.text(), new RegExp(`secret of ${audience}`));
      const replies = await ask(`${posts[audience].uri}/replies`);
      assert.equal(replies.status, expected[audience], `${who}: replies of ${audience}`);
    }
  }
});

test('answers do not mix viewers: what is signed is kept by nobody else (CVE-2026-25540)', async () => {
  const outbox = `${world.alice.account.uri}/outbox?page=true`;
  for (const [ask, isPublic] of [
    [() => get(outbox), true],
    [() => follower.get(outbox), false],
    [() => get(posts.public.uri), true],
    [() => stranger.get(posts.public.uri), false],
    [() => follower.get(posts.followers.uri), false],
  ] as const) {
    const { headers } = await ask();
    assert.match(String(headers['cache-control']), isPublic ? /^public/ : /^private/);
    assert.match(String(headers.vary), /Signature/);
  }
  const order = [blocked, follower, blocked];
  for (const actor of order) {
    assert.equal((await actor.get(outbox)).status, actor === blocked ? 404 : 200);
    assert.equal((await actor.get(`${world.alice.account.uri}/featured`)).status, actor === blocked ? 404 : 200);
    assert.equal((await actor.get(world.alice.account.uri)).status, actor === blocked ? 404 : 200);
  }
});

test('no public document holds a private word (THREATS 54)', async () => {
  const reply = await write('secret of followers again', 'followers', posts.public.id);
  const base = world.alice.account.uri;
  const doors = [
    base,
    `${base}/outbox`,
    `${base}/outbox?page=true`,
    `${base}/featured`,
    `${base}/followers`,
    `${posts.public.uri}/replies`,
  ];
  const outbox = (await get(`${base}/outbox?page=true`)).json();
  doors.push(...outbox.orderedItems.map((item: Json) => item.id));
  for (const { body } of await world.planned()) doors.push(body.id);
  for (const door of doors) {
    for (const ask of [get, stranger.get]) {
      const text = (await ask(door)).text();
      assert.ok(!/secret of (followers|direct)/.test(text), door);
      assert.ok(
        !text.includes(posts.followers.id) && !text.includes(posts.direct.id) && !text.includes(reply.id),
        door,
      );
    }
  }
});

test('activities: of public posts alone, with the words of now; nothing else has an address', async () => {
  const post = await write('first words');
  const created = (await world.planned()).findLast(({ kind }) => kind === 'Create')!.body;
  const found = await get(created.id);
  assert.equal(found.status, 200);
  assert.deepEqual([found.json().type, found.json().id, found.json().object.id], ['Create', created.id, post.uri]);
  await editPost(world.place, world.alice, post.id, { text: 'second words' });
  assert.match((await get(created.id)).text(), /second words/);
  assert.ok(!/first words/.test((await get(created.id)).text()));
  const boost = await boostPost(world.place, world.alice, post.id);
  assert.ok(boost.ok);
  assert.equal((await get(boost.value.uri)).json().object, post.uri);
  await unboostPost(world.place, world.alice, post.id);
  assert.equal((await get(boost.value.uri)).status, 404);
  await deletePost(world.place, world.alice, post.id);
  assert.equal((await get(created.id)).status, 404);
  for (const { kind, body } of await world.planned()) {
    if (!['Create', 'Announce'].includes(kind)) assert.equal((await get(body.id)).status, 404, kind);
  }
});

test('a document is sent again only when it has changed, and right after it has', async () => {
  const post = await write('one');
  const first = await get(post.uri);
  const again = await get(post.uri, { 'if-none-match': String(first.headers.etag) });
  assert.deepEqual([again.status, again.body.length], [304, 0]);
  await editPost(world.place, world.alice, post.id, { text: 'two' });
  const changed = await get(post.uri, { 'if-none-match': String(first.headers.etag) });
  assert.equal(changed.status, 200);
  assert.match(changed.json().content, /two/);
  assert.ok(changed.json().updated);
  await deletePost(world.place, world.alice, post.id);
  assert.equal((await get(post.uri)).status, 404);
});

test('replies: those for everyone, oldest first, and new ones appear', async () => {
  const post = await write('question');
  const replies = async () => (await get(`${post.uri}/replies`)).json().first.orderedItems;
  assert.deepEqual(await replies(), []);
  const mine = await write('mine', 'public', post.id);
  assert.deepEqual(await replies(), [mine.uri]);
  const theirs = follower.note({ inReplyTo: post.uri });
  const create = follower.create(theirs);
  await follower.send(world.sharedInbox, create);
  await world.ended(create);
  // Theirs says that it was written a second before.
  assert.deepEqual(new Set(await replies()), new Set([mine.uri, theirs.id]));
});

test('followers: the count for all, the names as the person allows', async () => {
  const collection = `${world.alice.account.uri}/followers`;
  assert.equal((await get(collection)).json().totalItems, 1);
  assert.equal((await get(collection)).json().first, undefined);
  assert.equal((await get(`${collection}?page=true`)).status, 404);
  await world.place.store.people.update(world.alice.account.id, { showsFollows: true });
  world.place.live.tell([{ kind: 'account', accountId: world.alice.account.id }]);
  const { first } = (await get(collection)).json();
  assert.deepEqual((await get(first)).json().orderedItems, [follower.id]);
});

test('the outbox is read in pages to its end', async () => {
  for (let index = 0; index < 25; index += 1) await write(`number ${index}`);
  const seen: string[] = [];
  let next: string | undefined = (await get(`${world.alice.account.uri}/outbox`)).json().first;
  while (next) {
    const page: Json = (await get(next)).json();
    seen.push(...page.orderedItems.map((item: Json) => item.object.id ?? item.object));
    next = page.next;
    assert.ok(seen.length < 200);
  }
  assert.equal(new Set(seen).size, seen.length);
  assert.ok(seen.includes(posts.public.uri) && seen.includes(posts.quiet.uri));
});

test('what is no id is not here, and no method but the right one', async () => {
  for (const wrong of [
    '/users/alice',
    '/users/1',
    '/users/1000000000000000009',
    '/users/..%2f',
    `/users/${world.alice.account.id}/posts/x`,
    '/activities/x',
    '/activities/1000000000000000009',
  ]) {
    assert.equal((await world.ask(wrong, activity)).status, 404, wrong);
  }
  assert.equal((await world.ask('/inbox', activity)).status, 405);
  const cursor = await get(`${world.alice.account.uri}/outbox?page=true&max_id=${'9'.repeat(4_000)}`);
  assert.equal(cursor.status, 404);
});

test('a herd is served from memory: the same document for 500 requests', async () => {
  const post = await write('famous');
  await get(post.uri);
  const startedAt = performance.now();
  for (let index = 0; index < 100; index += 1) await Promise.all(Array.from({ length: 5 }, () => get(post.uri)));
  const perRequestMs = (performance.now() - startedAt) / 500;
  // A new socket each, two cores shared with others: still far from what rendering each time would take.
  assert.ok(perRequestMs < 20, String(perRequestMs));
});
