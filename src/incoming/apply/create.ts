import type { Reference } from '../../activitypub/parse/activity.ts';
import { isPost, type ReadPost, readPost } from '../../activitypub/parse/post.ts';
import { isSameOrigin } from '../../base/net/hostname.ts';
import { surfacePost } from '../../live/surface.ts';
import type { Account } from '../../model/account.ts';
import type { OpenPlace } from '../../outgoing/open-place.ts';
import { keepPost } from '../../remote/posts.ts';
import type { FetchBudget } from '../../remote/remote.ts';
import type { PlaceTransaction } from '../../store/place/place-store.ts';
import { deletionsLetPass } from '../deletions.ts';
import { type ApplyVerb, applied, type Coming, type Done, ignored, notHad, type Outcome, ready } from './outcome.ts';
import { type Concern, findConcerned, withoutBlocked } from './people.ts';

/** Somebody has written something. */
export const applyCreate: ApplyVerb<'Create'> = (place, activity, coming) =>
  takePost(place, { actor: activity.actor, object: activity.object, addressees: activity.addressees.ids }, coming);

/** Accounts that are looked up because an answer to somebody here names them: so that the person's answer can reach them. */
const mostNamed = 8;

/**
 * A post that its author has sent: also the way of an Update that came before its Create. What came along is believed when it is the author's
 * own, on their own server; else the origin is asked (CVE-2024-23832, THREATS 17).
 */
export async function takePost(
  place: OpenPlace,
  sent: { actor: string; object: Reference; addressees: readonly string[] },
  coming: Coming,
): Promise<Outcome> {
  const { actor, object } = sent;
  if (object.document && !isPost(object.document)) return ignored('it is not shown as a post');
  const parsed = object.document ? readPost(object.document, place.clock.now()) : undefined;
  if (parsed && !parsed.ok) return ignored(parsed.error.detail);
  const isOwn = parsed?.value.authorUri === actor && isSameOrigin(object.id, actor);
  if (!parsed || !isOwn || deletionsLetPass(place).has(object.id)) return takeFromOrigin(place, sent, coming);
  const known = await place.store.accounts.findByUri(actor);
  const concern = await findConcerned(place, parsed.value, known);
  if (concern.followers.length + concern.addressed.length === 0) return ignored('it concerns nobody here');
  const author = await place.remote.findAccount(actor, { budget: coming.budget });
  return author.ok ? surface(place, parsed.value, author.value, coming.budget) : notHad(author.error);
}

/** Only for those whom somebody here follows, or who say that it is for somebody here: a stranger's word alone makes us fetch nothing. */
async function takeFromOrigin(
  place: OpenPlace,
  { actor, object, addressees }: { actor: string; object: Reference; addressees: readonly string[] },
  { budget }: Coming,
): Promise<Outcome> {
  const account = await place.store.accounts.findByUri(actor);
  const isFollowed = account !== undefined && (await place.store.follows.localFollowers(account.id)).length > 0;
  const isForUs = addressees.some((uri) => uri.startsWith(`${place.identity.origin}/users/`));
  if (!isFollowed && !isForUs) return ignored('it concerns nobody here');
  const fetched = await place.remote.fetchPost(object.id, { budget });
  if (!fetched.ok) return notHad(fetched.error);
  return surface(place, fetched.value.parsed, fetched.value.author, budget);
}

/** Looks up what hangs on it, then stores and shows it. */
async function surface(place: OpenPlace, parsed: ReadPost, author: Account, budget: FetchBudget): Promise<Outcome> {
  const concern = await findConcerned(place, parsed, author);
  const left = await withoutBlocked(place, [...concern.followers, ...concern.addressed], author.id);
  if (left.length === 0)
    return ignored(
      isNobody(concern) ? 'it concerns nobody here' : 'those whom it concerns and its author have blocked each other',
    );
  const { inReplyToUri } = parsed;
  // A thread without its beginning is shown as far as it could be had.
  if (inReplyToUri !== null) await place.remote.findPost(inReplyToUri, { budget });
  if (concern.addressed.length > 0) {
    for (const { uri } of parsed.mentions.slice(0, mostNamed)) await place.remote.findAccount(uri, { budget });
  }
  return ready((tx) => storeAndShow(place, tx, parsed, author));
}

const isNobody = ({ followers, addressed }: Concern) => followers.length + addressed.length === 0;

async function storeAndShow(place: OpenPlace, tx: PlaceTransaction, parsed: ReadPost, author: Account): Promise<Done> {
  if (await tx.incoming.isUndone(parsed.uri, author.id)) return ignored('its author deleted it before it came');
  const stored = await keepPost(tx, place.ids, parsed, author);
  if (stored) return applied('stored', await surfacePost(tx, place, stored));
  const known = await tx.posts.findByUri(parsed.uri);
  if (!known) return ignored('it was deleted before');
  if (known.authorId !== author.id) return ignored('it is somebody else’s');
  // Known as part of a thread, it has not been in anybody's home yet. Showing twice shows once.
  const events = await surfacePost(tx, place, known);
  return events.length > 1 ? applied('was known, is shown now', events) : ignored('it is known already');
}
