import type { AnyId } from '../base/ids.ts';
import type { Claim, Pool } from './contract.ts';
import type { Line } from './queue.ts';

/** An attempt under way. */
export type Attempt = {
  readonly claim: Claim;
  readonly line: Line;
  readonly probe: boolean;
  /** Monotonic, milliseconds. */
  readonly startedAtMs: number;
  /** Whose places it takes; a long one moves from `main` to `slow`. */
  pool: Pool;
  cut: boolean;
};

/**
 * Attempts under way, oldest first, counted per pool. A tarpit can take a place in the main pool only for `overtimeMs`: after that it
 * counts as slow, and sockets that wait cost little. Without this 300 tarpits would hold every place for 12 s and delay 2,700 healthy servers.
 */
export class Attempts {
  static readonly overtimeMs = 2_000;
  readonly #all = new Map<AnyId, Attempt>();
  /** Reserved places included. */
  readonly inFlight: Record<Pool, number> = { main: 0, slow: 0 };

  get size(): number {
    return this.#all.size;
  }

  begin(attempt: Attempt): void {
    this.#all.set(attempt.claim.deliveryId, attempt);
  }

  /** Takes an attempt out; undefined when it is not under way (a verdict that comes twice or too late). */
  end(deliveryId: AnyId): Attempt | undefined {
    const attempt = this.#all.get(deliveryId);
    if (!attempt) return undefined;
    this.#all.delete(deliveryId);
    this.inFlight[attempt.pool] -= 1;
    return attempt;
  }

  /** Moves long attempts to the slow pool; gives those it moved, and when (monotonic) the next one would become long. */
  overtime(nowMs: number): { moved: Attempt[]; nextAtMs: number | undefined } {
    const moved: Attempt[] = [];
    for (const attempt of this.#all.values()) {
      const longAtMs = attempt.startedAtMs + Attempts.overtimeMs;
      if (longAtMs > nowMs) return { moved, nextAtMs: attempt.pool === 'main' ? longAtMs : this.#nextMain(longAtMs) };
      if (attempt.pool === 'slow') continue;
      attempt.pool = 'slow';
      this.inFlight.main -= 1;
      this.inFlight.slow += 1;
      moved.push(attempt);
    }
    return { moved, nextAtMs: undefined };
  }

  #nextMain(fallbackMs: number): number | undefined {
    return this.inFlight.main > 0 ? fallbackMs : undefined;
  }

  /** The oldest attempts that are not cut yet, at most `count`, that began before `beforeMs`. */
  oldest(count: number, beforeMs: number): Attempt[] {
    const found: Attempt[] = [];
    for (const attempt of this.#all.values()) {
      if (found.length >= count || attempt.startedAtMs > beforeMs) break;
      if (!attempt.cut) found.push(attempt);
    }
    return found;
  }

  all(): Attempt[] {
    return [...this.#all.values()];
  }
}
