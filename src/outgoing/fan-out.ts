import { priorities } from '../delivery/contract.ts';
import type { Account } from '../model/account.ts';
import type { AccountId, PostId } from '../model/ids.ts';
import { isForEveryone, type Post } from '../model/post.ts';
import type { PlaceTransaction } from '../store/place/place-store.ts';
import type { Target } from './publish.ts';
import { chooseReach, threadInboxes } from './reach.ts';

/** One target per inbox address, with the most urgent priority and the greatest weight that was asked for it. */
export function mergeTargets(targets: Iterable<Target>): Target[] {
  const merged = new Map<string, Target>();
  for (const target of targets) {
    const known = merged.get(target.inboxUrl);
    merged.set(target.inboxUrl, {
      inboxUrl: target.inboxUrl,
      priority: known && known.priority < target.priority ? known.priority : target.priority,
      weight: Math.max(known?.weight ?? 0, target.weight),
    });
  }
  return [...merged.values()];
}

/** The own inbox of each account that somebody waits for: named, answered, followed. */
export const targetsOf = (accounts: readonly Account[]): Target[] =>
  accounts.flatMap((account) =>
    account.domain !== null && account.inboxUrl !== null && account.goneAtMs === null
      ? [{ inboxUrl: account.inboxUrl, priority: priorities.waitedFor, weight: 1 }]
      : [],
  );

/**
 * Where a new post or boost goes: to the people named and answered first, then to the followers' servers as its reach says. A shared inbox
 * stands for all people of a server, except for posts that not everyone may see where somebody there is blocked (THREATS 55).
 */
export async function planFanOut(tx: PlaceTransaction, post: Post, named: readonly Account[]): Promise<Target[]> {
  const answered = post.inReplyToAccountId ? await tx.accounts.find(post.inReplyToAccountId) : undefined;
  const blocked = async (id: AccountId) => tx.blocks.between(post.authorId, id);
  const people: Account[] = [];
  // Whom a private answer does not name, it does not reach: the audience decides, not the thread.
  const concerned = answered && isForEveryone(post.audience) ? [...named, answered] : named;
  for (const account of concerned) if (!(await blocked(account.id))) people.push(account);
  const targets = targetsOf(people);
  if (post.audience === 'direct') return mergeTargets(targets);
  const followers = await tx.follows.inboxesOfFollowers(post.authorId, {
    withoutShared: isForEveryone(post.audience) ? 'never' : 'where-blocked',
  });
  const reach = chooseReach(post, followers.length);
  const far =
    reach === 'all'
      ? followers.map(({ inboxUrl, followers: weight }) => ({ inboxUrl, weight }))
      : await threadInboxes(tx, post, followers);
  targets.push(...far.map((target) => ({ ...target, priority: priorities.post })));
  return withoutDoubles(mergeTargets(targets), people);
}

/** A server whose shared inbox is told needs no second copy in a named person's own inbox; the urgency moves to the shared one. */
function withoutDoubles(targets: readonly Target[], people: readonly Account[]): Target[] {
  const byUrl = new Map(targets.map((target) => [target.inboxUrl, target]));
  for (const { inboxUrl, sharedInboxUrl } of people) {
    const shared = sharedInboxUrl ? byUrl.get(sharedInboxUrl) : undefined;
    if (!inboxUrl || !shared || inboxUrl === sharedInboxUrl || !byUrl.has(inboxUrl)) continue;
    byUrl.delete(inboxUrl);
    byUrl.set(shared.inboxUrl, { ...shared, priority: priorities.waitedFor });
  }
  return [...byUrl.values()];
}

/** Every inbox that was sent something of a post, or whose people took part: an Update and a Delete go there too. */
export async function touchedTargets(tx: PlaceTransaction, postId: PostId): Promise<Target[]> {
  const inboxes = await tx.activities.inboxesTouchedBy(postId);
  return inboxes.map((inboxUrl) => ({ inboxUrl, priority: priorities.post, weight: 0 }));
}

/** All servers of a person's followers, for what everyone may see. */
export async function followersTargets(tx: PlaceTransaction, personId: AccountId): Promise<Target[]> {
  const followers = await tx.follows.inboxesOfFollowers(personId, { withoutShared: 'never' });
  return followers.map(({ inboxUrl, followers: weight }) => ({ inboxUrl, weight, priority: priorities.post }));
}
