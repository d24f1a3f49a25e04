import { audienceOf } from '../activitypub/parse/addressing.ts';
import type { ReadPost } from '../activitypub/parse/post.ts';
import type { IdMaker } from '../base/ids.ts';
import type { Account } from '../model/account.ts';
import type { AccountId, PostId } from '../model/ids.ts';
import type { Post } from '../model/post.ts';
import type { PlaceTransaction } from '../store/place/place-store.ts';
import type { PostChanges } from '../store/place/posts.ts';

/** Two posts of one millisecond may draw the same id; each try draws again. */
const idTries = 5;
/** Named and addressed people of one post that are looked for in the store. */
const mostMentions = 100;

/**
 * Stores a post from elsewhere, whoever found it (Create, Announce, a search, a thread): the one way in. Its place in the thread, and that of
 * answers which came before it, is kept by the store.
 * @returns the stored post; undefined when it was deleted, or is known already (then nothing is changed: only an Update changes words, and
 *   never the audience: CVE-2024-37903).
 */
export async function keepPost(
  tx: PlaceTransaction,
  ids: IdMaker,
  parsed: ReadPost,
  author: Account,
): Promise<Post | undefined> {
  if (parsed.authorUri !== author.uri || (await tx.posts.findByUri(parsed.uri))) return undefined;
  const post = { ...wordsOf(parsed), ...hangingOf(parsed, author), mentionIds: await findMentioned(tx, parsed) };
  for (let tries = 0; tries < idTries; tries += 1) {
    const stored = await tx.posts.add({ ...post, id: ids.at(parsed.publishedAtMs) as PostId });
    if (stored || (await tx.posts.isTombstoned(parsed.uri))) return stored;
  }
  return undefined;
}

/**
 * The changed words of a post that is known. Its audience, its author and its place in the thread stay.
 * @param nowMs when its document names no time of the change.
 */
export async function renewPost(tx: PlaceTransaction, known: Post, parsed: ReadPost, nowMs: number): Promise<void> {
  const mentioned = await findMentioned(tx, parsed);
  // Who was named once has been told, and may go on seeing it.
  const mentionIds = [...new Set([...(await tx.posts.mentionedIds(known.id)), ...mentioned])];
  const changes: PostChanges = {
    ...wordsOf(parsed),
    mentionIds,
    editedAtMs: parsed.editedAtMs ?? nowMs,
  };
  await tx.posts.update(known.id, changes);
}

const wordsOf = (parsed: ReadPost) => ({
  url: parsed.url,
  contentHtml: parsed.contentHtml,
  contentWarning: parsed.contentWarning,
  sensitive: parsed.sensitive,
  language: parsed.language,
  title: parsed.title,
  attachments: parsed.attachments,
  emojis: parsed.emojis,
  tags: parsed.tags,
});

const hangingOf = (parsed: ReadPost, author: Account) => ({
  uri: parsed.uri,
  authorId: author.id,
  audience: audienceOf(parsed.addressees, author.followersUrl),
  kind: parsed.kind,
  inReplyToUri: parsed.inReplyToUri,
  conversationUri: parsed.conversationUri,
  repliesUrl: parsed.repliesUrl,
  publishedAtMs: parsed.publishedAtMs,
  editedAtMs: parsed.editedAtMs,
});

/**
 * Whom a post names, among those that are known here. People of this place are named also when they are only addressed: Lemmy's private
 * messages have no Mention.
 */
async function findMentioned(tx: PlaceTransaction, parsed: ReadPost): Promise<AccountId[]> {
  const found = new Set<AccountId>();
  for (const { uri } of parsed.mentions.slice(0, mostMentions)) {
    const account = await tx.accounts.findByUri(uri);
    if (account) found.add(account.id);
  }
  for (const { account } of await tx.people.all()) {
    if (parsed.addressees.ids.includes(account.uri)) found.add(account.id);
  }
  return [...found];
}
