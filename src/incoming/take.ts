import type { OpenPlace } from '../outgoing/open-place.ts';
import type { PlaceTransaction } from '../store/place/place-store.ts';

type Line = Parameters<PlaceTransaction['incoming']['take']>[0];
type Taken = Awaited<ReturnType<PlaceTransaction['incoming']['take']>>;

interface Waiting {
  readonly line: Line;
  resolve(taken: Taken): void;
  reject(error: unknown): void;
}

/** Lines of one commit: each peer still gets its 202 after its own line is on disk, and a flood pays one fsync for many. */
const mostTogether = 100;

const queues = new WeakMap<object, { waiting: Waiting[]; isWriting: boolean }>();

/** The durable line: writes an activity down, together with those that arrive meanwhile. Rejects when the disk says no; then nothing was taken. */
export function take(place: Pick<OpenPlace, 'live' | 'store'>, line: Line): Promise<Taken> {
  const queue = queues.get(place.live) ?? { waiting: [], isWriting: false };
  queues.set(place.live, queue);
  return new Promise((resolve, reject) => {
    queue.waiting.push({ line, resolve, reject });
    if (!queue.isWriting) void writeAll(place, queue);
  });
}

async function writeAll(
  place: Pick<OpenPlace, 'live' | 'store'>,
  queue: { waiting: Waiting[]; isWriting: boolean },
): Promise<void> {
  queue.isWriting = true;
  while (queue.waiting.length > 0) {
    const together = queue.waiting.splice(0, mostTogether);
    try {
      const taken = await place.store.transaction(async (tx) => {
        const results: Taken[] = [];
        for (const { line } of together) results.push(await tx.incoming.take(line));
        return results;
      });
      for (const [index, { resolve }] of together.entries()) resolve(taken[index]!);
    } catch (error) {
      for (const { reject } of together) reject(error);
    }
  }
  queue.isWriting = false;
}
