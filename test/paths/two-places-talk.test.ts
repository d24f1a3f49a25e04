import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { waitFor } from '../world/names.ts';
import type { Place } from '../world/place.ts';
import { createWorld, type World } from '../world/world.ts';

/** Two Canaris on two host names, each a real process, talk as two servers of the Fediverse do. */
let world: World;
let wren: Here;
let owl: Here;

interface Here {
  readonly place: Place;
  readonly token: string;
  /** Calls the client API; fails on anything but 200. */
  call<T = Json>(method: string, path: string, json?: unknown): Promise<T>;
}
// biome-ignore lint/suspicious/noExplicitAny: answers of the API, looked at field by field.
type Json = any;

async function here(name: string, person: string): Promise<Here> {
  const place = await world.place(name, { person });
  return { place } as Here;
}
async function begin({ place }: Here): Promise<Here> {
  await place.begin();
  const token = await place.token();
  return {
    place,
    token,
    async call(method, path, json) {
      const answer = await place.ask(path, { method, token, ...(json !== undefined && { json }) });
      assert.equal(answer.status, 200, `${method} ${path}: ${answer.status} ${answer.text().slice(0, 300)}`);
      return answer.json();
    },
  };
}
const find = async (from: Here, handle: string) => {
  const found = await from.call('GET', `/api/v2/search?resolve=true&type=accounts&q=${encodeURIComponent(handle)}`);
  assert.equal(found.accounts.length, 1, `${handle} is found`);
  return found.accounts[0] as { id: string; acct: string };
};
const home = (from: Here) => from.call<Json[]>('GET', '/api/v1/timelines/home');
const inHome = (from: Here, words: string) =>
  waitFor(`"${words}" in the home of ${from.place.name}`, async () =>
    (await home(from)).find(({ content, reblog }) => (reblog ?? { content }).content.includes(words)),
  );
const told = (from: Here, type: string) =>
  waitFor(`${type} told to ${from.place.name}`, async () =>
    (await from.call<Json[]>('GET', '/api/v1/notifications')).find((one) => one.type === type),
  );
const relation = async (from: Here, id: string) =>
  (await from.call<Json[]>('GET', `/api/v1/accounts/relationships?id[]=${id}`))[0];
const gone = (from: Here, id: string) =>
  waitFor(
    `${id} gone from ${from.place.name}`,
    async () => (await from.place.ask(`/api/v1/statuses/${id}`, { token: from.token })).status === 404,
  );

before(async () => {
  world = await createWorld();
  const both = [await here('wren.example', 'alice'), await here('owl.example', 'bob')];
  [wren, owl] = [await begin(both[0]!), await begin(both[1]!)];
});
after(() => world.end());

test('a post seen only by pull is edited and deleted there too', async () => {
  const post = await wren.call('POST', '/api/v1/statuses', { status: 'nobody is sent this' });
  const pulled = await owl.call('GET', `/api/v2/search?resolve=true&type=statuses&q=${encodeURIComponent(post.uri)}`);
  const { id } = pulled.statuses[0];
  // Wren looks up later, and only once, who signed the request.
  await waitFor('who came is known', async () => (await wren.call<Json[]>('GET', '/api/v1/accounts/search?q=bob'))[0]);
  await wren.call('PUT', `/api/v1/statuses/${post.id}`, { status: 'nobody was sent this' });
  await waitFor('the edit', async () => (await owl.call('GET', `/api/v1/statuses/${id}`)).content.includes('was sent'));
  await wren.call('DELETE', `/api/v1/statuses/${post.id}`);
  await gone(owl, id);
});

test('found by handle, followed, the follow accepted and told', async () => {
  const alice = await find(owl, '@alice@wren.example');
  assert.equal(alice.acct, 'alice@wren.example');
  await owl.call('POST', `/api/v1/accounts/${alice.id}/follow`);
  await waitFor('the follow accepted', async () => (await relation(owl, alice.id)).following);
  const follow = await told(wren, 'follow');
  assert.equal(follow.account.acct, 'bob@owl.example');
});

test('a post arrives at home with its words, warning, language, tag and mention', async () => {
  const sent = await wren.call('POST', '/api/v1/statuses', {
    status: 'A #wren for @bob@owl.example: https://birds.example/wren?a=1&b=2\n\nSecond paragraph',
    spoiler_text: 'birds',
    language: 'en',
  });
  const seen = await inHome(owl, 'Second paragraph');
  assert.equal(seen.uri, sent.uri);
  assert.equal(seen.spoiler_text, 'birds');
  assert.equal(seen.language, 'en');
  assert.deepEqual(
    seen.tags.map(({ name }: Json) => name),
    ['wren'],
  );
  assert.deepEqual(
    seen.mentions.map(({ acct }: Json) => acct),
    ['bob'],
  );
  assert.match(seen.content, /href="https:\/\/birds\.example\/wren\?a=1&amp;b=2"/);
  const mention = await told(owl, 'mention');
  assert.equal(mention.status.uri, sent.uri);
});

test('answered, boosted, liked; each seen by the other, each taken back', async () => {
  const post = await wren.call('POST', '/api/v1/statuses', { status: 'Who is awake?' });
  const seen = await inHome(owl, 'Who is awake?');
  const reply = await owl.call('POST', '/api/v1/statuses', {
    status: '@alice@wren.example I am, always',
    in_reply_to_id: seen.id,
  });
  await owl.call('POST', `/api/v1/statuses/${seen.id}/favourite`);
  await owl.call('POST', `/api/v1/statuses/${seen.id}/reblog`);
  const counted = await waitFor('all counted', async () => {
    const now = await wren.call('GET', `/api/v1/statuses/${post.id}`);
    return now.replies_count === 1 && now.favourites_count === 1 && now.reblogs_count === 1 && now;
  });
  assert.equal(counted.uri, post.uri);
  const thread = await wren.call('GET', `/api/v1/statuses/${post.id}/context`);
  assert.deepEqual(
    thread.descendants.map(({ uri }: Json) => uri),
    [reply.uri],
  );
  assert.equal((await told(wren, 'favourite')).account.acct, 'bob@owl.example');
  assert.equal((await told(wren, 'reblog')).status.id, post.id);
  await owl.call('POST', `/api/v1/statuses/${seen.id}/unfavourite`);
  await owl.call('POST', `/api/v1/statuses/${seen.id}/unreblog`);
  await waitFor('taken back', async () => {
    const now = await wren.call('GET', `/api/v1/statuses/${post.id}`);
    return now.favourites_count === 0 && now.reblogs_count === 0;
  });
});

test('edited and deleted there as here', async () => {
  const post = await wren.call('POST', '/api/v1/statuses', { status: 'A sparow' });
  const seen = await inHome(owl, 'A sparow');
  await wren.call('PUT', `/api/v1/statuses/${post.id}`, { status: 'A sparrow' });
  const edited = await inHome(owl, 'A sparrow');
  assert.equal(edited.id, seen.id);
  assert.ok(edited.edited_at);
  await wren.call('DELETE', `/api/v1/statuses/${post.id}`);
  await gone(owl, seen.id);
});

test('a followers-only post and a direct one arrive; a stranger gets neither', async () => {
  const forFollowers = await wren.call('POST', '/api/v1/statuses', {
    status: 'only for friends',
    visibility: 'private',
  });
  const seen = await inHome(owl, 'only for friends');
  assert.equal(seen.visibility, 'private');
  const direct = await wren.call('POST', '/api/v1/statuses', {
    status: '@bob@owl.example a secret',
    visibility: 'direct',
  });
  await waitFor('the direct one', async () =>
    (await owl.call<Json[]>('GET', '/api/v1/notifications')).find((one) => one.status?.uri === direct.uri),
  );
  for (const { uri } of [forFollowers, direct]) {
    const asked = await world.request(uri, { headers: { accept: 'application/activity+json' } });
    assert.equal(asked.status, 404);
  }
});

test('a locked person is asked, and says yes or no', async () => {
  await owl.call('PATCH', '/api/v1/accounts/update_credentials', { locked: true });
  const bob = await find(wren, '@bob@owl.example');
  await wren.call('POST', `/api/v1/accounts/${bob.id}/follow`);
  const asked = await told(owl, 'follow_request');
  assert.equal((await relation(wren, bob.id)).requested, true);
  await owl.call('POST', `/api/v1/follow_requests/${asked.account.id}/reject`);
  await waitFor('the no', async () => (await relation(wren, bob.id)).requested === false);
  await wren.call('POST', `/api/v1/accounts/${bob.id}/follow`);
  await waitFor('asked again', async () => (await owl.call<Json[]>('GET', '/api/v1/follow_requests'))[0]);
  await owl.call('POST', `/api/v1/follow_requests/${asked.account.id}/authorize`);
  await waitFor('the yes', async () => (await relation(wren, bob.id)).following);
});

test('a block ends both follows, and what was for followers is closed', async () => {
  const bob = await find(wren, '@bob@owl.example');
  const alice = await find(owl, '@alice@wren.example');
  const post = await wren.call('POST', '/api/v1/statuses', { status: 'before the block' });
  await inHome(owl, 'before the block');
  await wren.call('POST', `/api/v1/accounts/${bob.id}/block`);
  await waitFor('not followed any more', async () => (await relation(owl, alice.id)).following === false);
  const seen = await relation(wren, bob.id);
  assert.deepEqual([seen.blocking, seen.following, seen.followed_by], [true, false, false]);
  // Whatever the blocked one still sends changes nothing.
  const known = (await owl.call('GET', `/api/v2/search?resolve=true&q=${encodeURIComponent(post.uri)}`)).statuses[0];
  if (known) await owl.place.ask(`/api/v1/statuses/${known.id}/favourite`, { method: 'POST', token: owl.token });
  await owl.place.ask(`/api/v1/accounts/${alice.id}/follow`, { method: 'POST', token: owl.token });
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal((await wren.call('GET', `/api/v1/statuses/${post.id}`)).favourites_count, 0);
  assert.equal((await relation(wren, bob.id)).followed_by, false);
});
