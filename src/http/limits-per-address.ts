import type { Clock } from '../base/clock.ts';
import { limitKey } from './request.ts';

/** Counts what is open per client address, IPv6 by /64. Memory holds only what is open. */
export class OpenPerAddress {
  readonly #most: number;
  readonly #open = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes one and returns the function that gives it back; undefined when this address has its share. */
  take(address: string): (() => void) | undefined {
    const key = limitKey(address);
    const open = this.#open.get(key) ?? 0;
    if (open >= this.#most) return undefined;
    this.#open.set(key, open + 1);
    let isGivenBack = false;
    return () => {
      if (isGivenBack) return;
      isGivenBack = true;
      const left = (this.#open.get(key) ?? 1) - 1;
      if (left > 0) this.#open.set(key, left);
      else this.#open.delete(key);
    };
  }

  get addresses(): number {
    return this.#open.size;
  }
}

/** Keys remembered by one `FailedTries`; the oldest is forgotten first, which at worst gives a guesser with 10,000 addresses a fresh start. */
const keysRemembered = 10_000;

/**
 * A pause after too many wrong answers, for an address or for a name. Passphrases are hashed slowly, so this also bounds what guessing
 * costs us.
 */
export class FailedTries {
  readonly #clock: Clock;
  readonly #triesAllowed: number;
  readonly #pauseMs: number;
  readonly #tries = new Map<string, { failures: number; lastAt: number }>();

  constructor(clock: Clock, options: { triesAllowed: number; pauseMs: number }) {
    this.#clock = clock;
    this.#triesAllowed = options.triesAllowed;
    this.#pauseMs = options.pauseMs;
  }

  /** Milliseconds still to wait; 0 when one may try. */
  pauseMs(key: string): number {
    const tries = this.#tries.get(key);
    if (!tries || tries.failures < this.#triesAllowed) return 0;
    return Math.max(0, tries.lastAt + this.#pauseMs - this.#clock.monotonic());
  }

  /** Tries left before a pause. */
  triesLeft(key: string): number {
    const tries = this.#tries.get(key);
    if (!tries || tries.lastAt + this.#pauseMs <= this.#clock.monotonic()) return this.#triesAllowed;
    return Math.max(0, this.#triesAllowed - tries.failures);
  }

  fail(key: string): void {
    const now = this.#clock.monotonic();
    const before = this.#tries.get(key);
    const failures = before && before.lastAt + this.#pauseMs > now ? before.failures + 1 : 1;
    this.#tries.delete(key);
    this.#tries.set(key, { failures, lastAt: now });
    if (this.#tries.size > keysRemembered) this.#tries.delete(this.#tries.keys().next().value!);
  }

  succeed(key: string): void {
    this.#tries.delete(key);
  }
}
