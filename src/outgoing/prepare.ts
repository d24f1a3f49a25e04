import { createPrivateKey } from 'node:crypto';
import type { AnyId } from '../base/ids.ts';
import type { Claim, Credential, Lane, Outcome, Prepared } from '../delivery/contract.ts';
import type { AccountId, ActivityId } from '../model/ids.ts';
import type { OpenPlace } from './open-place.ts';

/** Bodies kept in memory: a post is one of them for all its deliveries, and a backlog reads each once more at worst. */
const keptBodies = 100;
/** Keys kept parsed; a place holds 150 people at most. */
const keptKeys = 150;

/** A place's side of the engine, with what must be told to it. */
export type DeliveryLane = Lane & {
  /** Drops the key of a person who was suspended or got a new one; tell the senders as well (`Senders.forget`). */
  forgetKey(personId: AccountId): void;
};

/**
 * Makes the lane of an open place: reads what claims refer to, from the store only. A claim whose activity or person is not there any more
 * is left out; the engine ends it as `unreadable-parcel`.
 * @param committed told after outcomes are on disk: for live receipts, and to drop followers whose inbox is gone.
 */
export function createLane(place: OpenPlace, committed?: (outcomes: readonly Outcome[]) => void): DeliveryLane {
  const bodies = new Map<AnyId, string>();
  const keys = new Map<string, Credential>();

  const findBody = async (id: AnyId): Promise<string | undefined> => {
    const known = bodies.get(id);
    if (known !== undefined) return known;
    const activity = await place.store.activities.find(id as ActivityId);
    if (activity) keep(bodies, id, activity.body, keptBodies);
    return activity?.body;
  };
  const findCredential = async (sender: string): Promise<Credential | undefined> => {
    const known = keys.get(sender);
    if (known) return known;
    const person = await place.store.people.find(sender as AccountId);
    if (!person) return undefined;
    // RSA for POSTs: the one that every peer verifies.
    const privateKey = createPrivateKey(person.keys.rsaPrivate);
    const credential = { keyId: place.addresses.mainKey(sender), privateKey };
    keep(keys, sender, credential, keptKeys);
    return credential;
  };

  return {
    id: place.identity.domain,
    store: place.store.deliveries,
    async prepare(claims: readonly Claim[]): Promise<Prepared[]> {
      const prepared: Prepared[] = [];
      for (const { deliveryId, activityId, sender } of claims) {
        const body = bodies.get(activityId) ?? (await findBody(activityId));
        const credential = keys.get(sender) ?? (await findCredential(sender));
        if (body !== undefined && credential) prepared.push({ deliveryId, bodyId: activityId, body, credential });
      }
      return prepared;
    },
    ...(committed && { committed }),
    forgetKey: (personId) => {
      keys.delete(personId);
    },
  };
}

function keep<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, most: number): void {
  if (map.size >= most) map.delete(map.keys().next().value!);
  map.set(key, value);
}
