import type { InnerActivity } from '../../activitypub/parse/activity.ts';
import { isSameOrigin } from '../../base/net/hostname.ts';
import type { LiveEvent } from '../../live/live.ts';
import type { Account } from '../../model/account.ts';
import type { OpenPlace } from '../../outgoing/open-place.ts';
import type { PlaceTransaction } from '../../store/place/place-store.ts';
import { type ApplyVerb, applied, ignored, ready } from './outcome.ts';

const undone = ['Follow', 'Like', 'Announce', 'Block'] as const;
type Undone = (typeof undone)[number];
const isUndone = (type: string): type is Undone => (undone as readonly string[]).includes(type);

/**
 * Somebody takes back what they did, and only what they did themselves. One that comes before what it takes back is remembered, so that this has
 * no effect when it comes.
 */
export const applyUndo: ApplyVerb<'Undo'> = async (place, activity) => {
  const { inner } = activity;
  if (inner.type !== null && !isUndone(inner.type)) return ignored(`taking back a ${inner.type} is not acted on`);
  if (inner.actor !== null && inner.actor !== activity.actor) return ignored('it takes back what somebody else did');
  const account = await place.store.accounts.findByUri(activity.actor);
  if (!account) return ignored('they have done nothing here');
  const kinds: readonly Undone[] = inner.type === null ? undone : [inner.type as Undone];
  return ready(async (tx) => {
    for (const kind of kinds) {
      const events = await takeBack[kind](place, tx, account, inner);
      if (!events) continue;
      if (inner.id !== null && isSameOrigin(inner.id, account.uri)) await tx.incoming.forgetTaken(inner.id);
      return applied(`${kind} taken back`, events);
    }
    if (inner.id === null) return ignored('there is nothing to take back');
    await tx.incoming.rememberUndone(inner.id, account.id, place.clock.now());
    return applied('should it come, it is taken back already');
  });
};

/** Each gives what changed, or undefined when there is nothing to take back. */
type TakeBack = (
  place: OpenPlace,
  tx: PlaceTransaction,
  account: Account,
  inner: InnerActivity,
) => Promise<LiveEvent[] | undefined>;

/** By who and whom first: some peers (Lemmy) give the inner Follow a new id each time. */
const takeBackFollow: TakeBack = async (_place, tx, account, inner) => {
  const target = inner.object === null ? undefined : await tx.accounts.findByUri(inner.object);
  const follow = target
    ? await tx.follows.find(account.id, target.id)
    : inner.id === null
      ? undefined
      : await tx.follows.findByUri(inner.id);
  if (!follow || follow.followerId !== account.id) return undefined;
  await tx.follows.remove(follow.followerId, follow.followeeId);
  for (const kind of ['follow', 'follow-request'] as const) {
    await tx.notifications.removeFrom(follow.followeeId, account.id, { kind, postId: null });
  }
  return [{ kind: 'follows', accountId: follow.followeeId }];
};

const takeBackLike: TakeBack = async (_place, tx, account, inner) => {
  const liked = inner.object === null ? undefined : await tx.posts.findByUri(inner.object);
  const byId = liked || inner.id === null ? undefined : await tx.likes.findByUri(inner.id);
  const postId = liked?.id ?? (byId?.accountId === account.id ? byId.postId : undefined);
  if (!postId || (await tx.likes.remove(account.id, postId)) === undefined) return undefined;
  const post = await tx.posts.find(postId);
  if (!post) return [];
  await tx.notifications.removeFrom(post.authorId, account.id, { kind: 'like', postId });
  return [{ kind: 'post', postId, authorId: post.authorId, change: 'counts' }];
};

const takeBackBoost: TakeBack = async (_place, tx, account, inner) => {
  const byId = inner.id === null ? undefined : await tx.posts.findByUri(inner.id);
  const boosted = byId || inner.object === null ? undefined : await tx.posts.findByUri(inner.object);
  const boost = byId ?? (boosted && (await tx.posts.findBoost(account.id, boosted.id)));
  if (!boost?.boostOfId || boost.authorId !== account.id) return undefined;
  await tx.posts.remove(boost.id);
  const post = await tx.posts.find(boost.boostOfId);
  const events: LiveEvent[] = [{ kind: 'post-deleted', postId: boost.id, authorId: boost.authorId, uri: boost.uri }];
  if (!post) return events;
  await tx.notifications.removeFrom(post.authorId, account.id, { kind: 'boost', postId: post.id });
  return [...events, { kind: 'post', postId: post.id, authorId: post.authorId, change: 'counts' }];
};

const takeBackBlock: TakeBack = async (_place, tx, account, inner) => {
  const target = inner.object === null ? undefined : await tx.accounts.findByUri(inner.object);
  if (!target || (await tx.blocks.remove(account.id, target.id)) === undefined) return undefined;
  return [
    { kind: 'follows', accountId: account.id },
    { kind: 'follows', accountId: target.id },
  ];
};

const takeBack: Record<Undone, TakeBack> = {
  Follow: takeBackFollow,
  Like: takeBackLike,
  Announce: takeBackBoost,
  Block: takeBackBlock,
};
