import type { OpenPlace } from '../outgoing/open-place.ts';

/**
 * An inbox answered 410: it is closed for ever. The one account that it belongs to follows nobody here any more; where it was a shared inbox,
 * its people are told in their own inboxes from now on.
 */
export async function dropInbox(place: OpenPlace, inboxUrl: string): Promise<void> {
  const ended = await place.store.transaction(async (tx) => {
    await tx.accounts.forgetSharedInbox(inboxUrl);
    const owners = await tx.accounts.loadByInbox(inboxUrl);
    for (const owner of owners) await tx.follows.removeAllOf(owner.id);
    return owners;
  });
  place.live.tell(ended.map(({ id }) => ({ kind: 'follows', accountId: id })));
}
