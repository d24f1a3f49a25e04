import { notify } from '../../live/surface.ts';
import { type ApplyVerb, applied, ignored, notHad, ready } from './outcome.ts';

/** Somebody likes a post of a person here, or reacts to it, which counts the same. Likes of other posts are not counted here. */
export const applyLike: ApplyVerb<'Like'> = async (place, activity, { budget }) => {
  const post = await place.store.posts.findByUri(activity.object);
  if (!post || post.boostOfId !== null || !(await place.store.people.find(post.authorId))) {
    return ignored('not a post of anybody here');
  }
  const found = await place.remote.findAccount(activity.actor, { budget });
  if (!found.ok) return notHad(found.error);
  const liker = found.value;
  return ready(async (tx) => {
    // A block either way hides the post as well.
    if (!(await tx.views.maySee(post.id, liker.id))) return ignored('they may not see the post');
    if (await tx.incoming.useUndone(activity.id, liker.id)) return ignored('it was taken back before it came');
    const now = place.clock.now();
    const like = { id: place.ids.next(), accountId: liker.id, postId: post.id, uri: activity.id, createdAtMs: now };
    if (!(await tx.likes.add(like))) return ignored('they liked it before');
    const events = await notify(tx, place, {
      personId: post.authorId,
      kind: 'like',
      accountId: liker.id,
      postId: post.id,
    });
    return applied('liked', [...events, { kind: 'post', postId: post.id, authorId: post.authorId, change: 'counts' }]);
  });
};
