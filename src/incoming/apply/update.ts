import { isActor } from '../../activitypub/parse/actor.ts';
import { isPost, type ReadPost, readPost } from '../../activitypub/parse/post.ts';
import { isSameOrigin } from '../../base/net/hostname.ts';
import type { LiveEvent } from '../../live/live.ts';
import { notify } from '../../live/surface.ts';
import type { Post } from '../../model/post.ts';
import type { OpenPlace } from '../../outgoing/open-place.ts';
import { renewPost } from '../../remote/posts.ts';
import type { FetchBudget } from '../../remote/remote.ts';
import type { PlaceTransaction } from '../../store/place/place-store.ts';
import { takePost } from './create.ts';
import {
  type ApplyVerb,
  applied,
  type Coming,
  type Done,
  ignored,
  notHad,
  type Of,
  type Outcome,
  ready,
} from './outcome.ts';

/** A post or a profile has changed. */
export const applyUpdate: ApplyVerb<'Update'> = async (place, activity, coming) => {
  const { actor, object } = activity;
  if (object.id === actor || (object.document && isActor(object.document)))
    return updateAccount(place, activity, coming);
  const known = await place.store.posts.findByUri(object.id);
  if (!known) return takePost(place, { actor, object, addressees: activity.addressees.ids }, coming);
  const author = await place.store.accounts.find(known.authorId);
  if (author?.uri !== actor) return ignored('they did not write it');
  const parsed = await readChanged(place, activity, coming.budget);
  return 'state' in parsed ? parsed : ready((tx) => changePost(place, tx, known, parsed));
};

/** What comes along is only the occasion: the origin says what is so, the keys first of all (THREATS 13). */
async function updateAccount(place: OpenPlace, { actor, object }: Of<'Update'>, { budget }: Coming): Promise<Outcome> {
  if (object.id !== actor) return ignored('they are not that account');
  if (!(await place.store.accounts.findByUri(actor))) return ignored('the account is not known here');
  const renewed = await place.remote.findAccount(actor, { budget, refresh: true });
  if (!renewed.ok) return notHad(renewed.error);
  return ready(async () => applied('read again', [{ kind: 'account', accountId: renewed.value.id }]));
}

/** The new words, from what came along when it is the author's own, else from the origin. */
async function readChanged(
  place: OpenPlace,
  { actor, object }: Of<'Update'>,
  budget: FetchBudget,
): Promise<ReadPost | Outcome> {
  if (object.document && isPost(object.document)) {
    const parsed = readPost(object.document, place.clock.now());
    if (!parsed.ok) return ignored(parsed.error.detail);
    if (parsed.value.authorUri === actor && isSameOrigin(object.id, actor)) return parsed.value;
  }
  const fetched = await place.remote.fetchPost(object.id, { budget });
  if (!fetched.ok) return notHad(fetched.error);
  return fetched.value.author.uri === actor ? fetched.value.parsed : ignored('they did not write it');
}

/** Changes the words once, and never back to older ones. Those here who passed the post on are told. */
export async function changePost(
  place: OpenPlace,
  tx: PlaceTransaction,
  before: Post,
  parsed: ReadPost,
): Promise<Done> {
  const known = await tx.posts.find(before.id);
  if (!known) return ignored('it was deleted before');
  if (parsed.editedAtMs !== null && known.editedAtMs !== null && parsed.editedAtMs < known.editedAtMs) {
    return ignored('a newer wording is known');
  }
  if (isSameWording(known, parsed)) return ignored('nothing that is shown has changed');
  await renewPost(tx, known, parsed, place.clock.now());
  const events: LiveEvent[] = [{ kind: 'post', postId: known.id, authorId: known.authorId, change: 'edited' }];
  for (const { account } of await tx.people.all()) {
    if (!(await tx.posts.findBoost(account.id, known.id))) continue;
    const told = { personId: account.id, kind: 'edit', accountId: known.authorId, postId: known.id } as const;
    events.push(...(await notify(tx, place, told)));
  }
  return applied('changed', events);
}

function isSameWording(known: Post, parsed: ReadPost): boolean {
  const words = (post: Post | ReadPost) =>
    JSON.stringify([
      post.contentHtml,
      post.contentWarning,
      post.sensitive,
      post.title,
      post.language,
      post.attachments,
    ]);
  return words(known) === words(parsed);
}
