import type { Clock } from '../base/clock.ts';
import type { IdMaker } from '../base/ids.ts';
import type { AccountId, NotificationId, PostId } from '../model/ids.ts';
import type { NotificationKind, Post } from '../model/post.ts';
import type { PlaceTransaction } from '../store/place/place-store.ts';
import type { LiveEvent } from './live.ts';

/** What surfacing needs of an open place. */
interface Surroundings {
  readonly ids: IdMaker;
  readonly clock: Clock;
}

/**
 * Puts a post that has just arrived (or was just written) where it surfaces: into the homes of those who follow, and to those named, answered
 * or boosted as a notification. Inside the transaction that stored the post; the events are told after its commit.
 */
export async function surfacePost(tx: PlaceTransaction, place: Surroundings, post: Post): Promise<LiveEvent[]> {
  const events: LiveEvent[] = [{ kind: 'post', postId: post.id, authorId: post.authorId, change: 'new' }];
  if (post.boostOfId) {
    events.push(...(await surfaceBoost(tx, place, post, post.boostOfId)));
    return events;
  }
  const mentioned = await tx.posts.mentionedIds(post.id);
  for (const personId of await homesOf(tx, post, mentioned)) {
    if (await tx.home.add(personId, post.id, place.ids.next()))
      events.push({ kind: 'home', personId, postId: post.id });
  }
  for (const accountId of mentioned) {
    events.push(
      ...(await notify(tx, place, { personId: accountId, kind: 'mention', accountId: post.authorId, postId: post.id })),
    );
  }
  if (post.inReplyToId) events.push(await countsOf(tx, post.inReplyToId));
  return events;
}

/**
 * Whose home a post belongs to: the author's own, and that of followers, for whom an answer to somebody whom they do not follow stays in its
 * thread. A direct post only where its reader is named.
 */
async function homesOf(tx: PlaceTransaction, post: Post, mentioned: readonly AccountId[]): Promise<AccountId[]> {
  const followers = await tx.follows.localFollowers(post.authorId);
  const author = await tx.people.find(post.authorId);
  const homes: AccountId[] = author ? [post.authorId] : [];
  for (const personId of followers) {
    if (post.audience === 'direct' && !mentioned.includes(personId)) continue;
    if (await isTalkingToStrangers(tx, post, personId, mentioned)) continue;
    homes.push(personId);
  }
  return homes;
}

async function isTalkingToStrangers(
  tx: PlaceTransaction,
  post: Post,
  personId: AccountId,
  mentioned: readonly AccountId[],
) {
  if (!post.inReplyToUri || mentioned.includes(personId)) return false;
  if (post.inReplyToAccountId === null) return true;
  if (post.inReplyToAccountId === personId || post.inReplyToAccountId === post.authorId) return false;
  const follow = await tx.follows.find(personId, post.inReplyToAccountId);
  return follow?.state !== 'accepted';
}

async function surfaceBoost(
  tx: PlaceTransaction,
  place: Surroundings,
  boost: Post,
  postId: PostId,
): Promise<LiveEvent[]> {
  const original = await tx.posts.find(postId);
  if (!original) return [];
  const events: LiveEvent[] = [await countsOf(tx, postId)];
  const homes = await tx.follows.localFollowers(boost.authorId, { ofBoosts: true });
  if (await tx.people.find(boost.authorId)) homes.push(boost.authorId);
  for (const personId of homes) {
    if (await tx.blocks.between(personId, original.authorId)) continue;
    if (await tx.home.add(personId, boost.id, place.ids.next()))
      events.push({ kind: 'home', personId, postId: boost.id });
  }
  const told = { personId: original.authorId, kind: 'boost', accountId: boost.authorId, postId } as const;
  events.push(...(await notify(tx, place, told)));
  return events;
}

async function countsOf(tx: PlaceTransaction, postId: PostId): Promise<LiveEvent> {
  const post = await tx.posts.find(postId);
  return { kind: 'post', postId, authorId: post?.authorId ?? ('' as AccountId), change: 'counts' };
}

/** A notification, unless the account is no person of this place, did it to itself, is blocked or muted. Once per kind, account and post. */
export async function notify(
  tx: PlaceTransaction,
  place: Surroundings,
  what: { personId: AccountId; kind: NotificationKind; accountId: AccountId; postId: PostId | null },
): Promise<LiveEvent[]> {
  const { personId, accountId } = what;
  if (personId === accountId) return [];
  if (!(await tx.people.find(personId))) return [];
  const now = place.clock.now();
  if (await tx.blocks.between(personId, accountId)) return [];
  if (await tx.blocks.silences(personId, accountId, now)) return [];
  const notificationId = place.ids.next() as NotificationId;
  const added = await tx.notifications.add({ ...what, id: notificationId, createdAtMs: now });
  return added ? [{ kind: 'notification', personId, notificationId }] : [];
}
