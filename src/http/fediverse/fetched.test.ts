import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createFederation, type Federation } from '../../../test/federation.ts';
import { makeKeys } from '../../../test/world/actor.ts';
import { waitFor } from '../../../test/world/names.ts';
import { signRequest } from '../../../test/world/signing.ts';
import type { Post } from '../../model/post.ts';
import { composePost } from '../../outgoing/compose.ts';
import { deletePost } from '../../outgoing/delete.ts';
import { editPost } from '../../outgoing/edit.ts';
import { anybody } from '../../store/place/fetches.ts';

/** Who came for a post hears of its edit and its deletion, though nobody there follows or was ever sent anything. */
let world: Federation;
before(async () => {
  world = await createFederation({
    peers: ['reader.example', 'pages.example', 'forged.example'],
  });
});
after(() => world.end());

const write = async (text: string, more: object = {}): Promise<Post> => {
  const made = await composePost(world.place, world.alice, { text, language: 'en', ...more });
  assert.ok(made.ok);
  return made.value;
};
/** Inboxes for which a kind of activity about a post waits. */
async function waiting(post: Post): Promise<string[]> {
  const rows = await world.place.store.deliveries.loadLanded(post.id);
  return rows
    .filter(({ state }) => state === 'waiting')
    .map(({ destination }) => destination.slice('fediverse:'.length))
    .sort();
}
const isMet = (name: string) =>
  waitFor(`${name} looked up`, () => world.place.store.fetches.knowsInboxAt(`http://${name}`));

test('a post seen by pull alone: its edit and its deletion go there', async () => {
  const post = await write('seen by pull');
  assert.deepEqual(await waiting(post), [], 'nobody was sent it');
  const reader = world.peer('reader.example').actor('reader');
  assert.equal((await reader.get(post.uri)).status, 200);
  await isMet('reader.example');
  // The outbox holds the whole words too.
  const pages = world.peer('pages.example').actor('pages');
  assert.match((await pages.get(`${world.alice.account.uri}/outbox?page=true`)).text(), /seen by pull/);
  await isMet('pages.example');
  const edited = await editPost(world.place, world.alice, post.id, { text: 'seen, then edited' });
  assert.ok(edited.ok);
  assert.deepEqual(await waiting(post), ['pages.example', 'reader.example']);
  assert.ok((await deletePost(world.place, world.alice, post.id)).ok);
  const last = (await world.planned()).at(-1);
  assert.equal(last?.kind, 'Delete');
  assert.equal(last?.body.object.id, post.uri);
  assert.deepEqual(await waiting(post), ['pages.example', 'reader.example']);
});

test('a forged name is nobody: only a right signature makes a server known', async () => {
  const post = await write('for a forger');
  const headers = signRequest('GET', post.uri, undefined, {
    keyId: `${world.peer('forged.example').actor('victim').id}#main-key`,
    key: makeKeys().privateKey,
  });
  const path = post.uri.slice(world.origin.length);
  const { status } = await world.ask(path, { headers: { accept: 'application/activity+json', ...headers } });
  assert.equal(status, 200, 'the document is public all the same');
  await waitFor('the forgery judged', async () => world.place.store.fetches.has(post.id, anybody));
  assert.equal(await world.place.store.fetches.knowsInboxAt('http://forged.example'), false);
});

test('3,000 that come again and again are noted once each, and in one batch', async () => {
  const post = await write('a herd comes');
  const { fetches } = world.place.store;
  let fresh = 0;
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 400; n++) if (fetches.note(post.id, `https://s${n}.example`, 1_000)) fresh += 1;
  }
  assert.equal(fresh, 400);
  assert.equal(fetches.isFull, false);
  for (let n = 400; n < 600; n++) fetches.note(post.id, `https://s${n}.example`, 1_000);
  assert.equal(fetches.isFull, true);
  await fetches.flush();
  assert.equal(fetches.isFull, false);
});
