import type { Clock } from '../base/clock.ts';
import { CanariError } from '../base/errors.ts';
import { failed, ok, type Result } from '../base/result.ts';
import {
  type DestinationDesk,
  type DestinationId,
  destinationAt,
  type HealthStore,
  hostOf,
  type Knock,
} from '../delivery/contract.ts';
import type { Holds } from '../delivery/holds.ts';

/** What the engine does for a desk; `undefined` where nothing is delivered (a command that runs while no server does). */
export interface Knocker {
  pause(lane: string, destination: DestinationId): Promise<void>;
  resume(lane: string, destination: DestinationId): Promise<boolean>;
  retry(lane: string, destination: DestinationId): Promise<Knock>;
}

/** The desk of one lane, in front of the engine, or of the host's database alone. */
export function createDesk(parts: {
  lane: string;
  engine: Knocker | undefined;
  health: Pick<HealthStore, 'load'>;
  holds: Holds;
  clock: Clock;
}): DestinationDesk {
  const { lane, engine, health, holds, clock } = parts;
  return {
    loadHealth: (destinations) => health.load(destinations),
    loadHolds: () => holds.ofLane(lane),
    pause: (destination) =>
      engine ? engine.pause(lane, destination) : holds.begin({ lane, destination, sinceMs: clock.now() }),
    resume: (destination) => (engine ? engine.resume(lane, destination) : holds.end(lane, destination)),
    async retry(destination) {
      if (!engine) throw notRunning();
      return engine.retry(lane, destination);
    },
  };
}

/** What can be done to a destination by hand. */
export const controls = ['pause', 'resume', 'retry'] as const;
export type Control = (typeof controls)[number];

/** What came of it; `was-not-paused`: there was nothing to resume. */
export type Controlled = 'paused' | 'resumed' | 'was-not-paused' | Exclude<Knock, 'held'>;

/** Holds per place: each is a row that is read at every start. */
const mostHolds = 1_000;

/**
 * The destination that somebody means by `mastodon.example`, `MASTODON.example`, `https://mastodon.example/@alice` or `localhost:8443`.
 * Fails with `CANARI_DESTINATION_UNCLEAR`.
 */
export function readDestination(text: string): Result<DestinationId, CanariError> {
  const written = text.trim();
  const url = URL.parse(/^https?:\/\//i.test(written) ? written : `https://${written}`);
  const isName = url !== null && url.username === '' && /[.:]|^localhost$/.test(url.hostname);
  if (isName) return ok(destinationAt('fediverse', url.href));
  return failed(
    new CanariError('CANARI_DESTINATION_UNCLEAR', `"${written.slice(0, 100)}" is no server's name.`, {
      hint: 'Such as mastodon.example, without path.',
      values: { host: written.slice(0, 100) },
    }),
  );
}

/**
 * Pauses, resumes or retries a destination for one place.
 * Fails with `CANARI_DESTINATION_PAUSED` (a retry of what is paused), `CANARI_PAUSES_FULL`, `CANARI_NOT_RUNNING` (a retry while no server runs).
 */
export async function control(
  desk: DestinationDesk,
  what: Control,
  destination: DestinationId,
): Promise<Result<Controlled, CanariError>> {
  const host = hostOf(destination);
  if (what === 'resume') return ok((await desk.resume(destination)) ? 'resumed' : 'was-not-paused');
  if (what === 'pause') {
    const holds = await desk.loadHolds();
    if (!holds.has(destination) && holds.size >= mostHolds) return failed(tooManyHolds());
    await desk.pause(destination);
    return ok('paused');
  }
  try {
    const knock = await desk.retry(destination);
    return knock === 'held' ? failed(isPaused(host)) : ok(knock);
  } catch (error) {
    if (error instanceof CanariError) return failed(error);
    throw error;
  }
}

const isPaused = (host: string) =>
  new CanariError('CANARI_DESTINATION_PAUSED', `${host} is paused, so nothing is sent there.`, {
    status: 409,
    hint: `canari resume ${host} lets everything go on.`,
    values: { host },
  });
const tooManyHolds = () =>
  new CanariError('CANARI_PAUSES_FULL', `At most ${mostHolds} servers can be paused at a time.`, {
    hint: 'Resume one first.',
    values: { most: mostHolds },
  });
const notRunning = () =>
  new CanariError('CANARI_NOT_RUNNING', 'No server runs on this folder, so nothing can be sent.', {
    status: 409,
    hint: 'canari serve starts it, and sends what waits by itself.',
  });
