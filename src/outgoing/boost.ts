import { renderUndo } from '../activitypub/render/activities.ts';
import { CanariError } from '../base/errors.ts';
import { idTimeMs } from '../base/ids.ts';
import { failed, ok, type Result } from '../base/result.ts';
import type { LiveEvent } from '../live/live.ts';
import { surfacePost } from '../live/surface.ts';
import type { Account, Person } from '../model/account.ts';
import type { ActivityId, PostId } from '../model/ids.ts';
import { type Audience, isForEveryone, type Post, type PostView } from '../model/post.ts';
import type { PlaceTransaction } from '../store/place/place-store.ts';
import { announce } from './activities.ts';
import { postNotFound } from './compose.ts';
import { planFanOut } from './fan-out.ts';
import type { OpenPlace } from './open-place.ts';
import { publish } from './publish.ts';

/** The post behind an id: of a boost, what it boosts. */
const original = (view: PostView): PostView => view.boostOf ?? view;

const boostKey = (booster: Account, postId: PostId) => `boost:${booster.id}:${postId}`;

/**
 * Passes a post on to one's followers. Boosting twice answers the first boost. Only what everyone may see can be boosted, besides one's own
 * followers-only posts (`CANARI_BOOST_PRIVATE`).
 */
export async function boostPost(
  place: OpenPlace,
  person: Person,
  postId: PostId,
  options: { audience?: Audience } = {},
): Promise<Result<Post, CanariError>> {
  const seen = await place.store.views.find(postId, person.account.id);
  if (!seen) return failed(postNotFound());
  const { post, author } = original(seen);
  const own = author.id === person.account.id && post.audience === 'followers';
  if (!isForEveryone(post.audience) && !own) {
    return failed(
      new CanariError('CANARI_BOOST_PRIVATE', 'This post was written for fewer people; it cannot be boosted.'),
    );
  }
  const audience = own
    ? 'followers'
    : (options.audience ?? (person.defaultAudience === 'direct' ? 'public' : person.defaultAudience));
  const events: LiveEvent[] = [];
  const boost = await place.store.transaction(async (tx) => {
    const id = place.ids.next() as PostId & ActivityId;
    const stored = await tx.posts.add({
      id,
      uri: place.addresses.activity(id),
      authorId: person.account.id,
      audience: audience === 'direct' ? 'followers' : audience,
      boostOfId: post.id,
      publishedAtMs: idTimeMs(id),
    });
    if (!stored) return undefined;
    await publish(place, tx, {
      id,
      sender: person.account,
      kind: 'Announce',
      objectKey: boostKey(person.account, post.id),
      postId: id,
      targets: await boostTargets(tx, stored, author),
      render: () => announce(place, stored, person.account, { uri: post.uri, author }),
    });
    events.push(...(await surfacePost(tx, place, stored)));
    return stored;
  });
  if (!boost) return ok((await place.store.posts.findBoost(person.account.id, post.id))!);
  place.live.tell(events);
  place.wake();
  return ok(boost);
}

/** Followers' servers, and the author of the boosted post. */
async function boostTargets(tx: PlaceTransaction, boost: Post, author: Account) {
  return (await planFanOut(tx, boost, [author])).targets;
}

/** Takes a boost back; nothing happens when there is none. @returns the post that was boosted. */
export async function unboostPost(
  place: OpenPlace,
  person: Person,
  postId: PostId,
): Promise<Result<Post, CanariError>> {
  const seen = await place.store.views.find(postId, person.account.id);
  if (!seen) return failed(postNotFound());
  const { post, author } = original(seen);
  const boost = await place.store.posts.findBoost(person.account.id, post.id);
  if (!boost) return ok(post);
  await place.store.transaction(async (tx) => {
    const targets = await boostTargets(tx, boost, author);
    await tx.posts.remove(boost.id);
    const activity = announce(place, boost, person.account, { uri: post.uri, author });
    await publish(place, tx, {
      sender: person.account,
      kind: 'Undo',
      objectKey: boostKey(person.account, post.id),
      targets,
      supersedes: { cancel: 'everything', needlessIfUnsent: true },
      render: (id) => renderUndo({ id, actor: person.account.uri, activity }),
    });
  });
  place.live.tell([
    { kind: 'post-deleted', postId: boost.id, authorId: boost.authorId, uri: boost.uri },
    { kind: 'post', postId: post.id, authorId: post.authorId, change: 'counts' },
  ]);
  place.wake();
  return ok((await place.store.posts.find(post.id))!);
}
