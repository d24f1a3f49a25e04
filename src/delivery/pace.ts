/**
 * How many attempts may run at once at one destination. It starts low (we do not know the other side), grows by one after as many
 * prompt answers as it holds, and halves at a failure: a small server is never hit by more than it answered to, a big one soon takes 8.
 * Kept in memory only; a restart begins carefully again.
 */
export class Pace {
  static readonly start = 2;
  static readonly most = 8;
  /** An answer that took longer says that the other side works hard: no reason to send it more at once. */
  static readonly promptMs = 1_000;

  limit: number = Pace.start;
  inFlight = 0;
  /** Engine time before which nothing is sent; Retry-After and soft waits. */
  notBeforeMs = 0;
  #prompt = 0;

  /** Free places; an urgent delivery may go one beyond, so that it never waits for a whole post's attempts. */
  free(urgent: boolean): number {
    return Math.max(0, this.limit + (urgent ? 1 : 0) - this.inFlight);
  }

  /** After an answer, whatever it said, that took `tookMs`. */
  answered(tookMs: number): void {
    if (tookMs > Pace.promptMs) {
      this.#prompt = 0;
      return;
    }
    if (++this.#prompt < this.limit) return;
    this.#prompt = 0;
    this.limit = Math.min(Pace.most, this.limit + 1);
  }

  /** After no answer, an error, or a request to slow down. */
  failed(): void {
    this.#prompt = 0;
    this.limit = Math.max(1, Math.floor(this.limit / 2));
  }

  /** One at a time, for a destination that is slow or comes back from resting. */
  careful(): void {
    this.#prompt = 0;
    this.limit = 1;
  }
}
