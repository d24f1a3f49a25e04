import { type ApplyVerb, applied, ignored, notHad, ready } from './outcome.ts';
import { findPerson } from './people.ts';

/** Somebody elsewhere blocks a person here: neither follows the other any more, and neither is shown to the other. The person is not told. */
export const applyBlock: ApplyVerb<'Block'> = async (place, activity, { budget }) => {
  const person = await findPerson(place, activity.object);
  if (!person) return ignored('nobody here is blocked by it');
  const found = await place.remote.findAccount(activity.actor, { budget });
  if (!found.ok) return notHad(found.error);
  const [me, other] = [person.account, found.value];
  return ready(async (tx) => {
    if (await tx.incoming.useUndone(activity.id, other.id)) return ignored('it was taken back before it came');
    await tx.blocks.add({
      id: place.ids.next(),
      accountId: other.id,
      targetId: me.id,
      uri: activity.id,
      createdAtMs: place.clock.now(),
    });
    await tx.follows.remove(me.id, other.id);
    await tx.follows.remove(other.id, me.id);
    await tx.home.removeAuthor(me.id, other.id);
    return applied('blocked', [
      { kind: 'follows', accountId: me.id },
      { kind: 'follows', accountId: other.id },
    ]);
  });
};
