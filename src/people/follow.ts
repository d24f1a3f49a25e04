import { renderAccept, renderFollow, renderReject, renderUndo } from '../activitypub/render/activities.ts';
import { CanariError } from '../base/errors.ts';
import { failed, ok, type Result } from '../base/result.ts';
import type { LiveEvent } from '../live/live.ts';
import { notify } from '../live/surface.ts';
import type { Account, Person } from '../model/account.ts';
import type { AccountId, ActivityId, FollowId } from '../model/ids.ts';
import { targetsOf } from '../outgoing/fan-out.ts';
import type { OpenPlace } from '../outgoing/open-place.ts';
import { publish } from '../outgoing/publish.ts';
import type { Follow } from '../store/place/follows.ts';
import type { PlaceTransaction } from '../store/place/place-store.ts';

/** Follow, its answer and its Undo keep their order at the destination. */
export const followKey = (followerId: AccountId, followeeId: AccountId) => `follow:${followerId}:${followeeId}`;

export const accountNotFound = () =>
  new CanariError('CANARI_ACCOUNT_NOT_FOUND', 'There is no such account, or it is gone.', { status: 404 });

/** The other account of a verb; fails for nobody and for oneself. */
export async function findOther(
  place: OpenPlace,
  person: Person,
  accountId: AccountId,
): Promise<Result<Account, CanariError>> {
  const account = await place.store.accounts.find(accountId);
  if (!account || account.goneAtMs !== null) return failed(accountNotFound());
  if (accountId === person.account.id) {
    return failed(new CanariError('CANARI_ONESELF', 'That is you.', { hint: 'Choose somebody else.' }));
  }
  return ok(account);
}

/**
 * Follows somebody. Elsewhere it is a request until their server says yes; here at once, unless they approve followers themselves.
 * Following again changes only whether boosts are shown. Fails with `CANARI_ACCOUNT_NOT_FOUND`, `CANARI_ONESELF`, `CANARI_BLOCKED`,
 * `CANARI_NOT_FEDERATING`.
 */
export async function follow(
  place: OpenPlace,
  person: Person,
  accountId: AccountId,
  options: { showsBoosts?: boolean } = {},
): Promise<Result<Follow, CanariError>> {
  const other = await findOther(place, person, accountId);
  if (!other.ok) return other;
  const account = other.value;
  const me = person.account;
  if (await place.store.blocks.between(me.id, account.id)) {
    return failed(
      new CanariError('CANARI_BLOCKED', 'One of you has blocked the other.', {
        status: 403,
        hint: 'Unblock first, if it was you.',
      }),
    );
  }
  if (account.domain !== null && !place.identity.federates) return failed(notFederating());
  const events: LiveEvent[] = [];
  const saved = await place.store.transaction(async (tx) => {
    const before = await tx.follows.find(me.id, account.id);
    const showsBoosts = options.showsBoosts ?? before?.showsBoosts ?? true;
    if (before) {
      const changed = { ...before, showsBoosts };
      await tx.follows.save(changed);
      return changed;
    }
    const id = place.ids.next() as FollowId & ActivityId;
    const local = account.domain === null;
    const created: Follow = {
      id,
      followerId: me.id,
      followeeId: account.id,
      state: local && !account.locked ? 'accepted' : 'requested',
      uri: place.addresses.activity(id),
      showsBoosts,
      createdAtMs: place.clock.now(),
    };
    await tx.follows.save(created);
    if (local) {
      events.push(...(await welcome(tx, place, created)));
      return created;
    }
    await publish(place, tx, {
      id,
      sender: me,
      kind: 'Follow',
      objectKey: followKey(me.id, account.id),
      targets: targetsOf([account]),
      render: (uri) => renderFollow({ id: uri, actor: me.uri, target: account.uri }),
    });
    return created;
  });
  place.live.tell([...events, { kind: 'follows', accountId: me.id }, { kind: 'follows', accountId: account.id }]);
  place.wake();
  return ok(saved);
}

export const notFederating = () =>
  new CanariError('CANARI_NOT_FEDERATING', 'This place has no domain yet, so nobody elsewhere can answer it.', {
    hint: 'Give it one: canari setup --domain example.org',
    status: 409,
  });

/** What a new follow (or request) of a person here brings about: the follower's home is filled, the followed one is told. */
export async function welcome(tx: PlaceTransaction, place: OpenPlace, saved: Follow): Promise<LiveEvent[]> {
  if (saved.state === 'accepted' && (await tx.people.find(saved.followerId))) {
    await tx.home.fill(saved.followerId, saved.followeeId);
  }
  const kind = saved.state === 'accepted' ? 'follow' : 'follow-request';
  return notify(tx, place, { personId: saved.followeeId, kind, accountId: saved.followerId, postId: null });
}

/** Stops following, or takes a request back. Nothing happens when there is none. */
export async function unfollow(
  place: OpenPlace,
  person: Person,
  accountId: AccountId,
): Promise<Result<Account, CanariError>> {
  const other = await findOther(place, person, accountId);
  if (!other.ok) return other;
  await place.store.transaction((tx) => endFollow(place, tx, person.account, other.value));
  tellFollows(place, person.account.id, accountId);
  return other;
}

/** Removes the follow of `me` towards `account`, tells its server, and takes the posts out of the home. */
export async function endFollow(place: OpenPlace, tx: PlaceTransaction, me: Account, account: Account): Promise<void> {
  const ended = await tx.follows.remove(me.id, account.id);
  if (!ended) return;
  await tx.home.removeAuthor(me.id, account.id);
  for (const kind of ['follow', 'follow-request'] as const) {
    await tx.notifications.removeFrom(account.id, me.id, { kind, postId: null });
  }
  if (account.domain === null || ended.uri === null) return;
  const activity = renderFollow({ id: ended.uri, actor: me.uri, target: account.uri });
  await publish(place, tx, {
    sender: me,
    kind: 'Undo',
    objectKey: followKey(me.id, account.id),
    targets: targetsOf([account]),
    supersedes: { cancel: 'everything', needlessIfUnsent: true },
    render: (id) => renderUndo({ id, actor: me.uri, activity }),
  });
}

function tellFollows(place: OpenPlace, ...ids: AccountId[]) {
  place.live.tell(ids.map((accountId) => ({ kind: 'follows', accountId })));
  place.wake();
}

/** Says yes to somebody who asked to follow the person. Nothing happens when nobody asked. */
export async function acceptFollow(
  place: OpenPlace,
  person: Person,
  followerId: AccountId,
): Promise<Result<Account, CanariError>> {
  const other = await findOther(place, person, followerId);
  if (!other.ok) return other;
  const events: LiveEvent[] = [];
  await place.store.transaction(async (tx) => {
    const asked = await tx.follows.find(followerId, person.account.id);
    if (!asked || !(await tx.follows.accept(followerId, person.account.id))) return;
    await tx.notifications.removeFrom(person.account.id, followerId, { kind: 'follow-request', postId: null });
    events.push(...(await welcome(tx, place, { ...asked, state: 'accepted' })));
    await answerFollow(place, tx, person.account, other.value, asked, 'Accept');
  });
  place.live.tell(events);
  tellFollows(place, person.account.id, followerId);
  return other;
}

/** Says no to a request, or removes somebody who follows already. */
export async function rejectFollow(
  place: OpenPlace,
  person: Person,
  followerId: AccountId,
): Promise<Result<Account, CanariError>> {
  const other = await findOther(place, person, followerId);
  if (!other.ok) return other;
  await place.store.transaction((tx) => endFollower(place, tx, person.account, other.value));
  tellFollows(place, person.account.id, followerId);
  return other;
}
export const removeFollower = rejectFollow;

/** Removes `follower` from the followers of `me` and tells their server. */
export async function endFollower(
  place: OpenPlace,
  tx: PlaceTransaction,
  me: Account,
  follower: Account,
): Promise<void> {
  const ended = await tx.follows.remove(follower.id, me.id);
  if (!ended) return;
  for (const kind of ['follow', 'follow-request'] as const) {
    await tx.notifications.removeFrom(me.id, follower.id, { kind, postId: null });
  }
  await tx.home.removeAuthor(follower.id, me.id);
  await answerFollow(place, tx, me, follower, ended, 'Reject');
}

/** The answer to a follow goes out through the one door; a follower of this place needs none. */
export async function answerFollow(
  place: OpenPlace,
  tx: PlaceTransaction,
  me: Account,
  follower: Account,
  asked: { readonly uri: string | null },
  answer: 'Accept' | 'Reject',
): Promise<void> {
  if (follower.domain === null) return;
  const render = answer === 'Accept' ? renderAccept : renderReject;
  await publish(place, tx, {
    sender: me,
    kind: answer,
    objectKey: followKey(follower.id, me.id),
    targets: targetsOf([follower]),
    render: (id) => render({ id, actor: me.uri, follow: { id: asked.uri, follower: follower.uri } }),
  });
}
