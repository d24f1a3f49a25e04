import type { Clock } from '../base/clock.ts';
import { logger } from '../base/log.ts';
import { Acknowledgements } from './acknowledge.ts';
import { Attempts } from './attempts.ts';
import type { DestinationId, HealthStore, Knock, Lane, Outcome, Pool, Senders } from './contract.ts';
import { EngineTime } from './engine-time.ts';
import { Health } from './health.ts';
import { Holds, memoryHolds } from './holds.ts';
import { LaneQueue, type Line, windowSize } from './queue.ts';
import { longestWaitMs } from './retry.ts';
import { Rounds } from './rounds.ts';

const log = logger('delivery');

/** Queues made ready in one statement; more follow in the next pass. */
const promotedAtOnce = 500;
/** Outcomes that wait for a disk that refuses; beyond, nothing new is sent, so that memory stays bounded. */
const mostUnwritten = 2_000;
/** After an error of ours (disk full, file locked). */
const pauseAfterErrorMs = 2_000;
/** Looks again for attempts without verdict this much after their deadline: a sender thread that hangs must not keep a place for ever. */
const verdictGraceMs = 10_000;
/** How often the engine looks for long attempts while any is under way. */
const overtimeLookMs = 100;

export type EngineOptions = {
  clock: Clock;
  senders: Senders;
  health: HealthStore;
  /** Queues stopped by hand; without it they are forgotten at the end of the process. */
  holds?: Holds;
  /** Jitter; seeded in simulations. */
  random?: () => number;
  /** How late the serving thread's event loop is: the engine slows down before readers notice. */
  loopDelayMs?: () => number;
  /** One attempt, both knocks included. */
  attemptMs?: number;
  /** Lets the process do something else between two passes. */
  breathe?: () => Promise<void>;
  /** A lane has nothing to do now; `dueAtMs`: when it will have (engine time). For a host that closes idle places. */
  onLaneRest?: (lane: string, dueAtMs: number | undefined) => void;
};

/**
 * The engine: picks a destination that may be spoken to, then lanes in turn, then that lane's next delivery, and writes what came of it.
 * It holds a window per lane and what is under way, never the queue; it runs when something happened (a wake, a verdict, the one timer for the
 * next due time), never on a schedule.
 */
export class DeliveryEngine {
  readonly #clock: Clock;
  readonly #time: EngineTime;
  readonly #senders: Senders;
  readonly #health: Health<Line>;
  readonly #holds: Holds;
  readonly #acknowledgements: Acknowledgements;
  readonly #attempts = new Attempts();
  readonly #rounds: Rounds;
  readonly #lanes = new Map<string, LaneQueue>();
  readonly #attemptMs: number;
  readonly #breathe: () => Promise<void>;
  readonly #onLaneRest: ((lane: string, dueAtMs: number | undefined) => void) | undefined;
  #pumping = false;
  #again = false;
  #stopping = false;
  #pauseUntilMs = 0;
  #cancelDue: (() => void) | undefined;
  #cancelOvertime: (() => void) | undefined;
  #waitingForRest: (() => void)[] = [];

  constructor(options: EngineOptions) {
    const random = options.random ?? Math.random;
    this.#clock = options.clock;
    this.#time = new EngineTime(options.clock);
    this.#senders = options.senders;
    this.#attemptMs = options.attemptMs ?? 12_000;
    this.#breathe = options.breathe ?? (() => new Promise((resolve) => setImmediate(resolve)));
    this.#onLaneRest = options.onLaneRest;
    const now = () => this.#time.now();
    this.#health = new Health({ store: options.health, random, now, wall: () => this.#clock.now() });
    this.#holds = options.holds ?? new Holds(memoryHolds());
    this.#acknowledgements = new Acknowledgements(options.clock, now);
    this.#rounds = new Rounds({
      clock: options.clock,
      time: this.#time,
      random,
      senders: options.senders,
      health: this.#health,
      holds: this.#holds,
      attempts: this.#attempts,
      acknowledgements: this.#acknowledgements,
      attemptMs: this.#attemptMs,
      loopDelayMs: options.loopDelayMs ?? (() => 0),
    });
    this.#senders.onVerdict((attemptId, verdict) => {
      if (this.#rounds.finish(attemptId, verdict)) this.#pump();
    });
  }

  /** Engine time, milliseconds: what `nextAtMs` and due times are written in. */
  now(): number {
    return this.#time.now();
  }

  /** Takes up a lane's queue: everything that waits there goes on. Throws when a lane of that name is open. */
  async openLane(lane: Lane): Promise<void> {
    if (this.#lanes.has(lane.id)) throw new Error(`lane ${lane.id} is open`);
    const queue = new LaneQueue(lane, (own, outcomes) => this.#written(own, outcomes));
    this.#lanes.set(lane.id, queue);
    await this.#holds.load();
    await lane.store.repair(this.#time.now(), 2 * longestWaitMs);
    queue.nextDueAtMs = await lane.store.nextDueAt();
    queue.woken = true;
    this.#pump();
  }

  /** Lets go of a lane (its place is closed, moved or suspended): nothing new is taken, what is under way ends and is written first. */
  async closeLane(id: string): Promise<void> {
    const queue = this.#lanes.get(id);
    if (!queue) return;
    queue.closing = true;
    this.#rounds.drop(queue);
    while (queue.inFlight > 0) await this.#somethingEnds();
    await this.#acknowledgements.flush();
    this.#acknowledgements.drop(queue);
    this.#lanes.delete(id);
  }

  /** New deliveries were committed in a lane. Costs nothing when the lane is not open. */
  wake(id: string): void {
    const queue = this.#lanes.get(id);
    if (!queue) return;
    queue.woken = true;
    this.#pump();
  }

  /**
   * A destination spoke to us: if it rests, it gets a probe out of turn; if it was gone, it may be tried again. Cheap enough to be called for each
   * activity that arrives.
   */
  async heardFrom(destination: DestinationId): Promise<void> {
    const known = this.#health.find(destination);
    if (known && (known.record.state === 'healthy' || known.record.state === 'slow')) return;
    if (!(await this.#health.heard(destination))) return;
    await this.#release(destination);
  }

  /** A lane's queue stops by hand: what is under way ends, nothing more is taken, nothing expires. On disk when it resolves. */
  async pause(lane: string, destination: DestinationId): Promise<void> {
    await this.#holds.begin({ lane, destination, sinceMs: this.#clock.now() });
  }

  /** Lifts a hold; what waits goes on at once, with a probe where the destination rests. False when nothing was held. */
  async resume(lane: string, destination: DestinationId): Promise<boolean> {
    if (!(await this.#holds.end(lane, destination))) return false;
    await this.#health.load([destination]);
    const { state } = this.#health.get(destination).record;
    if (state === 'resting' || state === 'gone') await this.#health.knock(destination);
    await this.#release(destination);
    return true;
  }

  /** One attempt at a destination now, out of turn, with what waits in any lane. */
  async retry(lane: string, destination: DestinationId): Promise<Knock> {
    if (this.#holds.sinceOf(lane, destination) !== undefined) return 'held';
    if (!(await this.#health.knock(destination))) return 'just-knocked';
    if (await this.#release(destination)) return 'knocking';
    this.#health.get(destination).outOfTurn = false;
    return 'nothing-waits';
  }

  /** Makes what waits for a destination ready, except where it is held; whether anything does. */
  async #release(destination: DestinationId): Promise<boolean> {
    let isAny = false;
    await this.#acknowledgements.flush();
    for (const queue of this.#lanes.values()) {
      if (queue.closing || this.#holds.sinceOf(queue.lane.id, destination) !== undefined) continue;
      const isInHand = queue.lines.has(destination);
      const isReleased = !isInHand && (await queue.store.release(destination, this.#time.now()));
      if (isReleased) queue.woken = true;
      isAny ||= isInHand || isReleased;
    }
    this.#pump();
    return isAny;
  }

  /**
   * Orderly stop: takes nothing new, lets attempts end for `graceMs`, writes everything, then ends the threads. What was not answered
   * waits on disk and is sent again at the next start; it counts as begun, so nothing may cancel it.
   */
  async stop(graceMs = 10_000): Promise<void> {
    this.#stopping = true;
    this.#cancelDue?.();
    let over = graceMs <= 0;
    const cancel = this.#clock.after(graceMs, () => {
      over = true;
      this.#tellEnds();
    });
    while ((this.#attempts.size > 0 || this.#pumping) && !over) await this.#somethingEnds();
    cancel();
    this.#cancelOvertime?.();
    for (const attempt of this.#attempts.all()) this.#rounds.handBack(attempt);
    await this.#acknowledgements.flush();
    this.#acknowledgements.close();
    await this.#health.saved();
    await this.#senders.stop();
  }

  /** What the engine holds, for the operator's page and for tests of its bounds. */
  counts(): {
    inFlight: number;
    slow: number;
    over: number;
    unwritten: number;
    destinations: number;
    lines: number;
    share: number;
  } {
    const { main, slow, over } = this.#attempts.inFlight;
    let lines = 0;
    for (const queue of this.#lanes.values()) lines += queue.lines.size;
    return {
      inFlight: main,
      slow,
      over,
      unwritten: this.#acknowledgements.size,
      destinations: this.#health.size,
      lines,
      share: this.#rounds.share,
    };
  }

  /** Runs passes until there is nothing to do; never two at once. */
  #pump(): void {
    this.#again = true;
    if (this.#pumping || this.#stopping) return;
    this.#pumping = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (this.#again && !this.#stopping) {
        this.#again = false;
        if (this.#clock.monotonic() < this.#pauseUntilMs || this.#acknowledgements.size > mostUnwritten) break;
        if (await this.#pass()) {
          this.#again = true;
          await this.#breathe();
        }
      }
    } catch (error) {
      log.error('the engine pauses: {error}', { error });
      this.#pauseUntilMs = this.#clock.monotonic() + pauseAfterErrorMs;
    } finally {
      this.#pumping = false;
      if (!this.#stopping) this.#setTimers();
    }
    this.#tellEnds();
  }

  /** One pass: due queues become ready, windows are read, a handful of attempts begin. True when there may be more to do at once. */
  async #pass(): Promise<boolean> {
    await this.#promote();
    for (const queue of this.#lanes.values()) {
      if (queue.closing) continue;
      if (queue.woken) queue.reread();
      await this.#refill(queue, 'main');
      if (this.#rounds.hasRoom('slow')) await this.#refill(queue, 'slow');
    }
    return this.#rounds.start(this.#lanes);
  }

  async #promote(): Promise<void> {
    const now = this.#time.now();
    for (const queue of this.#lanes.values()) {
      if (queue.closing || queue.nextDueAtMs === undefined || queue.nextDueAtMs > now) continue;
      const promoted = await queue.store.promote(now, promotedAtOnce);
      queue.nextDueAtMs = await queue.store.nextDueAt();
      if (promoted === 0) continue;
      queue.drained.main = false;
      queue.drained.slow = false;
    }
  }

  async #refill(queue: LaneQueue, pool: Pool): Promise<void> {
    if (!queue.hungry(pool)) return;
    const ready = await queue.store.loadReady(pool, windowSize, new Set(queue.lines.keys()));
    await this.#health.load(ready.map(({ destination }) => destination));
    if (ready.length < windowSize) queue.drained[pool] = true;
    for (const { destination, priority } of ready) {
      if (!queue.lines.has(destination)) queue.add(destination, priority, pool, this.#health.get(destination));
    }
  }

  #written(queue: LaneQueue, outcomes: readonly Outcome[]): void {
    try {
      queue.lane.committed?.(outcomes);
    } catch (error) {
      log.error('a lane could not take note of its outcomes: {error}', { error });
    }
    if (!this.#stopping) this.#pump();
    this.#tellEnds();
    if (queue.lines.size === 0 && queue.drained.main) this.#onLaneRest?.(queue.lane.id, queue.nextDueAtMs);
  }

  /** The one timer for the next due time, and one for attempts that become long. */
  #setTimers(): void {
    this.#cancelDue?.();
    this.#cancelDue = undefined;
    const paused = this.#pauseUntilMs - this.#clock.monotonic();
    let waitMs = paused > 0 ? paused : Number.POSITIVE_INFINITY;
    for (const { nextDueAtMs, closing } of this.#lanes.values()) {
      if (nextDueAtMs === undefined || closing) continue;
      waitMs = Math.min(waitMs, Math.max(nextDueAtMs - this.#time.now(), paused, 1));
    }
    if (Number.isFinite(waitMs)) this.#cancelDue = this.#clock.after(waitMs, () => this.#pump());
    if (this.#attempts.size > 0 && !this.#cancelOvertime) this.#armOvertime();
  }

  #armOvertime(): void {
    this.#cancelOvertime = this.#clock.after(overtimeLookMs, () => {
      this.#cancelOvertime = undefined;
      const nowMs = this.#clock.monotonic();
      this.#rounds.overtime(nowMs);
      for (const lost of this.#attempts.oldest(100, nowMs - this.#attemptMs - verdictGraceMs)) this.#rounds.lost(lost);
      if (this.#attempts.size > 0) this.#armOvertime();
      this.#pump();
    });
  }

  #somethingEnds(): Promise<void> {
    return new Promise((resolve) => this.#waitingForRest.push(resolve));
  }

  #tellEnds(): void {
    const waiting = this.#waitingForRest;
    this.#waitingForRest = [];
    for (const tell of waiting) tell();
  }
}
