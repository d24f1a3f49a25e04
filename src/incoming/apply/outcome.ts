import type { ReadActivity } from '../../activitypub/parse/activity.ts';
import type { LiveEvent } from '../../live/live.ts';
import type { OpenPlace } from '../../outgoing/open-place.ts';
import type { FetchBudget, RemoteFailure } from '../../remote/remote.ts';
import type { PlaceTransaction } from '../../store/place/place-store.ts';

/** How an activity ended, decided inside the transaction. */
export interface Done {
  readonly state: 'applied' | 'ignored';
  readonly reason: string;
  readonly events: readonly LiveEvent[];
}

/**
 * What is to be done with an activity, after everything was looked up that needs the network.
 * `ready`: one transaction, without network. `later`: it may work another time.
 */
export type Outcome =
  | { readonly state: 'ready'; readonly apply: (tx: PlaceTransaction) => Promise<Done> }
  | { readonly state: 'ignored'; readonly reason: string }
  | { readonly state: 'later'; readonly reason: string };

/** What comes along with an activity. */
export interface Coming {
  readonly budget: FetchBudget;
  /** False for the Delete of an actor whose key is gone: its origin has to say so itself. */
  readonly isSigned: boolean;
}

/** The activity of one verb. */
export type Of<Verb extends ReadActivity['verb']> = Extract<ReadActivity, { verb: Verb }>;

/** One file per verb exports one of these. */
export type ApplyVerb<Verb extends ReadActivity['verb']> = (
  place: OpenPlace,
  activity: Of<Verb>,
  coming: Coming,
) => Promise<Outcome>;

export const ready = (apply: (tx: PlaceTransaction) => Promise<Done>): Outcome => ({ state: 'ready', apply });
export const ignored = (reason: string): Outcome & Done => ({ state: 'ignored', reason, events: [] });
export const applied = (reason: string, events: readonly LiveEvent[] = []): Done => ({
  state: 'applied',
  reason,
  events,
});

/** Something elsewhere could not be had: some of it may be there later, the rest never. */
export const notHad = (failure: RemoteFailure): Outcome => {
  const reason = `${failure.host}: ${failure.words} (${failure.reason})`;
  return failure.reason === 'unreachable' || failure.reason === 'too-slow'
    ? { state: 'later', reason }
    : ignored(reason);
};
