import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { openTestPlace } from '../../test/open-place.ts';
import { composePost } from '../outgoing/compose.ts';
import { deletePost } from '../outgoing/delete.ts';
import { likePost } from '../outgoing/like.ts';
import { placeFile } from './open.ts';
import { tidy } from './tidy.ts';

const day = 24 * 3_600_000;

test('what was sent long ago is forgotten, but not to whom a post that stands went', async () => {
  let now = Date.now();
  const clock = { now: () => now, monotonic: () => now, after: () => () => {} };
  const here = await openTestPlace({ clock });
  const alice = await here.person('alice');
  const bob = await here.meet('bob', 'bobs.example');
  const { place } = here;
  const say = async (text: string) => {
    const written = await composePost(place, alice, { text });
    assert.ok(written.ok);
    return written.value;
  };
  await say('@bob@bobs.example stays');
  const gone = await say('@bob@bobs.example goes');
  await deletePost(place, alice, gone.id);
  const theirs = await place.store.posts.add({
    id: place.ids.next() as never,
    uri: `${bob.uri}/1`,
    authorId: bob.id,
    audience: 'public',
    publishedAtMs: now,
  });
  await likePost(place, alice, theirs!.id);
  const file = new DatabaseSync(placeFile(join(here.folder, place.identity.domain)));
  // What waits is never touched, however old.
  now += 100 * day;
  assert.equal(await tidy(place), 2, 'the Create that its Delete has cancelled, and its delivery');
  assert.deepEqual((await here.planned()).map(({ kind }) => kind).sort(), ['Create', 'Delete', 'Like']);
  file.prepare("update deliveries set state = 'accepted', ended_at = ? where state = 'waiting'").run(now - day);
  assert.equal(await tidy(place), 0, 'a day is not long ago');
  now += 14 * day;
  await tidy(place);
  assert.deepEqual(
    (await here.planned()).map(({ kind }) => kind),
    ['Create'],
  );
  const kinds = file
    .prepare('select kind from activities')
    .all()
    .map(({ kind }) => kind);
  assert.deepEqual(kinds, ['Create']);
  file.close();
  await here.close();
});
