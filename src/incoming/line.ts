import { readActivity } from '../activitypub/parse/activity.ts';
import { parseJsonObject } from '../base/json.ts';
import { limits } from '../base/limits.ts';
import { logger } from '../base/log.ts';
import type { LiveEvent } from '../live/live.ts';
import type { IncomingId } from '../model/ids.ts';
import type { OpenPlace } from '../outgoing/open-place.ts';
import { FetchBudget } from '../remote/remote.ts';
import type { IncomingLine } from '../store/place/incoming.ts';
import { applyActivity } from './apply/apply.ts';
import type { Outcome } from './apply/outcome.ts';
import { unsignedDelete } from './inbox.ts';

/**
 * PATH IN, second half: applies what waits in the table `incoming`, in the background. One after another per actor, several actors at a time;
 * each in one transaction with its own end, so that it has its effect once. What cannot be had now is tried again a few times; what never
 * works is parked with its reason and is in nobody's way.
 */
export interface Incoming {
  /** Resolves when nothing waits but what is held for later. For tests, and for an orderly stop. */
  settled(): Promise<void>;
  /** Takes nothing more; resolves when what was begun has ended. */
  stop(): Promise<void>;
}

/** Actors at a time. Most of the time goes into waiting for other servers. */
const atATime = 8;
/** Lines that one commit claims: with one commit each, a flood would spend its time on them. */
const claimedAtATime = 32;
/** An orderly stop waits so long for what was begun; the rest is simply waiting again. */
const stopMs = 5_000;
/** Waits before the next attempt; after the last one it is parked. */
const retryDelaysMs = [30_000, 2 * 60_000, 10 * 60_000, 3_600_000, 4 * 3_600_000];
const pruneEveryMs = 6 * 3_600_000;
const keepEndedMs = 3 * 24 * 3_600_000;
const keepParkedMs = 30 * 24 * 3_600_000;
const log = logger('incoming');

/** Starts applying; begins with what was left by the last run. */
export function startIncoming(place: OpenPlace): Incoming {
  const { store, clock, live } = place;
  const busy = new Map<IncomingId, string>();
  const held = new Map<IncomingId, () => void>();
  const claimed: IncomingLine[] = [];
  const waiting: (() => void)[] = [];
  let isStopping = false;
  let isLooking = false;
  let lookAgain = false;
  let isBegun = false;

  /** One look at a time; a wish to look that comes meanwhile is remembered. */
  async function look(): Promise<void> {
    if (isLooking) {
      lookAgain = true;
      return;
    }
    isLooking = true;
    try {
      do {
        lookAgain = false;
        if (!isBegun) await begin();
        await fill();
      } while (lookAgain);
    } catch (error) {
      log.error('What waits could not be read: {error}', { error });
      clock.after(5_000, () => void look());
    } finally {
      isLooking = false;
      announceRest();
    }
  }

  async function fill(): Promise<void> {
    if (isStopping) return;
    if (claimed.length === 0 && busy.size < atATime) {
      const busyActors = [...new Set(busy.values())];
      const heldIds = [...held.keys()];
      claimed.push(
        ...(await store.transaction((tx) => tx.incoming.claim({ limit: claimedAtATime, busyActors, heldIds }))),
      );
    }
    while (busy.size < atATime && !isStopping) {
      const line = claimed.shift();
      if (!line) return;
      busy.set(line.id, line.actorUri);
      void applyLine(line).finally(() => {
        busy.delete(line.id);
        void look();
      });
    }
  }

  async function applyLine(line: IncomingLine): Promise<void> {
    try {
      await end(line, await findOutcome(place, line));
    } catch (error) {
      log.warn('{kind} {uri} failed: {error}', { kind: line.kind, uri: line.activityUri, error });
      // What threw may throw again as the transaction's end does: nothing more than a line in the log then, and a new look later.
      await end(line, { state: 'later', reason: `failed here: ${String(error)}` }).catch(() =>
        hold(line, retryDelaysMs[0]!),
      );
    }
  }

  async function end(line: IncomingLine, outcome: Outcome): Promise<void> {
    if (outcome.state === 'later') {
      const delayMs = retryDelaysMs[line.attempts - 1];
      if (delayMs === undefined) return store.incoming.end(line.id, 'parked', outcome.reason);
      await store.incoming.hold(line.id, outcome.reason);
      hold(line, delayMs);
      return;
    }
    if (outcome.state === 'ignored') return store.incoming.end(line.id, 'ignored', outcome.reason);
    const events: LiveEvent[] = [];
    await store.transaction(async (tx) => {
      const done = await outcome.apply(tx);
      events.push(...done.events);
      await tx.incoming.end(line.id, done.state, done.reason);
    });
    live.tell(events);
    place.wake();
  }

  function hold(line: IncomingLine, delayMs: number): void {
    const cancel = clock.after(delayMs, () => {
      held.delete(line.id);
      void look();
    });
    held.set(line.id, cancel);
  }

  function announceRest(): void {
    if (isLooking || busy.size > 0) return;
    for (const resolve of waiting.splice(0)) resolve();
  }

  let cancelPrune = (): void => {};
  async function prune(): Promise<void> {
    const now = clock.now();
    await store.incoming
      .prune({ endedMs: now - keepEndedMs, parkedMs: now - keepParkedMs, takenMs: now - limits.rememberActivityMs })
      .catch((error: unknown) => log.error('Old lines could not be removed: {error}', { error }));
    if (!isStopping) cancelPrune = clock.after(pruneEveryMs, () => void prune());
  }

  /** What the last run left comes first: nothing is claimed before it is known what ended that run. */
  async function begin(): Promise<void> {
    const parked = await store.incoming.recover();
    if (parked > 0) log.error('{parked} activities ended the process twice and were parked', { parked });
    isBegun = true;
    await prune();
  }

  const rest = (): Promise<void> =>
    busy.size === 0 && !isLooking ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve));
  const deaf = live.listen(({ kind }) => {
    if (kind === 'incoming') void look();
  });
  void look();
  return {
    settled: rest,
    async stop() {
      isStopping = true;
      deaf();
      cancelPrune();
      for (const cancel of held.values()) cancel();
      await Promise.race([rest(), new Promise<void>((resolve) => clock.after(stopMs, resolve))]);
      await store.incoming.release([...claimed.map(({ id }) => id), ...busy.keys()]);
    },
  };
}

async function findOutcome(place: OpenPlace, line: IncomingLine): Promise<Outcome> {
  const json = parseJsonObject(line.body);
  const activity = json.ok ? readActivity(json.value) : undefined;
  if (!activity?.ok) return { state: 'ignored', reason: 'it cannot be read any more' };
  const budget = new FetchBudget(limits.fetchesPerActivity);
  return applyActivity(place, activity.value, { budget, isSigned: line.kind !== unsignedDelete });
}
