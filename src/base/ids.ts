import type { Clock } from './clock.ts';

/** Every id is this much and more, so always 19 digits: strings sort as the numbers do. */
const idBase = 10n ** 18n;

/** A decimal string of 19 digits; branded per kind in `model/ids.ts`. */
export type AnyId = string;

/** The id of something that happened at `timeMs`: 10^18 + (milliseconds << 16 | sequence). DESIGN section 7. */
export function idAt(timeMs: number, sequence: number): AnyId {
  return (idBase + ((BigInt(Math.max(0, Math.floor(timeMs))) << 16n) | BigInt(sequence & 0xffff))).toString();
}

/** The time inside an id, milliseconds since 1970. */
export function idTimeMs(id: AnyId): number {
  return Number((BigInt(id) - idBase) >> 16n);
}

/** True for the 19 digits of an id; anything else from outside is answered 404 before it reaches the store. */
export function isId(text: string): boolean {
  return /^1\d{18}$/.test(text);
}

/** Makes ids that are unique in one place, whatever the clock does. */
export class IdMaker {
  readonly #clock: Clock;
  #lastMs = 0;
  #sequence = 0;

  /** `floor`: the largest id already stored, so that a clock set back after a restart cannot repeat one. */
  constructor(clock: Clock, floor?: AnyId) {
    this.#clock = clock;
    if (floor) this.#lastMs = idTimeMs(floor) + 1;
  }

  /** A new id, larger than every earlier one: for rows in order of arrival (activities, deliveries, notifications). */
  next(): AnyId {
    const now = Math.floor(this.#clock.now());
    if (now > this.#lastMs) {
      this.#lastMs = now;
      this.#sequence = 0;
    } else if (++this.#sequence > 0xffff) {
      this.#lastMs += 1;
      this.#sequence = 0;
    }
    return idAt(this.#lastMs, this.#sequence);
  }

  /**
   * An id that sorts by `publishedMs` (clamped to now for the future), for posts that come from elsewhere.
   * The sequence is random: two posts of one millisecond rarely meet, and the store's unique key asks again when they do.
   */
  at(publishedMs: number): AnyId {
    const now = this.#clock.now();
    return idAt(Math.min(Math.max(publishedMs, 0), now), Math.floor(Math.random() * 0x10000));
  }
}
