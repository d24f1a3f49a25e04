import type { Recipient } from './acknowledge.ts';
import type { DestinationId, Lane, Outcome, Pool, Priority, QueueChange } from './contract.ts';
import type { Destination } from './health.ts';

/** Queues read from the store at a time: what the engine holds per lane is this, whatever the backlog. */
export const windowSize = 128;
/** Below this many it reads more. */
const lowWater = 32;

/**
 * One lane's queue for one destination, while the engine has it in hand.
 * `ready` in the window -> `spent` when the store had nothing more to give and attempts are still under way -> `leaving`, let go of in the next commit.
 * `waiter`: all places of the destination are taken; `promised`: one became free for it.
 */
export type Line = {
  readonly lane: LaneQueue;
  readonly id: DestinationId;
  readonly destination: Destination<Line>;
  priority: Priority;
  pool: Pool;
  inFlight: number;
  mode: 'ready' | 'waiter' | 'promised' | 'spent' | 'leaving';
};

/** One lane in the engine: a window on its ready queues, in the order in which they should be served. */
export class LaneQueue implements Recipient {
  readonly lane: Lane;
  readonly lines = new Map<DestinationId, Line>();
  /** The store had no more ready queues than those in hand. */
  readonly drained = { main: true, slow: true };
  /** New deliveries may be there: read the window again, so that the urgent ones come first. */
  woken = false;
  closing = false;
  /** Engine time at which the next queue becomes ready. */
  nextDueAtMs: number | undefined;
  inFlight = 0;
  readonly #ready: Record<Pool, Line[][]> = { main: [[], [], []], slow: [[], [], []] };
  readonly #written: (lane: LaneQueue, outcomes: readonly Outcome[]) => void;

  constructor(lane: Lane, written: (lane: LaneQueue, outcomes: readonly Outcome[]) => void) {
    this.lane = lane;
    this.#written = written;
  }

  get store() {
    return this.lane.store;
  }

  /** Ready lines of a pool in memory. */
  count(pool: Pool): number {
    return this.#ready[pool].reduce((sum, lines) => sum + lines.length, 0);
  }

  /** Whether the window of a pool should be read again. */
  hungry(pool: Pool): boolean {
    return !this.closing && !this.drained[pool] && this.count(pool) < lowWater;
  }

  add(id: DestinationId, priority: Priority, pool: Pool, destination: Destination<Line>): void {
    const line: Line = { lane: this, id, destination, priority, pool, inFlight: 0, mode: 'ready' };
    this.lines.set(id, line);
    this.#ready[pool][priority]!.push(line);
  }

  /** The next line of a pool, urgent ones first; `urgentOnly` when only the reserved places are free. */
  next(pool: Pool, urgentOnly: boolean): Line | undefined {
    const [urgent, posts, backfill] = this.#ready[pool];
    return urgent!.shift() ?? (urgentOnly ? undefined : (posts!.shift() ?? backfill!.shift()));
  }

  has(pool: Pool, urgentOnly: boolean): boolean {
    const [urgent, posts, backfill] = this.#ready[pool];
    return urgent!.length > 0 || (!urgentOnly && (posts!.length > 0 || backfill!.length > 0));
  }

  /** Back into the window: behind the others, or in front when a place was promised. */
  requeue(line: Line, mode: 'ready' | 'promised'): void {
    line.mode = mode;
    const lines = this.#ready[line.pool][line.priority]!;
    if (mode === 'promised') lines.unshift(line);
    else lines.push(line);
  }

  /**
   * New deliveries came: lines that have not begun are dropped (they are ready on disk and will be read again in the right order),
   * spent ones are asked again.
   */
  reread(): void {
    this.woken = false;
    this.drained.main = false;
    this.drained.slow = false;
    for (const pool of ['main', 'slow'] as const) {
      this.#ready[pool] = this.#ready[pool].map((lines) =>
        lines.filter((line) => {
          const keep = line.inFlight > 0 || line.mode === 'promised';
          if (!keep) this.lines.delete(line.id);
          return keep;
        }),
      );
    }
    for (const line of this.lines.values()) if (line.mode === 'spent') this.requeue(line, 'ready');
  }

  /** After a commit: let-go queues leave; what is ready again will be read. */
  written(
    outcomes: readonly Outcome[],
    queues: readonly QueueChange[],
    committed: { ready: number; nextDueAtMs: number | undefined },
  ): void {
    for (const { destination } of queues) this.lines.delete(destination);
    if (committed.ready > 0) {
      this.drained.main = false;
      this.drained.slow = false;
    }
    this.nextDueAtMs = committed.nextDueAtMs;
    this.#written(this, outcomes);
  }
}
