import type { OpenPlace } from '../outgoing/open-place.ts';

/** More lines than this wait: peers are asked to come again later. At 1 kB each it is 50 MB on disk, some minutes of work. */
const mostWaiting = 50_000;
/** The rows are counted once per so many activities taken. */
const takesPerCount = 200;

const tallies = new WeakMap<object, { takes: number; isFull: boolean }>();

/** True when so much waits that taking more would only be a promise. */
export async function isFull(place: Pick<OpenPlace, 'live' | 'store'>): Promise<boolean> {
  const tally = tallies.get(place.live) ?? { takes: 0, isFull: false };
  tallies.set(place.live, tally);
  if (tally.takes % takesPerCount === 0 || tally.isFull)
    tally.isFull = (await place.store.incoming.countWaiting()) > mostWaiting;
  tally.takes += 1;
  return tally.isFull;
}
