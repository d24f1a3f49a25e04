import {
  type DestinationDesk,
  type DestinationId,
  type HealthRecord,
  hostOf,
  type ReasonCode,
} from '../delivery/contract.ts';
import type { PostId } from '../model/ids.ts';
import type { LandedRow } from '../store/place/deliveries.ts';

/**
 * Where a post stands at one server. `accepted` is what the server said; that is all one can know, so never "received" or "read".
 * `on-its-way`: not tried yet; `waiting`: tried, and tried again; `resting`: the server does not answer, nothing is sent but a probe; `paused`:
 * somebody here stopped sending to it.
 */
export type LandedState = 'accepted' | 'on-its-way' | 'waiting' | 'resting' | 'paused' | 'refused' | 'expired';

/** One server's line. Times: wall, milliseconds since 1970. */
export interface LandedServer {
  readonly host: string;
  readonly state: LandedState;
  /** When it ended, or when it was last tried. */
  readonly atMs?: number;
  /** Since when the server rests. */
  readonly sinceMs?: number;
  /** When it is tried again at the earliest. */
  readonly nextTryAtMs?: number;
  readonly code?: ReasonCode;
  /** The server's own words. */
  readonly words?: string;
  readonly followers: number;
  readonly attempts: number;
}

/** Where a post has landed. */
export interface Landed {
  readonly servers: readonly LandedServer[];
  readonly counts: Readonly<Record<LandedState, number>>;
  /** Followers on the servers that accepted it. */
  readonly followersAccepted: number;
}

/** What receipts read. */
export interface LandedSources {
  readonly deliveries: { loadLanded(postId: PostId): Promise<LandedRow[]> };
  readonly destinations: Pick<DestinationDesk, 'loadHealth' | 'loadHolds'>;
}

/** The least good first: of a server's inboxes that one is shown, and a list begins with it. */
export const landedStates: readonly LandedState[] = [
  'refused',
  'expired',
  'paused',
  'resting',
  'waiting',
  'on-its-way',
  'accepted',
];

/** Reads where a post has landed: servers that need attention first, then the ones with the most followers. */
export async function loadLanded(sources: LandedSources, postId: PostId, nowMs: number): Promise<Landed> {
  const rows = await sources.deliveries.loadLanded(postId);
  const pending = new Set(rows.filter(({ state }) => state === 'waiting').map(({ destination }) => destination));
  const records = await sources.destinations.loadHealth([...pending]);
  const health = new Map(records.map((record) => [record.destination, record]));
  const holds = await sources.destinations.loadHolds();
  const byServer = Map.groupBy(rows, ({ destination }) => destination);
  const servers = [...byServer].map(([destination, own]) =>
    toServer(destination, own, { health: health.get(destination), heldSinceMs: holds.get(destination) }, nowMs),
  );
  servers.sort(
    (one, other) =>
      landedStates.indexOf(one.state) - landedStates.indexOf(other.state) || other.followers - one.followers,
  );
  const counts = Object.fromEntries(landedStates.map((state) => [state, 0])) as Record<LandedState, number>;
  for (const { state } of servers) counts[state] += 1;
  const accepted = servers.filter(({ state }) => state === 'accepted');
  return { servers, counts, followersAccepted: accepted.reduce((sum, { followers }) => sum + followers, 0) };
}

/** What is known of a server beside the deliveries. */
type Known = { health: HealthRecord | undefined; heldSinceMs: number | undefined };

function toServer(destination: DestinationId, rows: readonly LandedRow[], known: Known, nowMs: number): LandedServer {
  const lines = rows.map((row) => toLine(destination, row, known, nowMs));
  const worst = lines.reduce((one, other) =>
    landedStates.indexOf(other.state) < landedStates.indexOf(one.state) ? other : one,
  );
  return { ...worst, followers: Math.max(...rows.map(({ followers }) => followers)) };
}

function toLine(
  destination: DestinationId,
  row: LandedRow,
  { health, heldSinceMs }: Known,
  nowMs: number,
): LandedServer {
  const { attempts, followers } = row;
  const line = { host: hostOf(destination), attempts, followers, ...reasonOf(row) };
  if (row.state !== 'waiting') {
    const state = row.state === 'cancelled' ? 'expired' : row.state;
    return { ...line, state, ...(row.endedAtMs && { atMs: row.endedAtMs }) };
  }
  const tried = { ...line, ...(row.lastAttemptAtMs && { atMs: row.lastAttemptAtMs }) };
  if (heldSinceMs !== undefined) return { ...tried, state: 'paused', sinceMs: heldSinceMs };
  const nextTryAtMs = Math.max(nowMs, row.nextAtMs, row.queueDueAtMs ?? 0);
  if (health?.state === 'resting' || health?.state === 'gone') {
    const words = row.words ?? health.lastWords;
    const probeAtMs = Math.max(nowMs, health.nextProbeAtMs);
    return { ...tried, state: 'resting', sinceMs: health.sinceMs, nextTryAtMs: probeAtMs, ...(words && { words }) };
  }
  if (row.attempts === 0) return { ...tried, state: 'on-its-way' };
  return { ...tried, state: 'waiting', nextTryAtMs };
}

function reasonOf({ code, words }: LandedRow): { code?: ReasonCode; words?: string } {
  return { ...(code && { code }), ...(words && { words }) };
}
