import type { Claim, Pool } from './contract.ts';
import type { Line } from './queue.ts';

/** Whose places an attempt takes. `over`: it takes long, so it gave its place back; sockets that wait cost little. */
export type Place = Pool | 'over';

/** An attempt under way. */
export type Attempt = {
  readonly id: number;
  readonly claim: Claim;
  readonly line: Line;
  readonly probe: boolean;
  /** Monotonic, milliseconds. */
  readonly startedAtMs: number;
  place: Place;
  /** Its destination was told to be slow. */
  dragging: boolean;
  cut: boolean;
};

/** After this long a destination is slow, whatever the others do. */
export const draggingMs = 2_000;
/** An attempt gives its place back after so many usual answers, within these bounds. */
const usualTimes = 6;
const overtimeMs = { least: 250, most: draggingMs };
/** How much one answer moves the usual time. */
const weightOfOne = 1 / 32;

/**
 * Attempts under way, oldest first, counted by place. A tarpit holds a place in the main pool only for some usual answer times, then it counts
 * apart. Without this 300 tarpits would hold every place for 12 s and delay 2,700 healthy servers.
 */
export class Attempts {
  readonly #all = new Map<number, Attempt>();
  #last = 0;
  #usualMs = overtimeMs.most / usualTimes;
  /** Reserved places included. */
  readonly inFlight: Record<Place, number> = { main: 0, slow: 0, over: 0 };

  get size(): number {
    return this.#all.size;
  }

  /** Notes an attempt; its place is counted already. Gives its id. */
  begin(attempt: Omit<Attempt, 'id' | 'cut' | 'dragging'>): number {
    const id = ++this.#last;
    this.#all.set(id, { ...attempt, id, cut: false, dragging: false });
    return id;
  }

  /** Takes an attempt out; undefined when it is not under way (a verdict that comes twice or too late). */
  end(id: number): Attempt | undefined {
    const attempt = this.#all.get(id);
    if (!attempt) return undefined;
    this.#all.delete(id);
    this.inFlight[attempt.place] -= 1;
    return attempt;
  }

  /** An answer took so long; what is usual follows slowly. */
  answered(tookMs: number): void {
    this.#usualMs += (tookMs - this.#usualMs) * weightOfOne;
  }

  /** Takes their places from those that are long under way; gives those that have begun to drag. */
  overtime(nowMs: number): Attempt[] {
    const longMs = Math.min(overtimeMs.most, Math.max(overtimeMs.least, usualTimes * this.#usualMs));
    const dragging: Attempt[] = [];
    for (const attempt of this.#all.values()) {
      const ageMs = nowMs - attempt.startedAtMs;
      if (ageMs < longMs) break;
      if (attempt.place === 'main') {
        attempt.place = 'over';
        this.inFlight.main -= 1;
        this.inFlight.over += 1;
      }
      if (ageMs < draggingMs || attempt.dragging) continue;
      attempt.dragging = true;
      dragging.push(attempt);
    }
    return dragging;
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
