import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccountId } from '../../src/model/ids.ts';
import { boostPost, unboostPost } from '../../src/outgoing/boost.ts';
import { composePost } from '../../src/outgoing/compose.ts';
import { deletePost } from '../../src/outgoing/delete.ts';
import { editPost } from '../../src/outgoing/edit.ts';
import { likePost, unlikePost } from '../../src/outgoing/like.ts';
import type { OpenPlace } from '../../src/outgoing/open-place.ts';
import { block } from '../../src/people/block.ts';
import { acceptFollow, follow } from '../../src/people/follow.ts';
import { openTestPlace, type TestPlace } from '../open-place.ts';

const must = <T>(result: { ok: true; value: T } | { ok: false; error: Error }): T => {
  if (!result.ok) throw result.error;
  return result.value;
};

async function withFollowers(test: TestPlace, personId: AccountId, servers: number, each = 1) {
  for (let server = 0; server < servers; server++) {
    for (let n = 0; n < each; n++) {
      const follower = await test.meet(`f${n}`, `s${server}.example`);
      await saveFollow(test.place, follower.id, personId);
    }
  }
}
const saveFollow = (place: OpenPlace, followerId: AccountId, followeeId: AccountId) =>
  place.store.follows.save({
    id: place.ids.next() as never,
    followerId,
    followeeId,
    state: 'accepted',
    uri: null,
    showsBoosts: true,
    createdAtMs: place.clock.now(),
  });

test('a public post goes once to each followers’ server, those with a name in it first', async () => {
  const here = await openTestPlace();
  const alice = await here.person('alice');
  await withFollowers(here, alice.account.id, 3, 4);
  await here.meet('bob', 'bobs.example');
  const post = must(await composePost(here.place, alice, { text: 'hello @bob@bobs.example and #birds' }));
  const planned = await here.planned();
  assert.deepEqual(planned.map(({ inbox }) => inbox).sort(), [
    'https://bobs.example/users/bob/inbox',
    'https://s0.example/inbox',
    'https://s1.example/inbox',
    'https://s2.example/inbox',
  ]);
  assert.equal(planned.find(({ inbox }) => inbox.includes('bobs'))?.priority, 0);
  assert.match(post.contentHtml, /<a href="https:\/\/bobs\.example\/@bob" class="u-url mention">/);
  assert.equal(here.woken.times, 1);
  const home = await here.place.store.home.page(alice.account.id, { limit: 10 }, here.place.clock.now());
  assert.deepEqual(
    home.map(({ post: { id } }) => id),
    [post.id],
  );
  assert.deepEqual(home[0]?.tags, ['birds']);
  await here.close();
});

test('a direct post goes to those named and to nobody else; nobody else sees it', async () => {
  const here = await openTestPlace();
  const alice = await here.person('alice');
  await withFollowers(here, alice.account.id, 2);
  const bob = await here.meet('bob', 's0.example');
  const post = must(await composePost(here.place, alice, { text: '@bob@s0.example psst', audience: 'direct' }));
  assert.deepEqual(
    (await here.planned()).map(({ inbox }) => inbox),
    ['https://s0.example/users/bob/inbox'],
  );
  const { views, accounts } = here.place.store;
  assert.equal(await views.maySee(post.id, null), false);
  assert.equal(await views.maySee(post.id, bob.id), true);
  const follower = await accounts.findByHandle('f0', 's1.example');
  assert.equal(await views.maySee(post.id, follower!.id), false);
  await here.close();
});

test('a followers-only post leaves out the shared inbox of a server where somebody is blocked', async () => {
  const here = await openTestPlace();
  const alice = await here.person('alice');
  await withFollowers(here, alice.account.id, 2);
  const mallory = await here.meet('mallory', 's0.example');
  must(await block(here.place, alice, mallory.id));
  must(await composePost(here.place, alice, { text: 'for friends', audience: 'followers' }));
  const creates = (await here.planned()).filter(({ kind }) => kind === 'Create');
  assert.deepEqual(creates.map(({ inbox }) => inbox).sort(), [
    'https://s0.example/users/f0/inbox',
    'https://s1.example/inbox',
  ]);
  await here.close();
});

test('an answer to somebody, above 200 destinations, goes to its thread and not to everyone', async () => {
  const here = await openTestPlace();
  const alice = await here.person('alice');
  await withFollowers(here, alice.account.id, 201);
  const bob = await here.meet('bob', 'bobs.example');
  const carol = await here.meet('carol', 'carols.example');
  const { place } = here;
  const wish = must(await composePost(place, alice, { text: 'I am fifty today' }));
  assert.equal((await here.planned()).length, 201);
  const answers = [];
  for (const author of [bob, carol]) {
    answers.push(
      await place.store.posts.add({
        id: place.ids.next() as never,
        uri: `${author.uri}/1`,
        authorId: author.id,
        audience: 'public',
        contentHtml: '<p>happy birthday</p>',
        inReplyToUri: wish.uri,
        publishedAtMs: place.clock.now(),
      }),
    );
  }
  must(await composePost(place, alice, { text: '@bob@bobs.example thank you', inReplyToId: answers[0]!.id }));
  const inboxes = (await here.planned()).slice(201).map(({ inbox }) => inbox);
  assert.deepEqual(inboxes.sort(), ['https://bobs.example/inbox', 'https://carols.example/inbox']);
  await here.close();
});

test('edit and delete reach who was sent the post; what was never tried is cancelled or replaced', async () => {
  const here = await openTestPlace();
  const alice = await here.person('alice');
  await withFollowers(here, alice.account.id, 2);
  const post = must(await composePost(here.place, alice, { text: 'frist' }));
  const edited = must(await editPost(here.place, alice, post.id, { text: 'first' }));
  assert.ok(edited.editedAtMs);
  const afterEdit = await here.planned();
  // Nothing was tried yet: the Create goes out with the new words, and no Update of something that nobody knows.
  assert.deepEqual(
    afterEdit.filter(({ state }) => state === 'waiting').map(({ kind }) => kind),
    ['Create', 'Create'],
  );
  assert.deepEqual(
    (await here.place.store.posts.versions(post.id)).map(({ contentHtml }) => contentHtml),
    ['<p>frist</p>'],
  );
  must(await deletePost(here.place, alice, post.id));
  const waiting = (await here.planned()).filter(({ state }) => state === 'waiting');
  assert.deepEqual(waiting.map(({ kind, inbox }) => `${kind} ${inbox}`).sort(), [
    'Delete https://s0.example/inbox',
    'Delete https://s1.example/inbox',
  ]);
  assert.equal(await here.place.store.posts.find(post.id), undefined);
  await here.close();
});

test('likes go to the author only, boosts to followers and the author; taken back unsent, nothing is left to say', async () => {
  const here = await openTestPlace();
  const { place } = here;
  const alice = await here.person('alice');
  await withFollowers(here, alice.account.id, 1);
  const bob = await here.meet('bob', 'bobs.example');
  const theirs = await place.store.posts.add({
    id: place.ids.next() as never,
    uri: `${bob.uri}/1`,
    authorId: bob.id,
    audience: 'public',
    contentHtml: '<p>hi</p>',
    publishedAtMs: place.clock.now(),
  });
  const id = theirs!.id;
  assert.equal(must(await likePost(place, alice, id)).likesCount, 1);
  assert.equal(must(await likePost(place, alice, id)).likesCount, 1);
  const boost = must(await boostPost(place, alice, id));
  assert.equal(must(await boostPost(place, alice, id)).id, boost.id);
  const waiting = async () =>
    (await here.planned())
      .filter(({ state }) => state === 'waiting')
      .map(({ kind, inbox }) => `${kind} ${inbox}`)
      .sort();
  assert.deepEqual(await waiting(), [
    'Announce https://bobs.example/users/bob/inbox',
    'Announce https://s0.example/inbox',
    'Like https://bobs.example/users/bob/inbox',
  ]);
  assert.equal(must(await unlikePost(place, alice, id)).likesCount, 0);
  assert.equal(must(await unboostPost(place, alice, id)).boostsCount, 0);
  assert.deepEqual(await waiting(), []);
  await here.close();
});

test('follow, accept and block between two people of one place need no network', async () => {
  const here = await openTestPlace({ domain: 'localhost' });
  const { place } = here;
  const alice = await here.person('alice');
  const bob = await here.person('bob');
  const post = must(await composePost(place, alice, { text: 'before' }));
  assert.equal(must(await follow(place, bob, alice.account.id)).state, 'accepted');
  const homeOf = async (id: AccountId) =>
    (await place.store.home.page(id, { limit: 9 }, place.clock.now())).map((view) => view.post.id);
  assert.deepEqual(await homeOf(bob.account.id), [post.id]);
  await place.store.accounts.update(bob.account.id, { locked: true });
  const lockedBob = (await place.store.people.find(bob.account.id))!;
  assert.equal(must(await follow(place, alice, bob.account.id)).state, 'requested');
  must(await acceptFollow(place, lockedBob, alice.account.id));
  assert.equal((await place.store.follows.find(alice.account.id, bob.account.id))?.state, 'accepted');
  const told = await place.store.notifications.page(alice.account.id, { limit: 9 });
  assert.deepEqual(
    told.map(({ kind }) => kind),
    ['follow'],
  );
  must(await block(place, alice, bob.account.id));
  assert.deepEqual(await homeOf(bob.account.id), []);
  assert.equal(await place.store.views.maySee(post.id, bob.account.id), false);
  assert.equal((await place.store.accounts.find(alice.account.id))?.followersCount, 0);
  assert.deepEqual(await here.planned(), []);
  await here.close();
});

test('the same idempotency key, four times at once, is one post', async () => {
  const here = await openTestPlace();
  const alice = await here.person('alice');
  const drafts = Array.from({ length: 4 }, () => composePost(here.place, alice, { text: 'once', idempotencyKey: 'k' }));
  const ids = new Set((await Promise.all(drafts)).map((result) => must(result).id));
  assert.equal(ids.size, 1);
  assert.equal((await here.place.store.accounts.find(alice.account.id))?.postsCount, 1);
  await here.close();
});
