import type { ReadPost } from '../../activitypub/parse/post.ts';
import type { Account, Person } from '../../model/account.ts';
import type { AccountId } from '../../model/ids.ts';
import type { OpenPlace } from '../../outgoing/open-place.ts';

/** The person of this place behind an id; undefined for anybody else. */
export async function findPerson(place: OpenPlace, uri: string): Promise<Person | undefined> {
  if (!uri.startsWith(`${place.identity.origin}/`)) return undefined;
  const account = await place.store.accounts.findByUri(uri);
  return account && place.store.people.find(account.id);
}

/** Why a post concerns people here. */
export interface Concern {
  /** People here who follow the author. */
  readonly followers: readonly AccountId[];
  /** People named in it, or whose post it answers. */
  readonly addressed: readonly AccountId[];
}

/**
 * Whom of this place a post concerns: those who follow its author, are named or addressed in it, or are answered by it. Without anybody it is
 * not stored: what strangers tell strangers is not ours to keep.
 */
export async function findConcerned(place: OpenPlace, parsed: ReadPost, author: Account | undefined): Promise<Concern> {
  const named = new Set([...parsed.mentions.map(({ uri }) => uri), ...parsed.addressees.ids]);
  const people = await place.store.people.all();
  const addressed = new Set(people.filter(({ account }) => named.has(account.uri)).map(({ account }) => account.id));
  const answered = parsed.inReplyToUri === null ? undefined : await place.store.posts.findByUri(parsed.inReplyToUri);
  if (answered && people.some(({ account }) => account.id === answered.authorId)) addressed.add(answered.authorId);
  const followers = author ? await place.store.follows.localFollowers(author.id) : [];
  return { followers, addressed: [...addressed] };
}

/** Those of them who have no block between themselves and the account, in either direction (THREATS 34). */
export async function withoutBlocked(
  place: OpenPlace,
  people: readonly AccountId[],
  accountId: AccountId,
): Promise<AccountId[]> {
  const left: AccountId[] = [];
  for (const id of people) if (!(await place.store.blocks.between(id, accountId))) left.push(id);
  return left;
}
