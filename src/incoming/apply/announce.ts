import { audienceOf } from '../../activitypub/parse/addressing.ts';
import { surfacePost } from '../../live/surface.ts';
import type { Account } from '../../model/account.ts';
import type { PostId } from '../../model/ids.ts';
import { isForEveryone, type Post } from '../../model/post.ts';
import type { OpenPlace } from '../../outgoing/open-place.ts';
import type { PlaceTransaction } from '../../store/place/place-store.ts';
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
import { findPerson } from './people.ts';
import { changePost } from './update.ts';

/** Somebody passes a post on. Our own is counted and its author told; another's is read from its origin, never from the booster (THREATS 21). */
export const applyAnnounce: ApplyVerb<'Announce'> = async (place, activity, coming) => {
  if (activity.wraps === 'Update') return readChangedAgain(place, activity, coming);
  if (activity.wraps !== null && activity.wraps !== 'Create')
    return ignored(`a ${activity.wraps} that is passed on is not acted on`);
  const concerned = await findConcern(place, activity);
  if (!concerned) return ignored('nobody here follows them, and it is nobody’s post here');
  const found = await place.remote.findAccount(activity.actor, { budget: coming.budget });
  if (!found.ok) return notHad(found.error);
  const post = await place.remote.findPost(activity.object, { budget: coming.budget });
  if (!post.ok) return notHad(post.error);
  return ready((tx) => takeBoost(place, tx, found.value, post.value, activity));
};

/** A post of somebody here, or a booster whom somebody here follows. */
async function findConcern(place: OpenPlace, { actor, object }: Of<'Announce'>): Promise<boolean> {
  if (object.startsWith(`${place.identity.origin}/`)) {
    const post = await place.store.posts.findByUri(object);
    const author = post && (await place.store.accounts.find(post.authorId));
    return author !== undefined && (await findPerson(place, author.uri)) !== undefined;
  }
  const booster = await place.store.accounts.findByUri(actor);
  return booster !== undefined && (await place.store.follows.localFollowers(booster.id, { ofBoosts: true })).length > 0;
}

async function takeBoost(
  place: OpenPlace,
  tx: PlaceTransaction,
  booster: Account,
  post: Post,
  activity: Of<'Announce'>,
): Promise<Done> {
  const audience = audienceOf(activity.addressees, booster.followersUrl);
  const isOwn = post.authorId === booster.id && post.audience === 'followers';
  // Passing on what was meant for fewer would be a leak, and is none of the booster's to do (THREATS 55).
  if (!isForEveryone(post.audience) && !isOwn) return ignored('the post is not for everyone');
  if (audience === 'direct' || (isOwn && isForEveryone(audience)))
    return ignored('a boost is for followers at least, and no wider than its post');
  if (post.boostOfId !== null) return ignored('a boost of a boost');
  if (await tx.incoming.useUndone(activity.id, booster.id)) return ignored('it was taken back before it came');
  if (await tx.blocks.between(booster.id, post.authorId)) return ignored('one of them has blocked the other');
  if (await tx.posts.findBoost(booster.id, post.id)) return ignored('they passed it on before');
  const atMs = Math.min(activity.publishedAtMs ?? place.clock.now(), place.clock.now());
  const boost = await tx.posts.add({
    id: place.ids.at(atMs) as PostId,
    uri: activity.id,
    authorId: booster.id,
    audience,
    boostOfId: post.id,
    publishedAtMs: atMs,
  });
  return boost
    ? applied('passed on', await surfacePost(tx, place, boost))
    : ignored('it is known already, or was deleted');
}

/** A community tells that a post in it has changed: its origin says how, when it is known here. */
async function readChangedAgain(place: OpenPlace, { object }: Of<'Announce'>, { budget }: Coming): Promise<Outcome> {
  const known = await place.store.posts.findByUri(object);
  if (!known) return ignored('the changed post is not known here');
  const fetched = await place.remote.fetchPost(object, { budget });
  if (!fetched.ok) return notHad(fetched.error);
  if (fetched.value.author.id !== known.authorId) return ignored('it has another author now');
  return ready((tx) => changePost(place, tx, known, fetched.value.parsed));
}
