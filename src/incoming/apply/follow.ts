import type { Account, Person } from '../../model/account.ts';
import type { FollowId } from '../../model/ids.ts';
import type { OpenPlace } from '../../outgoing/open-place.ts';
import { answerFollow, welcome } from '../../people/follow.ts';
import type { Follow } from '../../store/place/follows.ts';
import type { PlaceTransaction } from '../../store/place/place-store.ts';
import { type ApplyVerb, applied, type Done, ignored, notHad, ready } from './outcome.ts';
import { findPerson } from './people.ts';

/** Somebody wants to follow a person here: at once, or, when the person approves followers, after their yes. */
export const applyFollow: ApplyVerb<'Follow'> = async (place, activity, { budget }) => {
  const person = await findPerson(place, activity.object);
  if (!person) return ignored('nobody here is followed by it');
  const found = await place.remote.findAccount(activity.actor, { budget });
  if (!found.ok) return notHad(found.error);
  const follower = found.value;
  if (await place.store.blocks.between(person.account.id, follower.id))
    return ignored('one of them has blocked the other');
  return ready((tx) => takeFollow(place, tx, person, follower, activity.id));
};

async function takeFollow(
  place: OpenPlace,
  tx: PlaceTransaction,
  person: Person,
  follower: Account,
  uri: string,
): Promise<Done> {
  if (await tx.incoming.useUndone(uri, follower.id)) return ignored('it was taken back before it came');
  const me = person.account;
  const before = await tx.follows.find(follower.id, me.id);
  if (before?.state === 'accepted') {
    // They ask again because our yes was lost: say it again, to this question.
    await tx.follows.save({ ...before, uri });
    await answerFollow(place, tx, me, follower, { uri }, 'Accept');
    return applied('follows already');
  }
  const asked: Follow = {
    id: before?.id ?? (place.ids.next() as FollowId),
    followerId: follower.id,
    followeeId: me.id,
    state: me.locked ? 'requested' : 'accepted',
    uri,
    showsBoosts: true,
    createdAtMs: before?.createdAtMs ?? place.clock.now(),
  };
  await tx.follows.save(asked);
  const events = await welcome(tx, place, asked);
  if (asked.state === 'accepted') await answerFollow(place, tx, me, follower, asked, 'Accept');
  return applied(asked.state === 'accepted' ? 'follows' : 'waits for a yes', [
    ...events,
    { kind: 'follows', accountId: me.id },
  ]);
}
