import type { CanariError } from '../base/errors.ts';
import { failed, ok, type Result } from '../base/result.ts';
import type { Person } from '../model/account.ts';
import type { PostId } from '../model/ids.ts';
import { isForEveryone, type PostView } from '../model/post.ts';
import { deleteActivity } from './activities.ts';
import { unboostPost } from './boost.ts';
import { postNotFound } from './compose.ts';
import { mergeTargets, planChange, targetsOf, touchedTargets } from './fan-out.ts';
import type { OpenPlace } from './open-place.ts';
import { publish } from './publish.ts';

/**
 * Deletes one's own post here and asks every server that was sent it, whose people took part or that fetched it to do the same; of a public post
 * that went to all, or that somebody fetched without signing, also all followers' servers of today. Deleting a boost takes the boost back.
 * @returns the post as it was.
 */
export async function deletePost(
  place: OpenPlace,
  person: Person,
  postId: PostId,
): Promise<Result<PostView, CanariError>> {
  const view = await place.store.views.find(postId, person.account.id);
  if (!view || view.post.authorId !== person.account.id) return failed(postNotFound());
  if (view.boostOf) {
    await unboostPost(place, person, view.boostOf.post.id);
    return ok(view);
  }
  const { post } = view;
  const now = place.clock.now();
  await place.store.fetches.flush();
  await place.store.transaction(async (tx) => {
    // Of what only some may see, nobody hears now who did not hear then.
    const concerned = isForEveryone(post.audience)
      ? await planChange(tx, post, view.mentions)
      : await touchedTargets(tx, postId);
    const targets = [...concerned, ...targetsOf(view.mentions)];
    await tx.posts.remove(postId);
    await tx.posts.bury(post.uri, now);
    await publish(place, tx, {
      ...deleteActivity(place, view, now),
      targets: mergeTargets(targets),
      supersedes: { cancel: 'everything' },
    });
  });
  place.live.tell([{ kind: 'post-deleted', postId, authorId: post.authorId, uri: post.uri }]);
  if (post.inReplyToId && post.inReplyToAccountId) {
    place.live.tell([{ kind: 'post', postId: post.inReplyToId, authorId: post.inReplyToAccountId, change: 'counts' }]);
  }
  place.wake();
  return ok(view);
}
