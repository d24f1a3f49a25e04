import type { InnerActivity } from '../../activitypub/parse/activity.ts';
import type { OpenPlace } from '../../outgoing/open-place.ts';
import type { Follow } from '../../store/place/follows.ts';
import type { PlaceTransaction } from '../../store/place/place-store.ts';
import { type ApplyVerb, applied, type Done, ignored, ready } from './outcome.ts';
import { findPerson } from './people.ts';

/**
 * The answer to a follow that a person here has sent. It counts only from the one who was asked, and only while there is such a follow:
 * nobody becomes a follower of somebody by the other's word (CVE-2025-30741, THREATS 23).
 */
export const applyAcceptOrReject: ApplyVerb<'Accept' | 'Reject'> = async (place, activity) => {
  const { inner } = activity;
  if (inner.type !== null && inner.type !== 'Follow') return ignored(`the answer to a ${inner.type} is not acted on`);
  const answering = await place.store.accounts.findByUri(activity.actor);
  if (!answering) return ignored('nobody here has asked them');
  const follow = await findAsked(place, inner, activity.actor);
  if (!follow || follow.followeeId !== answering.id) return ignored('nobody here has asked them');
  if (!(await place.store.people.find(follow.followerId))) return ignored('the follower is nobody here');
  return ready((tx) => (activity.verb === 'Accept' ? accept(tx, follow) : reject(tx, follow)));
};

/** By the id of our Follow, or by who and whom: some peers answer with an id of their own making. */
async function findAsked(place: OpenPlace, inner: InnerActivity, answering: string): Promise<Follow | undefined> {
  const byId = inner.id === null ? undefined : await place.store.follows.findByUri(inner.id);
  if (byId || inner.actor === null) return byId;
  const person = await findPerson(place, inner.actor);
  const asked = await place.store.accounts.findByUri(inner.object ?? answering);
  return person && asked && place.store.follows.find(person.account.id, asked.id);
}

async function accept(tx: PlaceTransaction, { followerId, followeeId }: Follow): Promise<Done> {
  if (!(await tx.follows.accept(followerId, followeeId)))
    return ignored('it was accepted before, or is wanted no more');
  await tx.home.fill(followerId, followeeId);
  return applied('they said yes', [{ kind: 'follows', accountId: followerId }]);
}

async function reject(tx: PlaceTransaction, { followerId, followeeId }: Follow): Promise<Done> {
  if (!(await tx.follows.remove(followerId, followeeId))) return ignored('it is wanted no more');
  await tx.home.removeAuthor(followerId, followeeId);
  return applied('they said no', [{ kind: 'follows', accountId: followerId }]);
}
