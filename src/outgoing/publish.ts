import { type Document, serialise } from '../activitypub/render/contexts.ts';
import { destinationAt, type NewDelivery, type Priority, type Supersedes } from '../delivery/contract.ts';
import type { Account } from '../model/account.ts';
import type { ActivityId, PostId } from '../model/ids.ts';
import type { PlaceTransaction } from '../store/place/place-store.ts';
import type { OpenPlace } from './open-place.ts';

/** One inbox that an activity goes to, and how urgent it is there. */
export interface Target {
  readonly inboxUrl: string;
  readonly priority: Priority;
  /** Followers there. */
  readonly weight: number;
}

/** Something that a person here says to others. */
export interface Publication {
  /** Who says it, and whose key signs it. */
  readonly sender: Account;
  /** The wire name of the verb: Create, Follow … */
  readonly kind: string;
  /** What it is about: activities of one object reach one destination in order. */
  readonly objectKey: string;
  readonly targets: readonly Target[];
  readonly supersedes?: Supersedes | undefined;
  /** The post whose receipts show it. */
  readonly postId?: PostId;
  /** When the caller needs the id before; otherwise a new one. */
  readonly id?: ActivityId;
  /** The activity, given its own id. */
  render(uri: string): Document;
}

/**
 * The one door out: nothing else creates deliveries. Writes the activity's bytes once and the plan to deliver it, in the transaction that stores
 * what it tells of: if you saw it published, it is on disk, and so is the plan (promise 1). Call `place.wake()` after the commit.
 * On a place that does not federate nothing is written.
 */
export async function publish(place: OpenPlace, tx: PlaceTransaction, publication: Publication): Promise<ActivityId> {
  const id = publication.id ?? (place.ids.next() as ActivityId);
  if (!place.identity.federates) return id;
  const now = place.clock.now();
  const uri = place.addresses.activity(id);
  await tx.activities.add({
    id,
    senderId: publication.sender.id,
    uri,
    kind: publication.kind,
    objectKey: publication.objectKey,
    body: serialise(publication.render(uri)),
    createdAtMs: now,
  });
  const rows = publication.targets
    .filter(({ inboxUrl }) => !inboxUrl.startsWith(`${place.identity.origin}/`))
    .map(
      (target): NewDelivery => ({
        destination: destinationAt('fediverse', target.inboxUrl),
        inboxUrl: target.inboxUrl,
        priority: target.priority,
        weight: target.weight,
        objectKey: publication.objectKey,
        ...(publication.postId && { postId: publication.postId }),
      }),
    );
  if (rows.length > 0) await tx.planDeliveries(id, rows, now, publication.supersedes);
  return id;
}
