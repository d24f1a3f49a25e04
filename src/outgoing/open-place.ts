import type { Clock } from '../base/clock.ts';
import type { IdMaker } from '../base/ids.ts';
import type { DestinationDesk } from '../delivery/contract.ts';
import type { Live } from '../live/live.ts';
import type { Addresses, PlaceIdentity } from '../model/place.ts';
import type { Remote } from '../remote/remote.ts';
import type { PlaceStore } from '../store/place/place-store.ts';

/** One open place: what every step of the two paths is given. Made by `place/open.ts`, closed with its host. */
export interface OpenPlace {
  readonly identity: PlaceIdentity;
  readonly addresses: Addresses;
  readonly store: PlaceStore;
  readonly clock: Clock;
  readonly ids: IdMaker;
  /** Reads other servers, guarded and cached. */
  readonly remote: Remote;
  readonly live: Live;
  /** How its destinations are, and what its people may do to them. */
  readonly destinations: DestinationDesk;
  /** Tells the engine that this place has planned deliveries; after their commit. */
  wake(): void;
  /** The destination of a peer has spoken to us: a resting one gets its probe now. */
  heardFrom(origin: string): void;
}
