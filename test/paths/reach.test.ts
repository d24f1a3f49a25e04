import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Account, Person } from '../../src/model/account.ts';
import type { Post } from '../../src/model/post.ts';
import { composePost } from '../../src/outgoing/compose.ts';
import { deletePost } from '../../src/outgoing/delete.ts';
import { editPost } from '../../src/outgoing/edit.ts';
import { pricePost } from '../../src/outgoing/price.ts';
import { anybody } from '../../src/store/place/fetches.ts';
import { openTestPlace, type TestPlace } from '../open-place.ts';

const must = <T>(result: { ok: true; value: T } | { ok: false; error: Error }): T => {
  if (!result.ok) throw result.error;
  return result.value;
};

/** Followers on so many servers, one each, without the counting that a follow does. */
async function withFollowers(here: TestPlace, { account }: Person, servers: number) {
  await here.place.store.transaction(async (tx) => {
    for (let server = 0; server < servers; server++) {
      const host = `s${server}.example`;
      const follower = await tx.accounts.save({
        id: here.place.ids.next() as never,
        uri: `https://${host}/users/f`,
        handle: 'f',
        domain: host,
        inboxUrl: `https://${host}/users/f/inbox`,
        sharedInboxUrl: `https://${host}/inbox`,
        createdAtMs: 0,
        fetchedAtMs: here.place.clock.now(),
      });
      await tx.follows.save({
        id: here.place.ids.next() as never,
        followerId: follower.id,
        followeeId: account.id,
        state: 'accepted',
        uri: null,
        showsBoosts: true,
        createdAtMs: 0,
      });
    }
  });
}

let answers = 0;
const wish = async ({ place }: TestPlace, author: Account, to: Post): Promise<Post> =>
  (await place.store.posts.add({
    id: place.ids.next() as never,
    uri: `${author.uri}/${++answers}`,
    authorId: author.id,
    audience: 'public',
    contentHtml: '<p>happy birthday</p>',
    inReplyToUri: to.uri,
    publishedAtMs: place.clock.now(),
  }))!;

/** What was planned since, by priority. */
async function since(here: TestPlace, before: number) {
  const planned = (await here.planned()).slice(before);
  const count = (priority: number) => planned.filter((one) => one.priority === priority).length;
  return { all: planned.length, waitedFor: count(0), post: count(1), backfill: count(2), planned };
}

test('a birthday with 3,000 servers: a hundred answers cost a hundred times one, not 300,000', async () => {
  const here = await openTestPlace();
  const alice = await here.person('alice');
  await withFollowers(here, alice, 3_000);
  const { place } = here;
  const birthday = must(await composePost(place, alice, { text: 'I am fifty today' }));
  assert.equal((await here.planned()).length, 3_000);
  const wishes = [];
  for (let n = 0; n < 100; n++) wishes.push(await wish(here, await here.meet('w', `w${n}.example`), birthday));
  const costs = [];
  let before = 3_000;
  for (const [n, one] of wishes.entries()) {
    const answer = must(await composePost(place, alice, { text: `@w@w${n}.example thank you`, inReplyToId: one.id }));
    assert.equal(answer.reach, 'thread');
    const { all, waitedFor } = await since(here, before);
    assert.equal(waitedFor, 1, 'the one answered goes first');
    costs.push(all);
    before += all;
  }
  assert.ok(Math.max(...costs) < 65, `at most ${Math.max(...costs)} for one answer`);
  assert.equal(Math.max(...costs.slice(50)), Math.max(...costs.slice(10, 50)), 'later answers cost no more');
  await here.close();
});

test('gentle: the thread now, the followers’ servers behind everything else; all: everyone now; one’s own default counts', async () => {
  const here = await openTestPlace();
  const { place } = here;
  const alice = await here.person('alice');
  await withFollowers(here, alice, 250);
  const first = must(await composePost(place, alice, { text: 'hello' }));
  assert.equal(first.reach, null);
  const bobs = await wish(here, await here.meet('bob', 'bobs.example'), first);
  const say = async (person: Person, wanted: object) => {
    const before = (await here.planned()).length;
    const post = must(
      await composePost(place, person, { text: '@bob@bobs.example thanks', inReplyToId: bobs.id, ...wanted }),
    );
    const { planned: _, post: posts, ...more } = await since(here, before);
    return { post, posts, ...more };
  };
  const gentle = await say(alice, { reach: 'gentle' });
  assert.deepEqual([gentle.waitedFor, gentle.posts, gentle.backfill], [1, 0, 250]);
  assert.equal((await place.store.posts.find(gentle.post.id))?.reach, 'gentle');
  const all = await say(alice, { reach: 'all' });
  assert.deepEqual([all.waitedFor, all.posts, all.backfill], [1, 250, 0]);
  await place.store.people.update(alice.account.id, { defaultReach: 'gentle' });
  const person = (await place.store.people.find(alice.account.id))!;
  assert.equal((await say(person, {})).post.reach, 'gentle');
  assert.equal((await say(person, { reach: 'thread' })).all, 1);
  const forFollowers = await say(person, { reach: 'thread', audience: 'followers' });
  assert.deepEqual([forFollowers.post.reach, forFollowers.all], [null, 251], 'nobody can pull it');
  const unknown = await composePost(place, alice, { text: 'x', reach: 'galaxy' as never });
  assert.equal(!unknown.ok && unknown.error.code, 'CANARI_REACH_UNKNOWN');
  await here.close();
});

test('an edit goes as far as the post did; a deletion also to who fetched it, and to all once anybody may have', async () => {
  const here = await openTestPlace();
  const { place } = here;
  const alice = await here.person('alice');
  await withFollowers(here, alice, 250);
  const first = must(await composePost(place, alice, { text: 'hello' }));
  const bobs = await wish(here, await here.meet('bob', 'bobs.example'), first);
  await here.meet('reader', 'reader.example');
  const answer = async () => must(await composePost(place, alice, { text: 'thanks', inReplyToId: bobs.id }));
  const waitingFor = async (kind: string, before: number) =>
    (await here.planned())
      .slice(before)
      .filter((one) => one.kind === kind)
      .map(({ inbox }) => inbox)
      .sort();

  const read = await answer();
  place.store.fetches.note(read.id, 'https://reader.example', 1_000);
  place.store.fetches.note(read.id, 'https://nobody-known.example', 1_000);
  let before = (await here.planned()).length;
  must(await editPost(place, alice, read.id, { text: 'thanks!' }));
  assert.deepEqual(await waitingFor('Update', before), ['https://reader.example/inbox']);
  before = (await here.planned()).length;
  must(await deletePost(place, alice, read.id));
  assert.deepEqual(await waitingFor('Delete', before), ['https://bobs.example/inbox', 'https://reader.example/inbox']);

  const open = await answer();
  place.store.fetches.note(open.id, anybody, 1_000);
  before = (await here.planned()).length;
  must(await deletePost(place, alice, open.id));
  assert.equal((await waitingFor('Delete', before)).length, 251);
  await here.close();
});

test('the price told before is what is planned after', async () => {
  const here = await openTestPlace();
  const { place } = here;
  const alice = await here.person('alice');
  const none = await pricePost(place, alice, { text: '', audience: 'public' });
  assert.deepEqual(none, { usual: null, all: { serversNow: 0, serversLater: 0, followers: 0, seconds: 0, bytes: 0 } });
  await withFollowers(here, alice, 700);
  const first = must(await composePost(place, alice, { text: 'hello' }));
  const bobs = await wish(here, await here.meet('bob', 'bobs.example'), first);
  await wish(here, await here.meet('carol', 's3.example'), first);
  const text = '@bob@bobs.example thanks, and @dan@not-known.example';
  const prices = await pricePost(place, alice, { text, audience: 'public', answered: bobs });
  assert.ok(prices.usual === 'thread');
  const { reaches } = prices;
  const { thread, gentle, all } = reaches;
  assert.deepEqual([thread.serversNow, thread.serversLater, thread.followers], [3, 0, 1]);
  assert.deepEqual([gentle.serversNow, gentle.serversLater, gentle.followers], [3, 699, 700]);
  assert.deepEqual([all.serversNow, all.serversLater, all.seconds], [702, 0, 3]);
  const before = (await here.planned()).length;
  for (const reach of ['thread', 'gentle', 'all'] as const) {
    const start = (await here.planned()).length;
    must(await composePost(place, alice, { text, inReplyToId: bobs.id, reach }));
    const { all: planned, backfill } = await since(here, start);
    const { serversNow, serversLater, bytes } = reaches[reach];
    // Less the one whose server is not known here.
    assert.deepEqual([planned - backfill, backfill], [serversNow - 1, serversLater], reach);
    assert.ok(bytes > (serversNow + serversLater) * 3_800 && bytes < (serversNow + serversLater) * 4_500);
  }
  assert.ok((await here.planned()).length > before);
  const direct = await pricePost(place, alice, { text, audience: 'direct', answered: bobs });
  assert.ok(direct.usual === null && direct.all.serversNow === 2);
  await here.close();
});

test('who is waited for goes before a post to 3,000, and what is told gently after everything', async () => {
  const here = await openTestPlace();
  const { place } = here;
  const alice = await here.person('alice');
  await withFollowers(here, alice, 300);
  const first = must(await composePost(place, alice, { text: 'hello' }));
  const bobs = await wish(here, await here.meet('bob', 's299.example'), first);
  must(await composePost(place, alice, { text: 'a gentle answer', inReplyToId: bobs.id, reach: 'gentle' }));
  must(await composePost(place, alice, { text: 'all of you again' }));
  must(await composePost(place, alice, { text: '@bob@s299.example psst', audience: 'direct' }));
  const { deliveries } = place.store;
  const [next] = await deliveries.loadReady('main', 1, new Set());
  assert.deepEqual({ ...next }, { destination: 'fediverse:s299.example', priority: 0 });
  const takes = async (host: string) => {
    const wanted = { destination: `fediverse:${host}` as never, limit: 5, probe: false };
    return (await deliveries.claim([wanted], 0)).map(({ priority }) => priority);
  };
  assert.deepEqual(await takes('s299.example'), [0, 0, 1, 1], 'the answer and the message before the posts');
  assert.deepEqual(await takes('s7.example'), [1, 1, 2], 'the answer behind both posts, though it is older than one');
  await here.close();
});
