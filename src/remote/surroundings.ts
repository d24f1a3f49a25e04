import type { Clock } from '../base/clock.ts';
import type { IdMaker } from '../base/ids.ts';
import type { JsonObject } from '../base/json.ts';
import type { Result } from '../base/result.ts';
import type { Addresses, PlaceIdentity } from '../model/place.ts';
import type { PlaceStore } from '../store/place/place-store.ts';
import type { RemoteDocument } from './fetch.ts';
import type { FetchBudget, RemoteFailure } from './remote.ts';

/** What reading others needs of a place. */
export interface PlaceParts {
  readonly identity: PlaceIdentity;
  readonly addresses: Addresses;
  readonly store: PlaceStore;
  readonly clock: Clock;
  readonly ids: IdMaker;
}

/** The surroundings in which accounts are read. */
export interface Surroundings extends PlaceParts {
  /** True for addresses of this place: they are looked up, never fetched. */
  isOwn(uri: string): boolean;
  /** An actor's document was read again: a key in it that is not the one in the cache replaces that. */
  keysMayHaveChanged(document: JsonObject): Promise<void>;
}

/** Fetches one document, when the budget still allows it. `mayBeRecent`: one that came along with a key a moment ago is enough. */
export type Ask = (
  uri: string,
  budget: FetchBudget,
  options?: { mayBeRecent?: boolean },
) => Promise<Result<RemoteDocument, RemoteFailure>>;
