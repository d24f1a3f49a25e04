import type { Clock } from '../base/clock.ts';
import {
  type DestinationDesk,
  type DestinationId,
  destinationAt,
  type HealthRecord,
  type HealthState,
  hostOf,
} from '../delivery/contract.ts';

/** How a destination is for a place: its health, unless somebody here has paused it. */
export type DestinationState = 'paused' | HealthState;

/** What asks for a look comes first. */
export const destinationStates: readonly DestinationState[] = ['paused', 'gone', 'resting', 'slow', 'healthy'];

/** One server that a place sends to. Times: wall, milliseconds since 1970. */
export interface DestinationLine {
  readonly host: string;
  readonly state: DestinationState;
  /** Since when it is so; unknown for one that was never anything but well. */
  readonly sinceMs?: number;
  /** Followers there of all people of the place. */
  readonly followers: number;
  /** Whether anything waits for it; how much is counted by `countWaiting`. */
  readonly waits: boolean;
  /** When it is tried again at the earliest; absent while it is paused, and where nothing waits. */
  readonly nextTryAtMs?: number;
  /** Its last words about a failure. */
  readonly words?: string;
  /** When it last said yes after a trouble. */
  readonly lastOkAtMs?: number;
}

/** All servers of a place. */
export interface Overview {
  readonly destinations: readonly DestinationLine[];
  readonly counts: Readonly<Record<DestinationState, { servers: number; followers: number }>>;
  /** Servers for which something waits. */
  readonly waiting: number;
}

/** What is read; an open place has all of it. */
export interface OverviewSources {
  readonly store: {
    readonly deliveries: {
      loadQueues(): Promise<{ destination: DestinationId; dueAtMs: number }[]>;
      countWaiting(destination: DestinationId, most: number): Promise<number>;
    };
    readonly follows: { inboxesOfAll(): Promise<readonly { inboxUrl: string; followers: number }[]> };
  };
  readonly destinations: DestinationDesk;
  readonly clock: Pick<Clock, 'now'>;
}

/** Waiting deliveries of one server are counted up to here: beyond, nobody needs the exact number, and counting would take long. */
export const mostCounted = 1_000;
/** Health is read in pieces, so that readers of pages do not wait for 20,000 servers. */
const readAtOnce = 500;

/** Every server where somebody follows, for which something waits, or that was paused; those that need a look first, then the largest. */
export async function loadOverview(sources: OverviewSources): Promise<Overview> {
  const nowMs = sources.clock.now();
  const followers = new Map<DestinationId, number>();
  for (const { inboxUrl, followers: n } of await sources.store.follows.inboxesOfAll()) {
    if (!URL.canParse(inboxUrl)) continue;
    const destination = destinationAt('fediverse', inboxUrl);
    followers.set(destination, (followers.get(destination) ?? 0) + n);
  }
  const queues = new Map((await sources.store.deliveries.loadQueues()).map((queue) => [queue.destination, queue]));
  const holds = await sources.destinations.loadHolds();
  const ids = [...new Set([...followers.keys(), ...queues.keys(), ...holds.keys()])];
  const health = new Map<DestinationId, HealthRecord>();
  for (let i = 0; i < ids.length; i += readAtOnce) {
    for (const one of await sources.destinations.loadHealth(ids.slice(i, i + readAtOnce)))
      health.set(one.destination, one);
    if (i + readAtOnce < ids.length) await new Promise((resolve) => setImmediate(resolve));
  }
  const destinations = ids.map((id) =>
    toLine(id, {
      record: health.get(id),
      heldSinceMs: holds.get(id),
      queue: queues.get(id),
      followers: followers.get(id) ?? 0,
      nowMs,
    }),
  );
  const order = (line: DestinationLine) => destinationStates.indexOf(line.state);
  destinations.sort(
    (one, other) =>
      order(one) - order(other) ||
      Number(other.waits) - Number(one.waits) ||
      other.followers - one.followers ||
      (one.host < other.host ? -1 : 1),
  );
  const counts = Object.fromEntries(destinationStates.map((state) => [state, { servers: 0, followers: 0 }])) as Record<
    DestinationState,
    { servers: number; followers: number }
  >;
  for (const { state, followers: n } of destinations) {
    counts[state].servers += 1;
    counts[state].followers += n;
  }
  return { destinations, counts, waiting: queues.size };
}

function toLine(
  id: DestinationId,
  known: {
    record: HealthRecord | undefined;
    heldSinceMs: number | undefined;
    queue: { dueAtMs: number } | undefined;
    followers: number;
    nowMs: number;
  },
): DestinationLine {
  const { record, heldSinceMs, queue, followers, nowMs } = known;
  const state = heldSinceMs === undefined ? (record?.state ?? 'healthy') : 'paused';
  const sinceMs = heldSinceMs ?? (record?.sinceMs || undefined);
  const isWell = state === 'healthy';
  const nextTryAtMs =
    state === 'paused' || state === 'gone' || (!queue && state !== 'resting')
      ? undefined
      : Math.max(nowMs, queue?.dueAtMs ?? 0, state === 'resting' ? record!.nextProbeAtMs : 0);
  return {
    host: hostOf(id),
    state,
    followers,
    waits: queue !== undefined,
    ...(sinceMs !== undefined && { sinceMs }),
    ...(nextTryAtMs !== undefined && { nextTryAtMs }),
    ...(record?.lastWords && !isWell && { words: record.lastWords }),
    ...(record?.lastOkAtMs && { lastOkAtMs: record.lastOkAtMs }),
  };
}

/** The line of one server; also of one that the place has never met. */
export async function loadDestination(sources: OverviewSources, destination: DestinationId): Promise<DestinationLine> {
  const { destinations } = await loadOverview(sources);
  const host = hostOf(destination);
  const known = destinations.find((line) => line.host === host);
  if (known) return known;
  const [record] = await sources.destinations.loadHealth([destination]);
  const nothing = { heldSinceMs: undefined, queue: undefined, followers: 0, nowMs: sources.clock.now() };
  return toLine(destination, { record, ...nothing });
}

/** How many deliveries wait for a server, counted up to `mostCounted`. */
export function countWaiting(sources: OverviewSources, host: string): Promise<number> {
  return sources.store.deliveries.countWaiting(`fediverse:${host}` as DestinationId, mostCounted);
}
