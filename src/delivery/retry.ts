import type { Claim, Outcome, Verdict } from './contract.ts';

const minuteMs = 60_000;

/**
 * Waits between attempts. The first is short (a restart of theirs takes a minute), the last is half a day: a server that was down for
 * three days gets its post at most 12 h after it is back, and asking a dead one costs us two connections a day.
 */
const firstWaitsMs = [1, 5, 15, 30, 60, 120, 240, 480].map((minutes) => minutes * minuteMs);

/** The longest wait of the schedule, before jitter. */
export const longestWaitMs = 720 * minuteMs;

/** How long a destination is asked before we stop: 7 days, as Mastodon does; people repair servers on week-ends. */
const patienceMs = 7 * 24 * 60 * minuteMs;

/**
 * How many waits the patience holds. Ends are counted in waits, never read off the wall clock: a clock that jumps ten years forward
 * shortens one wait and expires nothing.
 */
export const waitsInAll =
  firstWaitsMs.length + Math.ceil((patienceMs - firstWaitsMs.reduce((sum, wait) => sum + wait, 0)) / longestWaitMs);

/** The wait after `failures` failed attempts (1, 2, …), with ±20 % of jitter so that 3,000 deliveries do not come back together. */
export function waitMs(failures: number, random: () => number): number {
  const wait = firstWaitsMs[Math.max(1, failures) - 1] ?? longestWaitMs;
  return Math.round(wait * (0.8 + 0.4 * random()));
}

/** A destination that asks for more is taken at its word up to here: a Retry-After of a year would be a way to be forgotten by us. */
const longestRetryAfterMs = 24 * 60 * minuteMs;

/** What the destination asked for, within reason, and a little later: everybody else comes back at the very second. */
export function obeyedMs(retryAfterMs: number | undefined, random: () => number): number {
  const asked = Number.isFinite(retryAfterMs) ? Math.max(0, retryAfterMs!) : 0;
  return Math.round(Math.min(asked, longestRetryAfterMs) * (1 + 0.1 * random()));
}

/**
 * Being asked to slow down is no failure of the delivery, so only one such answer in so many counts towards its end. It must count for
 * something: a server could ask it of one delivery for ever and accept the others.
 */
const throttlesPerAttempt = 10;

/** When a verdict came: engine time, wall time for people, and whether the attempt was a probe out of turn, which never counts. */
export type VerdictTime = { engineNowMs: number; wallNowMs: number; outOfTurn?: boolean };

/** Turns a verdict on a claim into what is written: the end, or when it is tried again. */
export function planOutcome(
  claim: Claim,
  verdict: Verdict,
  { engineNowMs, wallNowMs, outOfTurn = false }: VerdictTime,
  random: () => number,
): Outcome {
  const { deliveryId, destination, address } = claim;
  const base = { deliveryId, destination, address, attempted: true, atMs: wallNowMs, nextAtMs: 0 };
  if (verdict.outcome === 'accepted') return { ...base, state: 'accepted' };
  const why = { code: verdict.code, whose: verdict.whose, words: verdict.words };
  if (verdict.outcome !== 'later') return { ...base, ...why, state: 'refused' };
  const isPace = verdict.scope === 'pace';
  const uncounted = outOfTurn || (isPace && random() * throttlesPerAttempt >= 1);
  const attempts = claim.attempts + (uncounted ? 0 : 1);
  if (verdict.tries !== undefined && attempts >= verdict.tries) return { ...base, ...why, state: 'refused' };
  if (attempts > waitsInAll) return { ...base, ...why, state: 'expired' };
  if (isPace) return { ...base, ...why, state: 'waiting', ...(uncounted && { uncounted }) };
  const wait = Math.max(waitMs(attempts, random), obeyedMs(verdict.retryAfterMs, random));
  return { ...base, ...why, state: 'waiting', nextAtMs: engineNowMs + wait, ...(uncounted && { uncounted }) };
}
