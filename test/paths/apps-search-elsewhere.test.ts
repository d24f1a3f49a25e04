import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ok } from '../../src/base/result.ts';
import { emptyRemote, type Served, serve } from '../../src/http/testing/serve.ts';
import type { Account } from '../../src/model/account.ts';
import type { AccountId, PostId } from '../../src/model/ids.ts';
import type { Post } from '../../src/model/post.ts';
import { issuePersonToken } from '../../src/people/apps.ts';
import { search } from './apps.schemas.ts';

/** What somebody pastes into an app's search is read from elsewhere when the app asks for it, and only then. */
let served: Served;
let token: string;
const asked: string[] = [];

async function meet(): Promise<Account> {
  const { place } = served;
  return place.store.accounts.save({
    id: place.ids.next() as AccountId,
    uri: 'https://far.example/users/finch',
    url: 'https://far.example/@finch',
    handle: 'finch',
    domain: 'far.example',
    createdAtMs: place.clock.now(),
  });
}

async function read(audience: Post['audience']): Promise<Post> {
  const { place } = served;
  const author = await meet();
  const id = place.ids.next() as PostId;
  const uri = `https://far.example/notes/${audience}`;
  const post = await place.store.posts.add({
    id,
    uri,
    authorId: author.id,
    audience,
    contentHtml: '<p>Far</p>',
    publishedAtMs: place.clock.now(),
  });
  return post!;
}

before(async () => {
  served = await serve({
    address: '127.77.40.6',
    remote: {
      ...emptyRemote,
      async findAccountByHandle(handle) {
        asked.push(handle);
        return handle === 'finch@far.example' ? ok(await meet()) : emptyRemote.findAccountByHandle(handle);
      },
      async findByUrl(url) {
        asked.push(url);
        if (url === 'https://far.example/@finch') return ok({ kind: 'account', account: await meet() });
        if (url === 'https://far.example/notes/public') return ok({ kind: 'post', post: await read('public') });
        if (url === 'https://far.example/notes/followers') return ok({ kind: 'post', post: await read('followers') });
        return emptyRemote.findByUrl(url);
      },
    },
  });
  const alice = await served.addOwner();
  token = (await issuePersonToken(served.place, alice.account.id, ['read'])).token;
});
after(() => served.stop());

async function find(q: string, more: Record<string, string> = { resolve: 'true' }) {
  asked.length = 0;
  const answer = await served.ask(`/api/v2/search?${new URLSearchParams({ q, ...more })}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { accounts, statuses } = search.parse(await answer.json());
  return [...accounts.map(({ acct }) => acct), ...statuses.map(({ uri }) => uri)];
}

test('nothing is asked elsewhere unless the app says resolve', async () => {
  for (const q of ['finch@far.example', 'https://far.example/@finch', 'https://far.example/notes/public']) {
    assert.deepEqual(await find(q, {}), []);
    assert.deepEqual(await find(q, { resolve: 'false' }), []);
  }
  assert.deepEqual(asked, []);
});

test('a handle and a page lead to the account, an address to the post', async () => {
  assert.deepEqual(await find('@finch@far.example'), ['finch@far.example']);
  assert.deepEqual(asked, ['finch@far.example']);
  assert.deepEqual(await find('finch@far.example'), ['finch@far.example']);
  assert.deepEqual(asked, [], 'it is known now');
  assert.deepEqual(await find('https://far.example/@finch'), ['finch@far.example']);
  assert.deepEqual(await find('https://far.example/notes/public'), ['https://far.example/notes/public']);
  assert.deepEqual(await find('https://far.example/notes/public', { resolve: 'true', type: 'accounts' }), []);
  assert.deepEqual(await find('nobody@far.example'), []);
  assert.deepEqual(await find('https://far.example/nothing'), []);
});

test('a post that is not for the person stays hidden, though its address is known', async () => {
  assert.deepEqual(await find('https://far.example/notes/followers'), []);
  assert.deepEqual(await find('https://far.example/notes/followers'), []);
});
