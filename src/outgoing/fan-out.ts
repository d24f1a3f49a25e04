import { priorities } from '../delivery/contract.ts';
import type { Account } from '../model/account.ts';
import type { AccountId, PostId } from '../model/ids.ts';
import { isForEveryone, type Post } from '../model/post.ts';
import type { Reach } from '../model/reach.ts';
import type { PlaceTransaction } from '../store/place/place-store.ts';
import type { Target } from './publish.ts';
import { chooseReach, hasReach, type ReachReader, threadInboxes } from './reach.ts';

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
      ? [{ inboxUrl: account.inboxUrl, priority: priorities.waitedFor, weight: 0 }]
      : [],
  );

/** Where something goes, and the reach that this comes from; null where there is none to choose. */
export interface Plan {
  readonly targets: Target[];
  readonly reach: Reach | null;
}

/** What of a post decides where it goes. */
export type Planned = Pick<Post, 'audience' | 'authorId' | 'inReplyToUri' | 'inReplyToAccountId' | 'rootId' | 'reach'>;

/**
 * Where a new post or boost goes: to the people named and answered first, then to the followers' servers as its reach says. A shared inbox
 * stands for all people of a server, except for posts that not everyone may see where somebody there is blocked (THREATS 55).
 * @param wishes the reach wanted, most important wish first; a post that has its reach already keeps it.
 */
export async function planFanOut(
  tx: ReachReader,
  post: Planned,
  named: readonly Account[],
  wishes: readonly (Reach | null | undefined)[] = [],
): Promise<Plan> {
  const answered = post.inReplyToAccountId ? await tx.accounts.find(post.inReplyToAccountId) : undefined;
  const blocked = async (id: AccountId) => tx.blocks.between(post.authorId, id);
  const people: Account[] = [];
  // Whom a private answer does not name, it does not reach: the audience decides, not the thread.
  const concerned = answered && isForEveryone(post.audience) ? [...named, answered] : named;
  for (const account of concerned) if (!(await blocked(account.id))) people.push(account);
  const targets = targetsOf(people);
  if (post.audience === 'direct') return { targets: mergeTargets(targets), reach: null };
  const followers = await tx.follows.inboxesOfFollowers(post.authorId, {
    withoutShared: isForEveryone(post.audience) ? 'never' : 'where-blocked',
  });
  const reach = hasReach(post) ? chooseReach([post.reach, ...wishes], followers.length) : null;
  // An answer that goes to all still goes to its thread too: who takes part waits for it more than a follower does.
  if (reach !== null) {
    for (const one of await threadInboxes(tx, post, followers)) targets.push({ ...one, priority: priorities.post });
  }
  if (reach !== 'thread') {
    // The engine sends what fills gaps when nothing else waits there.
    const priority = reach === 'gentle' ? priorities.backfill : priorities.post;
    for (const { inboxUrl, followers: weight } of followers) targets.push({ inboxUrl, weight, priority });
  }
  return { targets: withoutDoubles(mergeTargets(targets), people), reach };
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

/** Every inbox that was sent something of a post, whose people took part or whose server fetched it: an Update and a Delete go there too. */
export async function touchedTargets(tx: PlaceTransaction, postId: PostId): Promise<Target[]> {
  const inboxes = await tx.activities.inboxesTouchedBy(postId);
  return inboxes.map((inboxUrl) => ({ inboxUrl, priority: priorities.post, weight: 0 }));
}

/**
 * Where an Update or a Delete of a post goes beyond the people that it names: where it went and would go now, where its people took part, where it
 * was fetched; once somebody has fetched it who did not sign, also to all followers' servers, since it can be with any of them.
 */
export async function planChange(tx: PlaceTransaction, post: Post, named: readonly Account[]): Promise<Target[]> {
  const { targets } = await planFanOut(tx, post, named);
  const planned = new Set(targets.map(({ inboxUrl }) => inboxUrl));
  // What was pushed gently is changed gently: where the plan names an inbox, its priority counts.
  const touched = (await touchedTargets(tx, post.id)).filter(({ inboxUrl }) => !planned.has(inboxUrl));
  // Without a reach it went to all, or nobody wrote down who came for it.
  const anywhere =
    isForEveryone(post.audience) && (post.reach === null || (await tx.activities.wasFetchedByAnybody(post.id)));
  const rest = anywhere ? (await followersTargets(tx, post.authorId)).filter((one) => !planned.has(one.inboxUrl)) : [];
  return mergeTargets([...targets, ...touched, ...rest]);
}

/** All servers of a person's followers, for what everyone may see. */
export async function followersTargets(tx: PlaceTransaction, personId: AccountId): Promise<Target[]> {
  const followers = await tx.follows.inboxesOfFollowers(personId, { withoutShared: 'never' });
  return followers.map(({ inboxUrl, followers: weight }) => ({ inboxUrl, weight, priority: priorities.post }));
}
