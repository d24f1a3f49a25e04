import type { CanariError } from '../base/errors.ts';
import { failed, ok, type Result } from '../base/result.ts';
import type { LiveEvent } from '../live/live.ts';
import { notify } from '../live/surface.ts';
import type { Person } from '../model/account.ts';
import type { ActivityId, PostId } from '../model/ids.ts';
import type { Post } from '../model/post.ts';
import type { PlaceTransaction } from '../store/place/place-store.ts';
import { createActivity, updateActivity } from './activities.ts';
import { checkWords, type Draft, postNotFound, readWords } from './compose.ts';
import { mergeTargets, planChange, targetsOf } from './fan-out.ts';
import type { OpenPlace } from './open-place.ts';
import { publish, type Target } from './publish.ts';

/**
 * Changes the words of one's own post. Every server that was sent it, took part or fetched it gets the Update; where the Create still waits untried, it
 * goes out with the new words instead, since a server that never saw the post ignores an Update of it.
 * Fails as `composePost` does; `CANARI_POST_NOT_FOUND` also for somebody else's post.
 */
export async function editPost(
  place: OpenPlace,
  person: Person,
  postId: PostId,
  changes: Pick<Draft, 'text' | 'contentWarning' | 'sensitive' | 'language'>,
): Promise<Result<Post, CanariError>> {
  const wrong = checkWords(changes);
  if (wrong) return failed(wrong);
  const words = await readWords(place, changes.text);
  const named = [...words.mentioned.values()];
  const events: LiveEvent[] = [];
  await place.store.fetches.flush();
  const edited = await place.store.transaction(async (tx) => {
    const before = await tx.posts.find(postId);
    if (!before || before.authorId !== person.account.id || before.boostOfId) return undefined;
    const contentWarning = changes.contentWarning?.trim() ?? '';
    await tx.posts.update(postId, {
      contentHtml: words.html,
      sourceText: changes.text.trim(),
      contentWarning,
      sensitive: changes.sensitive ?? contentWarning !== '',
      language: changes.language ?? before.language,
      editedAtMs: place.clock.now(),
      mentionIds: named.map(({ id }) => id),
      tags: words.tags,
    });
    const post = (await tx.posts.find(postId))!;
    const written = { post, author: person.account, mentions: named, tags: words.tags };
    await publishEdit(place, tx, written);
    events.push({ kind: 'post', postId, authorId: post.authorId, change: 'edited' });
    for (const account of named) {
      events.push(
        ...(await notify(tx, place, { personId: account.id, kind: 'mention', accountId: post.authorId, postId })),
      );
    }
    return post;
  });
  if (!edited) return failed(postNotFound());
  place.live.tell(events);
  place.wake();
  return ok(edited);
}

async function publishEdit(place: OpenPlace, tx: PlaceTransaction, written: Parameters<typeof updateActivity>[1]) {
  const { post, mentions } = written;
  const targets: Target[] = mergeTargets([...targetsOf(mentions), ...(await planChange(tx, post, mentions))]);
  if (targets.length === 0 || !place.identity.federates) return;
  const create: ActivityId = await publish(place, tx, { ...createActivity(place, written), targets: [] });
  await publish(place, tx, {
    ...updateActivity(place, written),
    targets,
    supersedes: { cancel: 'updates', instead: create },
  });
}
