import { logger } from '../base/log.ts';
import type { OpenPlace } from '../outgoing/open-place.ts';
import type { PruneStep } from '../store/place/ended.ts';

/** The first look is not at the start, which has enough to do; a place that is opened for a command only never gets there. */
const firstMs = 10 * 60_000;
const everyMs = 24 * 3_600_000;
/** How long what has ended stays to be looked at by the person: twice the week in which a delivery is tried. */
const keptMs = 14 * 24 * 3_600_000;
/** Rows that one step looks at: a few milliseconds, so nobody waits. */
const rowsPerStep = 1_000;

/** Forgets what was sent and is of no use any more, so that a place does not grow by its likes and follows. The returned function ends it. */
export function startTidying(place: OpenPlace): () => void {
  let isStopped = false;
  let cancel = place.clock.after(firstMs, () => void run());
  async function run() {
    try {
      await tidy(place, () => isStopped);
    } catch (error) {
      logger('place').error('Tidying failed and is tried again later: {error}', { error });
    }
    if (!isStopped) cancel = place.clock.after(everyMs, () => void run());
  }
  return () => {
    isStopped = true;
    cancel();
  };
}

/** One round, in small steps. @returns how many rows went. */
export async function tidy(place: OpenPlace, isStopped: () => boolean = () => false): Promise<number> {
  const beforeMs = place.clock.now() - keptMs;
  let total = 0;
  for (const prune of ['pruneDeliveries', 'pruneActivities'] as const) {
    for (let afterId: string | undefined = '0'; afterId !== undefined && !isStopped(); ) {
      const step: PruneStep = await place.store.ended[prune](beforeMs, afterId, rowsPerStep);
      total += step.gone;
      afterId = step.nextAfterId;
      // Others first: a table of years must not be felt.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return total;
}
