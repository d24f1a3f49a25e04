import { renderUndo } from '../activitypub/render/activities.ts';
import type { CanariError } from '../base/errors.ts';
import { failed, ok, type Result } from '../base/result.ts';
import type { LiveEvent } from '../live/live.ts';
import { notify } from '../live/surface.ts';
import type { Account, Person } from '../model/account.ts';
import type { ActivityId, PostId } from '../model/ids.ts';
import type { Post } from '../model/post.ts';
import { like } from './activities.ts';
import { postNotFound } from './compose.ts';
import { targetsOf } from './fan-out.ts';
import type { OpenPlace } from './open-place.ts';
import { publish } from './publish.ts';

const likeKey = (liker: Account, postId: PostId) => `like:${liker.id}:${postId}`;

/** Likes a post; told to its author's server only. Liking twice is liking once. */
export async function likePost(place: OpenPlace, person: Person, postId: PostId): Promise<Result<Post, CanariError>> {
  const seen = await place.store.views.find(postId, person.account.id);
  if (!seen) return failed(postNotFound());
  const { post, author } = seen.boostOf ?? seen;
  const events: LiveEvent[] = [];
  await place.store.transaction(async (tx) => {
    const id = place.ids.next() as ActivityId;
    const uri = place.addresses.activity(id);
    const added = await tx.likes.add({
      id,
      accountId: person.account.id,
      postId: post.id,
      uri,
      createdAtMs: place.clock.now(),
    });
    if (!added) return;
    await publish(place, tx, {
      id,
      sender: person.account,
      kind: 'Like',
      objectKey: likeKey(person.account, post.id),
      targets: targetsOf([author]),
      render: () => like(uri, person.account, { uri: post.uri, author }),
    });
    events.push({ kind: 'post', postId: post.id, authorId: post.authorId, change: 'counts' });
    const told = { personId: author.id, kind: 'like', accountId: person.account.id, postId: post.id } as const;
    events.push(...(await notify(tx, place, told)));
  });
  place.live.tell(events);
  place.wake();
  return ok((await place.store.posts.find(post.id))!);
}

/** Takes a like back; nothing happens when there is none. */
export async function unlikePost(place: OpenPlace, person: Person, postId: PostId): Promise<Result<Post, CanariError>> {
  const seen = await place.store.views.find(postId, person.account.id);
  if (!seen) return failed(postNotFound());
  const { post, author } = seen.boostOf ?? seen;
  await place.store.transaction(async (tx) => {
    const uri = await tx.likes.remove(person.account.id, post.id);
    if (uri === undefined) return;
    await tx.notifications.removeFrom(author.id, person.account.id, { kind: 'like', postId: post.id });
    if (uri === null) return;
    const activity = like(uri, person.account, { uri: post.uri, author });
    await publish(place, tx, {
      sender: person.account,
      kind: 'Undo',
      objectKey: likeKey(person.account, post.id),
      targets: targetsOf([author]),
      supersedes: { cancel: 'everything', needlessIfUnsent: true },
      render: (id) => renderUndo({ id, actor: person.account.uri, activity }),
    });
  });
  place.live.tell([{ kind: 'post', postId: post.id, authorId: post.authorId, change: 'counts' }]);
  place.wake();
  return ok((await place.store.posts.find(post.id))!);
}
