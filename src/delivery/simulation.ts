import type { Clock } from '../base/clock.ts';
import type { AnyId } from '../base/ids.ts';
import type { Credential, DestinationId, Parcel, Senders, Verdict } from './contract.ts';

/** Random numbers from a seed (mulberry32): a failing life can be run again. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Time that passes only when told to. Promises settle between two timers, so a week of retries takes milliseconds. */
export class VirtualClock implements Clock {
  #monotonic = 1_000;
  #wall: number;
  #order = 0;
  /** A binary heap by time, then by order of asking. */
  readonly #heap: { atMs: number; order: number; run: (() => void) | undefined }[] = [];

  constructor(wallMs = Date.UTC(2026, 10, 24)) {
    this.#wall = wallMs;
  }

  now(): number {
    return Math.floor(this.#wall);
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = {
      atMs: this.#monotonic + Math.max(0, delayMs),
      order: this.#order++,
      run: run as (() => void) | undefined,
    };
    this.#push(timer);
    return () => {
      timer.run = undefined;
    };
  }

  /** Somebody sets the wall clock; waits go on as they were. */
  jump(byMs: number): void {
    this.#wall += byMs;
  }

  /** Lets time pass for `forMs`; stops early when `until` says so. True when it did. */
  async pass(forMs: number, until: () => boolean = () => false): Promise<boolean> {
    const endMs = this.#monotonic + forMs;
    for (;;) {
      await settled();
      if (until()) return true;
      const next = this.#peek();
      if (!next || next.atMs > endMs) break;
      this.#pop();
      this.#moveTo(next.atMs);
      const { run } = next;
      next.run = undefined;
      run?.();
    }
    this.#moveTo(endMs);
    return until();
  }

  /** Whether any timer is set: an idle engine has none. */
  get timers(): number {
    return this.#heap.filter(({ run }) => run).length;
  }

  #moveTo(atMs: number): void {
    this.#wall += atMs - this.#monotonic;
    this.#monotonic = atMs;
  }

  #peek() {
    while (this.#heap.length > 0 && !this.#heap[0]!.run) this.#pop();
    return this.#heap[0];
  }

  #less(one: number, other: number): boolean {
    const a = this.#heap[one]!;
    const b = this.#heap[other]!;
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
  }

  #swap(one: number, other: number): void {
    [this.#heap[one], this.#heap[other]] = [this.#heap[other]!, this.#heap[one]!];
  }

  #push(timer: { atMs: number; order: number; run: (() => void) | undefined }): void {
    this.#heap.push(timer);
    for (let child = this.#heap.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (!this.#less(child, parent)) return;
      this.#swap(child, parent);
      child = parent;
    }
  }

  #pop(): void {
    this.#swap(0, this.#heap.length - 1);
    this.#heap.pop();
    for (let parent = 0; ; ) {
      let least = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2]) {
        if (child < this.#heap.length && this.#less(child, least)) least = child;
      }
      if (least === parent) return;
      this.#swap(parent, least);
      parent = least;
    }
  }
}

/** Every promise that can settle without time passing has settled. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** How a simulated destination answers one attempt: after how long, and what. */
export type Answer = { afterMs: number; verdict: Verdict };

/** An attempt as the simulated world saw it. */
export type Seen = {
  lane: string;
  destination: DestinationId;
  address: string;
  deliveryId: AnyId;
  bodyId: AnyId;
  beganMs: number;
  endedMs: number | undefined;
  verdict: Verdict | undefined;
};

/** Senders without sockets: a world decides each answer, time is virtual, and everything is noted down. */
export class SimulatedSenders implements Senders {
  readonly capacity: number;
  readonly seen: Seen[] = [];
  readonly #clock: Clock;
  readonly #answer: (parcel: Parcel, inFlight: number) => Answer;
  readonly #under = new Map<number, { seen: Seen; end: (verdict: Verdict) => void }>();
  readonly #inFlight = new Map<DestinationId, number>();
  /** The most attempts at once, per destination. */
  readonly most = new Map<DestinationId, number>();
  #take: (attemptId: number, verdict: Verdict) => void = () => {};

  constructor(clock: Clock, capacity: number, answer: (parcel: Parcel, inFlight: number) => Answer) {
    this.#clock = clock;
    this.capacity = capacity;
    this.#answer = answer;
  }

  onVerdict(take: (attemptId: number, verdict: Verdict) => void): void {
    this.#take = take;
  }

  send(parcel: Parcel, _credential: Credential): void {
    const { attemptId, destination, address, deliveryId, bodyId, lane } = parcel;
    const inFlight = (this.#inFlight.get(destination) ?? 0) + 1;
    this.#inFlight.set(destination, inFlight);
    this.most.set(destination, Math.max(inFlight, this.most.get(destination) ?? 0));
    const beganMs = this.#clock.monotonic();
    const seen: Seen = {
      lane,
      destination,
      address,
      deliveryId,
      bodyId,
      beganMs,
      endedMs: undefined,
      verdict: undefined,
    };
    this.seen.push(seen);
    const end = (verdict: Verdict) => {
      if (!this.#under.delete(attemptId)) return;
      this.#inFlight.set(destination, this.#inFlight.get(destination)! - 1);
      seen.endedMs = this.#clock.monotonic();
      seen.verdict = verdict;
      this.#take(attemptId, verdict);
    };
    this.#under.set(attemptId, { seen, end });
    const { afterMs, verdict } = this.#answer(parcel, inFlight);
    if (afterMs <= parcel.deadlineMs) this.#clock.after(afterMs, () => end(verdict));
    else this.#clock.after(parcel.deadlineMs, () => end(tooSlow));
  }

  cut(attemptId: number): void {
    this.#under.get(attemptId)?.end(tooSlow);
  }

  forget(): void {}

  async stop(): Promise<void> {
    this.#under.clear();
    this.#take = () => {};
  }
}

const tooSlow: Verdict = { outcome: 'later', scope: 'destination', code: 'too-slow', whose: 'theirs', words: '' };
