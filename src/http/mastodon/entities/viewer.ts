import type { AccountId } from '../../../model/ids.ts';
import type { OpenPlace } from '../../../outgoing/open-place.ts';

/** For whom and where an entity is rendered: the place gives addresses, the viewer what is theirs. */
export interface Viewer {
  readonly place: Pick<OpenPlace, 'identity' | 'addresses'>;
  /** Null for strangers and for apps that speak for nobody. */
  readonly viewerId: AccountId | null;
}

/** `2026-11-03T10:00:00.000Z`: milliseconds and Z always, typed apps refuse anything else. */
export const isoTime = (timeMs: number): string => new Date(timeMs).toISOString();

/** `2026-11-03`, which is all that apps get of `last_status_at`. */
export const isoDate = (timeMs: number): string => isoTime(timeMs).slice(0, 10);
