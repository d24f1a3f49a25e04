import { renderBlock, renderUndo } from '../activitypub/render/activities.ts';
import type { CanariError } from '../base/errors.ts';
import type { Result } from '../base/result.ts';
import type { Account, Person } from '../model/account.ts';
import type { AccountId, ActivityId } from '../model/ids.ts';
import { targetsOf } from '../outgoing/fan-out.ts';
import type { OpenPlace } from '../outgoing/open-place.ts';
import { publish } from '../outgoing/publish.ts';
import { endFollow, endFollower, findOther } from './follow.ts';

const blockKey = (me: Account, target: Account) => `block:${me.id}:${target.id}`;

/**
 * Blocks somebody: neither follows the other any more, nothing of theirs is shown or taken in, nothing of the person's is answered to them.
 * Their server is told, so that it can hide the person's posts from them.
 */
export async function block(
  place: OpenPlace,
  person: Person,
  accountId: AccountId,
): Promise<Result<Account, CanariError>> {
  const other = await findOther(place, person, accountId);
  if (!other.ok) return other;
  const me = person.account;
  const target = other.value;
  await place.store.transaction(async (tx) => {
    if (await tx.blocks.has(me.id, target.id)) return;
    await endFollow(place, tx, me, target);
    await endFollower(place, tx, me, target);
    await tx.home.removeAuthor(me.id, target.id);
    await tx.notifications.removeFrom(me.id, target.id);
    const id = place.ids.next() as ActivityId;
    const uri = place.addresses.activity(id);
    await tx.blocks.add({ id, accountId: me.id, targetId: target.id, uri, createdAtMs: place.clock.now() });
    await publish(place, tx, {
      id,
      sender: me,
      kind: 'Block',
      objectKey: blockKey(me, target),
      targets: targetsOf([target]),
      render: () => renderBlock({ id: uri, actor: me.uri, target: target.uri }),
    });
  });
  tellAccounts(place, me, target);
  return other;
}

/** Takes a block back. What it ended stays ended. */
export async function unblock(
  place: OpenPlace,
  person: Person,
  accountId: AccountId,
): Promise<Result<Account, CanariError>> {
  const other = await findOther(place, person, accountId);
  if (!other.ok) return other;
  const me = person.account;
  const target = other.value;
  await place.store.transaction(async (tx) => {
    const uri = await tx.blocks.remove(me.id, target.id);
    if (!uri) return;
    const activity = renderBlock({ id: uri, actor: me.uri, target: target.uri });
    await publish(place, tx, {
      sender: me,
      kind: 'Undo',
      objectKey: blockKey(me, target),
      targets: targetsOf([target]),
      supersedes: { cancel: 'everything', needlessIfUnsent: true },
      render: (id) => renderUndo({ id, actor: me.uri, activity }),
    });
  });
  tellAccounts(place, me, target);
  return other;
}

/** Hides somebody from home and, unless told otherwise, from notifications. Nobody is told. @param durationMs for ever when left out. */
export async function mute(
  place: OpenPlace,
  person: Person,
  accountId: AccountId,
  options: { mutesNotifications?: boolean; durationMs?: number } = {},
): Promise<Result<Account, CanariError>> {
  const other = await findOther(place, person, accountId);
  if (!other.ok) return other;
  const now = place.clock.now();
  await place.store.blocks.mute({
    id: place.ids.next(),
    accountId: person.account.id,
    targetId: accountId,
    mutesNotifications: options.mutesNotifications ?? true,
    expiresAtMs: options.durationMs ? now + options.durationMs : null,
    createdAtMs: now,
  });
  return other;
}

export async function unmute(
  place: OpenPlace,
  person: Person,
  accountId: AccountId,
): Promise<Result<Account, CanariError>> {
  const other = await findOther(place, person, accountId);
  if (!other.ok) return other;
  await place.store.blocks.unmute(person.account.id, accountId);
  return other;
}

function tellAccounts(place: OpenPlace, ...accounts: Account[]) {
  place.live.tell(accounts.map(({ id }) => ({ kind: 'follows', accountId: id })));
  place.wake();
}
