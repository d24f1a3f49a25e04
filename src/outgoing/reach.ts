import type { AccountId } from '../model/ids.ts';
import { isForEveryone, type Post } from '../model/post.ts';
import type { Reach } from '../model/reach.ts';
import type { FollowerInbox } from '../store/place/follows.ts';
import type { PlaceTransaction } from '../store/place/place-store.ts';

/**
 * From this many destinations on, an answer goes to its thread alone. Below, telling everyone costs less than a second. At 3,000 servers each
 * answer to a birthday wish would be 3,000 deliveries: 100 answers, 300,000 (the story that Canari comes from).
 */
export const threadReachAbove = 200;

/** Servers of a thread that are told of an answer: those that spoke last. What keeps n answers linear in n. */
export const threadServers = 30;

/**
 * Whether a post has a reach to choose. Only an answer to somebody else, for everyone, can be pulled by those who want it; a followers-only
 * answer cannot be pulled by anybody, so it always goes to all followers' servers, and so do first posts and answers to oneself.
 */
export const hasReach = (post: Pick<Post, 'audience' | 'authorId' | 'inReplyToUri' | 'inReplyToAccountId'>): boolean =>
  post.inReplyToUri !== null && post.inReplyToAccountId !== post.authorId && isForEveryone(post.audience);

/** The reach of an answer for which nobody has said anything. @param destinations servers of followers, counted by inbox. */
export const usualReach = (destinations: number): Reach => (destinations > threadReachAbove ? 'thread' : 'all');

/** What was chosen for this post, else what its person always wants, else what the number of destinations suggests. */
export const chooseReach = (wishes: readonly (Reach | null | undefined)[], destinations: number): Reach =>
  wishes.find((wish) => wish != null) ?? usualReach(destinations);

/** What of a store is read to find out where something goes: inside a transaction, or outside to know its price. */
export type ReachReader = Pick<PlaceTransaction, 'accounts' | 'blocks' | 'follows' | 'posts' | 'views'>;

/** The inboxes of those who spoke last in the thread, the author of its first post among them. */
export async function threadInboxes(
  tx: ReachReader,
  post: Pick<Post, 'authorId' | 'rootId'>,
  followers: readonly FollowerInbox[],
): Promise<{ inboxUrl: string; weight: number }[]> {
  const weights = new Map(followers.map(({ inboxUrl, followers: weight }) => [inboxUrl, weight]));
  const authorIds: AccountId[] = await tx.views.lastAuthorsOf(post.rootId, threadServers * 4);
  const root = await tx.posts.find(post.rootId);
  const authors = await tx.accounts.loadMany(root ? [root.authorId, ...authorIds] : authorIds);
  const inboxes = new Map<string, { inboxUrl: string; weight: number }>();
  for (const account of authors.values()) {
    const inboxUrl = account.sharedInboxUrl ?? account.inboxUrl;
    if (account.domain === null || inboxUrl === null || account.goneAtMs !== null) continue;
    if (await tx.blocks.between(post.authorId, account.id)) continue;
    if (inboxes.size < threadServers) inboxes.set(inboxUrl, { inboxUrl, weight: weights.get(inboxUrl) ?? 0 });
  }
  return [...inboxes.values()];
}
