import { hash } from 'node:crypto';
import { type ReadActivity, readActivity } from '../activitypub/parse/activity.ts';
import type { SignedRequest } from '../activitypub/signature/request.ts';
import { type JsonFailure, parseJsonObject } from '../base/json.ts';
import { isSameOrigin } from '../base/net/hostname.ts';
import { failed, ok, type Result } from '../base/result.ts';
import type { IncomingId } from '../model/ids.ts';
import type { OpenPlace } from '../outgoing/open-place.ts';
import { isFull } from './backlog.ts';
import { deletionsLetPass } from './deletions.ts';
import { take } from './take.ts';

/** PATH IN, first half: what a peer waits for. The second half is `line.ts`: apply, announce. */

/** What the peer is told. */
export interface InboxAnswer {
  readonly status: 202 | 400 | 401 | 422 | 503;
  /** A sentence for their log and ours. */
  readonly words: string;
  readonly retryAfterSeconds?: number;
}

/**
 * Takes in one activity: receive -> verify -> durable line -> 202. Bad input is answered 4xx and stored nowhere; 503 only when we, or the
 * server that holds the sender's key, cannot now (THREATS A and B, DESIGN section 7).
 */
export async function receive(place: OpenPlace, request: SignedRequest): Promise<InboxAnswer> {
  const read = readBody(request.body);
  if (!read.ok) return read.error;
  const activity = read.value;
  if (await isDeletionOfStrangers(place, activity)) return accepted('nothing of that is known here');
  const verified = await verify(place, request, activity);
  if (!verified.ok) return verified.error;
  if (await isFull(place)) return busy(300, 'too much waits to be applied here');
  const taken = await take(place, {
    id: place.ids.next() as IncomingId,
    activityUri: activity.id,
    actorUri: activity.actor,
    kind: verified.value.isSigned ? activity.verb : unsignedDelete,
    body: Buffer.from(request.body).toString('utf8'),
    bodyHash: hash('sha256', request.body, 'base64'),
    receivedAtMs: place.clock.now(),
    mayRepeat: repeated.includes(activity.verb),
  });
  if (taken === 'other') return refused(422, `${activity.id} was taken before, with other words or from somebody else`);
  place.heardFrom(new URL(activity.actor).origin);
  if (taken === 'new') place.live.tell([{ kind: 'incoming' }]);
  return accepted(taken === 'new' ? 'taken' : 'taken before');
}

/** They say how things stand between two accounts: some servers use one id for all the times that it changes. */
const repeated: readonly ReadActivity['verb'][] = ['Follow', 'Undo', 'Block', 'Accept', 'Reject'];

/** The kind of a line whose sender could not sign any more: its origin is asked before it is believed. */
export const unsignedDelete = 'Delete of the gone';

const accepted = (words: string): InboxAnswer => ({ status: 202, words });
const refused = (status: 400 | 401 | 422, words: string): InboxAnswer => ({ status, words });
const busy = (retryAfterSeconds: number, words: string): InboxAnswer => ({ status: 503, words, retryAfterSeconds });

const unreadable: readonly JsonFailure[] = [
  'not-utf8',
  'not-json',
  'duplicate-key',
  'forbidden-key',
  'bad-text',
  'bad-number',
];

function readBody(body: Uint8Array): Result<ReadActivity, InboxAnswer> {
  const json = parseJsonObject(body);
  if (!json.ok)
    return failed(refused(unreadable.includes(json.error) ? 400 : 422, `the body is refused: ${json.error}`));
  const activity = readActivity(json.value);
  if (!activity.ok) return failed(refused(422, `not an activity that is read here: ${activity.error.detail}`));
  const { id, actor } = activity.value;
  return isSameOrigin(id, actor) ? activity : failed(refused(422, `${id} is not an id of ${new URL(actor).host}`));
}

/**
 * Deletes by somebody who is not known here, of something that is not known here: most of what a server hears. Answered before anything is
 * verified or fetched (THREATS 66). Should what they name arrive later, its origin is asked whether it is still there.
 */
async function isDeletionOfStrangers(place: OpenPlace, activity: ReadActivity): Promise<boolean> {
  if (activity.verb !== 'Delete') return false;
  if (await place.store.accounts.findByUri(activity.actor)) return false;
  if (await place.store.posts.findByUri(activity.object.id)) return false;
  deletionsLetPass(place).add(activity.object.id);
  return true;
}

async function verify(
  place: OpenPlace,
  request: SignedRequest,
  activity: ReadActivity,
): Promise<Result<{ isSigned: boolean }, InboxAnswer>> {
  const verified = await place.remote.verify(request);
  if (verified.ok) {
    const isOwn = verified.value.owner === activity.actor;
    return isOwn
      ? ok({ isSigned: true })
      : failed(refused(401, `signed by ${verified.value.owner}, not by ${activity.actor}`));
  }
  const { status, reason, detail } = verified.error;
  const isFarewell = activity.verb === 'Delete' && activity.object.id === activity.actor;
  if (reason === 'key-gone' && isFarewell) return ok({ isSigned: false });
  return failed(
    status === 503 ? busy(60, `your key could not be read: ${detail}`) : refused(401, `${reason}: ${detail}`),
  );
}
