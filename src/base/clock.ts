/**
 * The time, injected everywhere: the engine runs under a virtual clock in tests, and a wall clock that jumps must neither burst nor expire a queue.
 */
export interface Clock {
  /** Wall time, milliseconds since 1970. For what people and peers read; never for waits. */
  now(): number;
  /** Milliseconds that only go forward; the origin means nothing. For waits and deadlines inside the process. */
  monotonic(): number;
  /** Calls `run` once after `delayMs`; the returned function cancels it. Does not keep the process alive. */
  after(delayMs: number, run: () => void): () => void;
}

/** Node refuses a longer timer (2^31-1 ms) and fires at once instead. */
const longestTimerMs = 2_147_483_647;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(0, delayMs), longestTimerMs));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
