import type { Clock } from '../base/clock.ts';

/**
 * The engine's time: the wall time at its start plus the monotonic time since. A wall clock that jumps while we run moves nothing:
 * no burst of retries, no queue that expires. Waits are stored in it, so that they go on after a restart; how far they may be off
 * then (a clock that was wrong before or is wrong now) is bounded by `DeliveryStore.repair`.
 */
export class EngineTime {
  readonly #clock: Clock;
  readonly #offsetMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offsetMs = clock.now() - clock.monotonic();
  }

  /** Milliseconds; whole, because they are stored. */
  now(): number {
    return Math.floor(this.#offsetMs + this.#clock.monotonic());
  }
}
