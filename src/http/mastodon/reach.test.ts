import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Person } from '../../model/account.ts';
import type { Post } from '../../model/post.ts';
import { issuePersonToken } from '../../people/apps.ts';
import { allScopes } from '../../people/scopes.ts';
import { type Served, serve } from '../testing/serve.ts';

/** What apps and the write page have beyond Mastodon: reach and its price (docs/apps.md). */
let served: Served;
let alice: Person;
let token: string;
let wish: Post;

// biome-ignore lint/suspicious/noExplicitAny: answers of the API, looked at field by field.
type Json = any;
const call = async (path: string, form?: Record<string, string>, method = form ? 'POST' : 'GET'): Promise<Json> => {
  const body = form && new URLSearchParams(form);
  const answer = await served.ask(path, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body && { body }),
  });
  return { status: answer.status, json: (await answer.json()) as Json };
};

before(async () => {
  served = await serve({ address: '127.77.40.9' });
  alice = await served.addOwner();
  token = (await issuePersonToken(served.place, alice.account.id, allScopes)).token;
  const { store, ids } = served.place;
  await store.transaction(async (tx) => {
    for (let n = 0; n < 210; n++) {
      const at = `https://s${n}.example`;
      const account = await tx.accounts.save({
        id: ids.next() as never,
        uri: `${at}/users/f`,
        handle: 'f',
        domain: `s${n}.example`,
        displayName: 'Basile',
        inboxUrl: `${at}/users/f/inbox`,
        sharedInboxUrl: `${at}/inbox`,
        createdAtMs: 0,
        fetchedAtMs: Date.now(),
      });
      await tx.follows.save({
        id: ids.next() as never,
        followerId: account.id,
        followeeId: alice.account.id,
        state: 'accepted',
        uri: null,
        showsBoosts: true,
        createdAtMs: 0,
      });
    }
    const author = (await tx.accounts.findByHandle('f', 's0.example'))!;
    wish = (await tx.posts.add({
      id: ids.next() as never,
      uri: `${author.uri}/1`,
      authorId: author.id,
      audience: 'public',
      contentHtml: '<p>many happy returns</p>',
      publishedAtMs: Date.now(),
    }))!;
  });
});
after(() => served.stop());

test('the price of each reach is told before, in fields', async () => {
  const { json } = await call(`/api/canari/v1/price?in_reply_to_id=${wish.id}&status=thanks&visibility=public`);
  assert.equal(json.reach, 'thread');
  assert.equal(json.prices.thread.servers_now, 1);
  assert.deepEqual([json.prices.gentle.servers_now, json.prices.gentle.servers_later], [1, 209]);
  assert.deepEqual([json.prices.all.servers_now, json.prices.all.followers, json.prices.all.seconds], [210, 210, 1]);
  const first = await call('/api/canari/v1/price?status=hello');
  assert.deepEqual([first.json.reach, first.json.prices.all.servers_now], [null, 210]);
  assert.equal((await call('/api/canari/v1/price?visibility=galaxy')).status, 422);
  assert.equal((await call('/api/canari/v1/price?in_reply_to_id=1')).status, 404);
});

test('an app chooses the reach of an answer and the usual one, and reads both back; others are not told', async () => {
  const answer = (more: Record<string, string>) =>
    call('/api/v1/statuses', { status: 'thanks', in_reply_to_id: wish.id, ...more });
  assert.deepEqual((await answer({})).json.canari, { reach: 'thread' });
  const gentle = (await answer({ reach: 'gentle' })).json;
  assert.deepEqual(gentle.canari, { reach: 'gentle' });
  assert.deepEqual((await call('/api/v1/statuses', { status: 'first', reach: 'thread' })).json.canari, { reach: null });
  const wrong = await answer({ reach: 'galaxy' });
  assert.deepEqual([wrong.status, wrong.json.error], [422, 'reach must be one of thread, gentle, all.']);
  const stranger = (await (await served.ask(`/api/v1/statuses/${gentle.id}`)).json()) as Json;
  assert.equal(stranger.id, gentle.id);
  assert.equal('canari' in stranger, false);
  const set = (reach: string) =>
    call('/api/v1/accounts/update_credentials', { 'source[canari][reach]': reach }, 'PATCH');
  assert.deepEqual((await call('/api/v1/accounts/verify_credentials')).json.source.canari, { reach: 'auto' });
  assert.deepEqual((await set('all')).json.source.canari, { reach: 'all' });
  assert.deepEqual((await answer({})).json.canari, { reach: 'all' });
  assert.equal((await set('galaxy')).status, 422);
  assert.deepEqual((await set('auto')).json.source.canari, { reach: 'auto' });
});

test('the write page shows the choice with its prices, takes it, and brings it back with a failure', async () => {
  const { cookie, form } = await served.signIn(alice);
  const page = async (path: string, init: RequestInit = {}) => {
    const answer = await served.ask(path, {
      ...init,
      headers: { cookie, ...(init.body ? { origin: served.origin } : {}) },
    });
    return { answer, text: await answer.text() };
  };
  const { text } = await page(`/write?to=${wish.id}`);
  assert.match(text, /value="thread" checked/);
  for (const words of [
    '1 server now',
    '1 now, 209 later',
    '210 servers',
    '1 server now · all 210 would take about 1',
  ]) {
    assert.ok(text.includes(words), words);
  }
  const send = (fields: Record<string, string>) =>
    page('/write', { method: 'POST', body: new URLSearchParams({ form, to: wish.id, audience: 'public', ...fields }) });
  const failed = await send({ text: ' ', reach: 'gentle' });
  assert.match(failed.text, /value="gentle" checked/);
  const done = await send({ text: 'thanks', reach: 'all' });
  assert.equal(done.answer.status, 303);
  const [latest] = await served.place.store.posts.ofAuthor(alice.account.id, 1);
  assert.equal(latest?.reach, 'all');
  const home = await page('/home');
  assert.match(home.text, /210 servers now, with 210 followers · about 1/);
  const settings = await page('/settings');
  assert.match(settings.text, /<option value="auto" selected>/);
  await page('/settings', {
    method: 'POST',
    body: new URLSearchParams({ form, displayName: 'Alice', reach: 'gentle' }),
  });
  assert.equal((await served.place.store.people.find(alice.account.id))?.defaultReach, 'gentle');
});
