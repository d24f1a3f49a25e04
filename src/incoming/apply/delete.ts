import { isSameOrigin } from '../../base/net/hostname.ts';
import type { LiveEvent } from '../../live/live.ts';
import type { Account } from '../../model/account.ts';
import type { Post } from '../../model/post.ts';
import type { OpenPlace } from '../../outgoing/open-place.ts';
import type { PlaceTransaction } from '../../store/place/place-store.ts';
import { type ApplyVerb, applied, type Coming, type Done, ignored, notHad, type Outcome, ready } from './outcome.ts';

/** A post or an account is no more. Only its author's own word counts, not that of others on the same server (THREATS 20). */
export const applyDelete: ApplyVerb<'Delete'> = async (place, { actor, object }, coming) => {
  const account = await place.store.accounts.findByUri(actor);
  if (!account || account.domain === null) return ignored('nothing of that is known here');
  if (object.id === actor) return forgetAccount(place, account, coming);
  if (!coming.isSigned) return ignored('nobody has signed it');
  return ready((tx) => removePost(place, tx, account, object.id));
};

async function removePost(place: OpenPlace, tx: PlaceTransaction, account: Account, uri: string): Promise<Done> {
  const post = await tx.posts.findByUri(uri);
  if (!post) {
    if (!isSameOrigin(uri, account.uri)) return ignored('it is not on their server');
    // It may still come: remembered as deleted by this account, for no other can this hide anything.
    await tx.incoming.rememberUndone(uri, account.id, place.clock.now());
    return applied('should it come, it is deleted already');
  }
  if (post.authorId !== account.id) return ignored('they did not write it');
  return applied('deleted', await takeAway(place, tx, post));
}

/** Removes a post or boost for good. */
async function takeAway(place: OpenPlace, tx: PlaceTransaction, post: Post): Promise<LiveEvent[]> {
  await tx.posts.remove(post.id);
  await tx.posts.bury(post.uri, place.clock.now());
  const events: LiveEvent[] = [{ kind: 'post-deleted', postId: post.id, authorId: post.authorId, uri: post.uri }];
  for (const id of [post.inReplyToId, post.boostOfId]) {
    const other = id === null ? undefined : await tx.posts.find(id);
    if (other) events.push({ kind: 'post', postId: other.id, authorId: other.authorId, change: 'counts' });
  }
  return events;
}

/** Posts that leave in one transaction: an account of ten thousand must not stop everything else. */
const postsAtATime = 50;

/** Forgets an account: posts, follows, what it brought about. Its row stays, marked as gone, so that nothing of it comes back. */
async function forgetAccount(place: OpenPlace, account: Account, { isSigned, budget }: Coming): Promise<Outcome> {
  if (!isSigned) {
    // The key's address said 410; only the actor's own says that the actor is gone (THREATS 67).
    const asked = await place.remote.findAccount(account.uri, { budget, refresh: true });
    if (asked.ok) return ignored('the account is still there');
    if (asked.error.reason !== 'gone') return notHad(asked.error);
  }
  for (;;) {
    const posts = await place.store.posts.ofAuthor(account.id, postsAtATime);
    if (posts.length === 0) break;
    const events = await place.store.transaction(async (tx) => {
      const told: LiveEvent[] = [];
      for (const post of posts) told.push(...(await takeAway(place, tx, post)));
      return told;
    });
    place.live.tell(events);
  }
  return ready(async (tx) => {
    const now = place.clock.now();
    await tx.accounts.markGone(account.id, now);
    await tx.follows.removeAllOf(account.id);
    for (const person of await tx.people.all()) await tx.notifications.removeFrom(person.account.id, account.id);
    await tx.accounts.update(account.id, {
      bioHtml: '',
      displayName: '',
      avatarUrl: null,
      headerUrl: null,
      fields: [],
    });
    const people = (await tx.people.all()).map(
      (person): LiveEvent => ({ kind: 'follows', accountId: person.account.id }),
    );
    return applied('forgotten', [{ kind: 'account', accountId: account.id }, ...people]);
  });
}
