/**
 * Self-preservation: which part of the capacity the engine uses. It halves when the serving thread's event loop comes late, and comes
 * back step by step; readers go before deliveries.
 */
export class Share {
  /** Half the bar of 50 ms that a reader may wait during a fan-out. */
  static readonly lateMs = 25;
  static readonly fineMs = 12;
  /** Never less: the queue must go on, and only going on shows that things are better. */
  static readonly least = 1 / 32;
  /** One look per so long: a change needs time to show. */
  static readonly lookEveryMs = 200;

  now = 1;
  readonly #loopDelayMs: () => number;
  readonly #monotonic: () => number;
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(loopDelayMs: () => number, monotonic: () => number) {
    this.#loopDelayMs = loopDelayMs;
    this.#monotonic = monotonic;
  }

  /** Looks at the delay, at most every 200 ms, and adjusts `now`. */
  look(): void {
    const at = this.#monotonic();
    if (at - this.#lookedAtMs < Share.lookEveryMs) return;
    this.#lookedAtMs = at;
    const delay = this.#loopDelayMs();
    if (delay > Share.lateMs) this.now = Math.max(Share.least, this.now / 2);
    else if (delay < Share.fineMs) this.now = Math.min(1, this.now * 1.5);
  }
}
