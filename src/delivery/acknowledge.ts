import type { Clock } from '../base/clock.ts';
import { logger } from '../base/log.ts';
import type { Committed, DeliveryStore, Outcome, QueueChange } from './contract.ts';

const log = logger('delivery', 'acknowledge');

/**
 * A commit with synchronous=FULL costs 0.2 ms here and 10 ms on a cheap disk: one per delivery would make the disk the limit
 * (100 a second). Up to 200 outcomes with their queues, or 40 ms, go together; a kill -9 in between sends those again, with the same id.
 */
const mostPerCommit = 400;
const longestWaitMs = 40;
/** When the disk is full or locked: try again this much later, and keep what was learnt. */
const retryMs = 1_000;

/** What waits to be written for one lane. */
type Batch = { outcomes: Outcome[]; queues: QueueChange[] };

/** One lane, as far as writing goes. */
export type Recipient = {
  readonly store: DeliveryStore;
  /** After the commit. */
  written(outcomes: readonly Outcome[], queues: readonly QueueChange[], committed: Committed): void;
};

/** Collects the ends of attempts and writes them in few commits, per lane (each lane is a file of its own). */
export class Acknowledgements {
  readonly #clock: Clock;
  readonly #engineNow: () => number;
  readonly #batches = new Map<Recipient, Batch>();
  #size = 0;
  #cancelTimer: (() => void) | undefined;
  #flushing: Promise<void> | undefined;

  constructor(clock: Clock, engineNow: () => number) {
    this.#clock = clock;
    this.#engineNow = engineNow;
  }

  /** Outcomes and let-go queues that are not on disk yet. */
  get size(): number {
    return this.#size;
  }

  outcome(recipient: Recipient, outcome: Outcome): void {
    this.#batch(recipient).outcomes.push(outcome);
    this.#added();
  }

  queue(recipient: Recipient, change: QueueChange): void {
    this.#batch(recipient).queues.push(change);
    this.#added();
  }

  /** Everything so far is on disk when this resolves, unless the disk refuses: then it stays here and is tried again. */
  async flush(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    while (this.#flushing) await this.#flushing;
    if (this.#size === 0) return;
    this.#flushing = this.#writeAll();
    await this.#flushing;
  }

  /** Forgets what could not be written for a lane that closes: it waits on disk and is sent again. */
  drop(recipient: Recipient): void {
    const batch = this.#batches.get(recipient);
    if (!batch) return;
    this.#size -= batch.outcomes.length + batch.queues.length;
    this.#batches.delete(recipient);
  }

  /** After the last flush: nothing is tried again. */
  close(): void {
    this.#cancelTimer?.();
    for (const recipient of [...this.#batches.keys()]) this.drop(recipient);
  }

  #batch(recipient: Recipient): Batch {
    let batch = this.#batches.get(recipient);
    if (!batch) {
      batch = { outcomes: [], queues: [] };
      this.#batches.set(recipient, batch);
    }
    return batch;
  }

  #added(): void {
    this.#size += 1;
    if (this.#flushing) return;
    if (this.#size >= mostPerCommit) void this.flush();
    else this.#later(longestWaitMs);
  }

  #later(delayMs: number): void {
    this.#cancelTimer ??= this.#clock.after(delayMs, () => {
      this.#cancelTimer = undefined;
      void this.flush();
    });
  }

  async #writeAll(): Promise<void> {
    let failed = false;
    const written: (() => void)[] = [];
    for (const [recipient, batch] of [...this.#batches]) {
      const { outcomes, queues } = batch;
      batch.outcomes = [];
      batch.queues = [];
      try {
        const committed = await recipient.store.commit(outcomes, queues, this.#engineNow());
        this.#size -= outcomes.length + queues.length;
        if (batch.outcomes.length === 0 && batch.queues.length === 0) this.#batches.delete(recipient);
        written.push(() => recipient.written(outcomes, queues, committed));
      } catch (error) {
        failed = true;
        if (this.#batches.get(recipient) !== batch) {
          this.#size -= outcomes.length + queues.length;
          continue;
        }
        batch.outcomes.unshift(...outcomes);
        batch.queues.unshift(...queues);
        log.error('outcomes could not be written, trying again: {error}', { error });
      }
    }
    this.#flushing = undefined;
    for (const tell of written) tell();
    if (this.#size === 0) return;
    if (failed) this.#later(retryMs);
    else if (this.#size >= mostPerCommit) void this.flush();
    else this.#later(longestWaitMs);
  }
}
