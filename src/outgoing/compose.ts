import { CanariError } from '../base/errors.ts';
import { idTimeMs } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { failed, ok, type Result } from '../base/result.ts';
import type { LiveEvent } from '../live/live.ts';
import { surfacePost } from '../live/surface.ts';
import { type Account, fullHandle, type Person } from '../model/account.ts';
import type { AppId, PostId } from '../model/ids.ts';
import { type Audience, audiences, type Post } from '../model/post.ts';
import { type Reach, reaches } from '../model/reach.ts';
import { FetchBudget } from '../remote/remote.ts';
import type { PlaceTransaction } from '../store/place/place-store.ts';
import { type MentionLink, mentionKey, readMentions, readTags, renderText } from '../text/write.ts';
import { createActivity } from './activities.ts';
import { planFanOut } from './fan-out.ts';
import type { OpenPlace } from './open-place.ts';
import { publish } from './publish.ts';

/** What a person wants to say. */
export interface Draft {
  readonly text: string;
  readonly audience?: Audience | undefined;
  /** To whom an answer is pushed; without effect where there is no choice (`hasReach`). The person's own default when left out. */
  readonly reach?: Reach | undefined;
  readonly contentWarning?: string | undefined;
  readonly sensitive?: boolean | undefined;
  /** BCP 47 tag; the person's own language when left out. */
  readonly language?: string | undefined;
  readonly inReplyToId?: PostId | undefined;
  readonly appId?: AppId | null | undefined;
  /** The same key again answers the same post, also when both calls come at once. */
  readonly idempotencyKey?: string | undefined;
}

/**
 * PATH OUT, first step: words become a post, its HTML and the accounts that it names; then post, activity and deliveries are written in one
 * transaction and the engine is woken.
 * Fails with `CANARI_POST_EMPTY`, `CANARI_POST_TOO_LONG`, `CANARI_POST_NOT_FOUND` (the answered one), `CANARI_LANGUAGE_UNKNOWN`, `CANARI_REACH_UNKNOWN`.
 */
export async function composePost(place: OpenPlace, person: Person, draft: Draft): Promise<Result<Post, CanariError>> {
  const known = await findByKey(place, person, draft);
  if (known) return ok(known);
  const wrong = checkWords(draft);
  if (wrong) return failed(wrong);
  const answered = draft.inReplyToId && (await place.store.views.find(draft.inReplyToId, person.account.id));
  if (draft.inReplyToId && !answered) return failed(postNotFound());
  const parent = answered ? (answered.boostOf ?? answered).post : undefined;
  const words = await readWords(place, draft.text);

  const events: LiveEvent[] = [];
  const post = await place.store.transaction(async (tx) => {
    const stored = await storePost(place, tx, person, draft, words, parent);
    if (!stored) return undefined;
    const named = [...words.mentioned.values()];
    const { targets, reach } = await planFanOut(tx, stored, named, [draft.reach, person.defaultReach]);
    if (reach) await tx.posts.setReach(stored.id, reach);
    await publish(place, tx, {
      ...createActivity(place, { post: stored, author: person.account, mentions: named, tags: words.tags }),
      targets,
    });
    events.push(...(await surfacePost(tx, place, stored)));
    return { ...stored, reach };
  });
  // Two calls with one idempotency key met inside: the other one wrote it.
  if (!post) return ok((await findByKey(place, person, draft))!);
  place.live.tell(events);
  place.wake();
  return ok(post);
}

const findByKey = async (place: OpenPlace, person: Person, { idempotencyKey }: Draft) =>
  idempotencyKey === undefined ? undefined : place.store.posts.findByIdempotencyKey(person.account.id, idempotencyKey);

function storePost(
  place: OpenPlace,
  tx: PlaceTransaction,
  person: Person,
  draft: Draft,
  words: Words,
  parent: Post | undefined,
): Promise<Post | undefined> {
  const author = person.account;
  const id = place.ids.next() as PostId;
  const contentWarning = draft.contentWarning?.trim() ?? '';
  return tx.posts.add({
    id,
    uri: place.addresses.post(author.id, id),
    url: place.addresses.postPage(author.handle, id),
    authorId: author.id,
    audience: draft.audience ?? person.defaultAudience,
    contentHtml: words.html,
    sourceText: draft.text.trim(),
    contentWarning,
    sensitive: draft.sensitive ?? (contentWarning !== '' || person.defaultSensitive),
    language: draft.language ?? person.language,
    inReplyToUri: parent?.uri ?? null,
    conversationUri: parent?.conversationUri ?? null,
    publishedAtMs: idTimeMs(id),
    appId: draft.appId ?? null,
    idempotencyKey: draft.idempotencyKey ?? null,
    mentionIds: [...words.mentioned.values()].map(({ id }) => id),
    tags: words.tags,
  });
}

/** Why these words cannot be a post; undefined when they can. Characters are counted as people see them, not as bytes. */
export function checkWords(
  draft: Pick<Draft, 'text' | 'contentWarning' | 'language' | 'audience' | 'reach'>,
): CanariError | undefined {
  const length = [...draft.text].length + [...(draft.contentWarning ?? '')].length;
  if (draft.text.trim() === '') {
    return new CanariError('CANARI_POST_EMPTY', 'A post needs at least one word.', { hint: 'Write something.' });
  }
  if (length > limits.postChars) {
    return new CanariError(
      'CANARI_POST_TOO_LONG',
      `A post has at most ${limits.postChars} characters; this one has ${length}.`,
      {
        values: { limit: limits.postChars, length },
      },
    );
  }
  if (draft.language !== undefined && !/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(draft.language)) {
    return new CanariError('CANARI_LANGUAGE_UNKNOWN', `"${draft.language.slice(0, 20)}" is no language tag.`, {
      hint: 'Such as en, fr, pt-BR.',
    });
  }
  if (draft.audience !== undefined && !audiences.includes(draft.audience)) {
    return new CanariError('CANARI_AUDIENCE_UNKNOWN', 'An audience is public, quiet, followers or direct.');
  }
  if (draft.reach !== undefined && !reaches.includes(draft.reach)) {
    return new CanariError('CANARI_REACH_UNKNOWN', 'A reach is thread, gentle or all.');
  }
  return undefined;
}

/** The answer for a post that is not there, and for one that may not be seen: nobody can tell them apart. */
export const postNotFound = () =>
  new CanariError('CANARI_POST_NOT_FOUND', 'There is no such post, or it was deleted.', { status: 404 });

/** What was typed, with everyone it names found. */
export interface Words {
  readonly html: string;
  readonly mentioned: ReadonlyMap<string, Account>;
  readonly tags: readonly string[];
}

/** At most so many handles of one post are looked up elsewhere. */
const mentionsPerPost = 50;

/** Finds who is named (elsewhere too, before any transaction) and renders the HTML. A handle that leads nowhere stays words. */
export async function readWords(place: OpenPlace, text: string): Promise<Words> {
  const budget = new FetchBudget(limits.fetchesPerActivity * 2);
  const mentioned = new Map<string, Account>();
  const found = await Promise.all(
    readMentions(text)
      .slice(0, mentionsPerPost)
      .map(async (mention) => ({ mention, account: await findNamed(place, mention, budget) })),
  );
  const links = new Map<string, MentionLink>();
  for (const { mention, account } of found) {
    if (!account) continue;
    mentioned.set(account.uri, account);
    links.set(mentionKey(mention), { url: account.url ?? account.uri, handle: account.handle });
  }
  return { html: renderText(text, links, place.addresses.tag), mentioned, tags: readTags(text) };
}

async function findNamed(place: OpenPlace, mention: { handle: string; domain: string | null }, budget: FetchBudget) {
  const domain = mention.domain === place.identity.domain ? null : mention.domain;
  const known = await place.store.accounts.findByHandle(mention.handle, domain);
  if (known || domain === null) return known;
  const found = await place.remote.findAccountByHandle(fullHandle({ handle: mention.handle, domain }, domain), {
    budget,
  });
  return found.ok ? found.value : undefined;
}
