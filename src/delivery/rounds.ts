import type { Clock } from '../base/clock.ts';
import { logger } from '../base/log.ts';
import type { Acknowledgements } from './acknowledge.ts';
import type { Attempt, Attempts } from './attempts.ts';
import type { Claim, Parcel, Pool, Prepared, Senders, Verdict } from './contract.ts';
import type { EngineTime } from './engine-time.ts';
import type { Destination, Health } from './health.ts';
import type { Holds } from './holds.ts';
import type { LaneQueue, Line } from './queue.ts';
import { longestWaitMs, planOutcome, type VerdictTime } from './retry.ts';
import { Share } from './share.ts';

const log = logger('delivery', 'rounds');

/** Attempts begun in one pass: 32 of them are about 1 ms of the serving thread, then it breathes. */
const begunPerPass = 32;
/** Places that only urgent deliveries may take, so that a direct message never waits for a post's 3,000. */
const reservedForUrgent = 8;
/** Deliveries of a gone destination that end in one pass. */
const expiredPerPass = 200;
/** Lines of slow destinations in memory per lane; the others are left on disk. */
const slowWindow = 64;
/** A long attempt is cut when too many wait, but not before it had this long. */
const leastBeforeCutMs = 3_000;
/** Unsent claims are taken up again after an error of ours. */
const afterOurErrorMs = 60_000;

/** A line and the places it got in this pass. */
type Picked = { line: Line; places: number; probe: boolean };

export type RoundsOptions = {
  clock: Clock;
  time: EngineTime;
  random: () => number;
  senders: Senders;
  health: Health<Line>;
  holds: Holds;
  attempts: Attempts;
  acknowledgements: Acknowledgements;
  attemptMs: number;
  loopDelayMs: () => number;
};

/** Who is served next, round by round: lanes in turn, and within a destination those who waited longest. */
export class Rounds {
  readonly #o: RoundsOptions;
  readonly #share: Share;
  /** Lanes in the order of their turns. */
  #turns: LaneQueue[] = [];
  #expiring: Line[] = [];

  constructor(options: RoundsOptions) {
    this.#o = options;
    this.#share = new Share(options.loopDelayMs, () => options.clock.monotonic());
  }

  /** The part of the capacity that is used, 0 to 1. */
  get share(): number {
    return this.#share.now;
  }

  /** Begins a handful of attempts; true when there may be more to do at once. */
  async start(lanes: ReadonlyMap<string, LaneQueue>): Promise<boolean> {
    this.#share.look();
    if (this.#turns.length !== lanes.size) {
      const fresh = [...lanes.values()].filter((queue) => !queue.closing && !this.#turns.includes(queue));
      this.#turns = [...this.#turns, ...fresh];
    }
    const picked = [...this.#pick('main'), ...this.#pick('slow')];
    const byLane = new Map<LaneQueue, Picked[]>();
    for (const one of picked) {
      const own = byLane.get(one.line.lane);
      if (own) own.push(one);
      else byLane.set(one.line.lane, [one]);
    }
    for (const [queue, own] of byLane) await this.#begin(queue, own);
    const expiring = this.#expiring;
    this.#expiring = [];
    for (const line of expiring) await this.#expire(line);
    return picked.length > 0 || expiring.length > 0;
  }

  /** A lane closes: its lines wait for nothing any more, and others get the places that were promised to them. */
  drop(queue: LaneQueue): void {
    this.#turns = this.#turns.filter((other) => other !== queue);
    for (const line of queue.lines.values()) {
      const { destination } = line;
      if (line.mode === 'waiter') destination.waiters = destination.waiters.filter((other) => other !== line);
      if (line.mode === 'promised') destination.promised -= 1;
      if (line.mode !== 'leaving') line.mode = 'spent';
      this.#offer(destination);
    }
  }

  hasRoom(pool: Pool): boolean {
    return this.#room(pool) > 0;
  }

  /** The end of an attempt. False when it is not under way any more. */
  finish(attemptId: number, verdict: Verdict): boolean {
    const attempt = this.#o.attempts.end(attemptId);
    if (!attempt) return false;
    const { line, claim, probe } = attempt;
    const { health, clock, random, acknowledgements } = this.#o;
    const tookMs = clock.monotonic() - attempt.startedAtMs;
    const outOfTurn = probe && line.destination.outOfTurn;
    health.learn(line.destination, verdict, tookMs, probe);
    if (verdict.outcome === 'accepted') this.#o.attempts.answered(tookMs);
    acknowledgements.outcome(line.lane, planOutcome(claim, verdict, this.#verdictTime(outOfTurn), random));
    this.#freed(line);
    return true;
  }

  /** At a stop: an attempt that nobody answered. It has begun, so it must be sent again and may not be cancelled. */
  handBack(attempt: Attempt): void {
    const verdict = { outcome: 'later', scope: 'pace', code: 'too-slow', whose: 'ours', words: '' } as const;
    const { claim, line } = attempt;
    if (!this.#o.attempts.end(attempt.id)) return;
    const { random, acknowledgements } = this.#o;
    acknowledgements.outcome(line.lane, planOutcome(claim, verdict, this.#verdictTime(true), random));
    line.lane.inFlight -= 1;
  }

  #verdictTime(outOfTurn: boolean): VerdictTime {
    return { engineNowMs: this.#o.time.now(), wallNowMs: this.#o.clock.now(), outOfTurn };
  }

  /** No verdict long after the deadline: the sender thread is not there any more. */
  lost(attempt: Attempt): void {
    log.error('no verdict on a delivery to {destination}', { destination: attempt.claim.destination });
    this.finish(attempt.id, {
      outcome: 'later',
      scope: 'delivery',
      code: 'crashed',
      whose: 'ours',
      words: '',
    });
  }

  /** Long attempts give their places back, and the oldest are cut when too many wait. */
  overtime(nowMs: number): void {
    const { attempts, health, senders } = this.#o;
    for (const { line } of attempts.overtime(nowMs)) health.dragging(line.destination);
    const tooMany = attempts.inFlight.over - 2 * senders.capacity;
    for (const attempt of tooMany > 0 ? attempts.oldest(tooMany, nowMs - leastBeforeCutMs) : []) {
      attempt.cut = true;
      senders.cut(attempt.id);
    }
  }

  #most(): number {
    return Math.max(4, Math.floor(this.#o.senders.capacity * this.#share.now));
  }

  #room(pool: Pool): number {
    const { attempts } = this.#o;
    if (pool === 'slow') return Math.max(2, Math.floor(this.#most() / 4)) - attempts.inFlight.slow;
    return this.#most() - attempts.inFlight.main;
  }

  /** Lines that may begin now, one place (or a few, where nobody else waits) each. */
  #pick(pool: Pool): Picked[] {
    const picked: Picked[] = [];
    let idle = 0;
    while (picked.length < begunPerPass && idle < this.#turns.length) {
      const room = this.#room(pool);
      if (room <= 0) break;
      const urgentOnly = pool === 'main' && room <= Math.min(reservedForUrgent, this.#most() / 8);
      const queue = this.#turns.shift()!;
      this.#turns.push(queue);
      const line = queue.closing ? undefined : queue.next(pool, urgentOnly);
      if (!line) {
        idle += 1;
        continue;
      }
      idle = 0;
      const promised = line.mode === 'promised';
      if (promised) line.destination.promised -= 1;
      line.mode = 'ready';
      const one = this.#consider(line, room, promised);
      if (one) picked.push(one);
      else if (promised) this.#offer(line.destination);
    }
    return picked;
  }

  #consider(line: Line, room: number, promised: boolean): Picked | undefined {
    const { destination } = line;
    if (this.#isHeld(line)) return this.#letGo(line);
    const permission = this.#o.health.permission(destination, line.priority === 0);
    if (permission.may === 'wait') return this.#letGo(line);
    if (permission.may === 'expire') {
      this.#expiring.push(line);
      return undefined;
    }
    if (permission.may === 'probe') {
      if (destination.probing || destination.pace.inFlight > 0) return this.#makeWait(line);
      destination.probing = true;
      return this.#take(line, 1, true);
    }
    if (line.pool === 'main' && destination.record.state === 'slow') return this.#moveToSlow(line);
    const free = destination.pace.free(line.priority === 0) - destination.promised;
    const others = destination.waiters.length > 0;
    if (free <= 0 || (others && !promised && line.priority > 0)) return this.#makeWait(line);
    return this.#take(line, others ? 1 : Math.min(free, room), false);
  }

  #take(line: Line, places: number, probe: boolean): Picked {
    line.inFlight += places;
    line.lane.inFlight += places;
    line.destination.pace.inFlight += places;
    this.#o.attempts.inFlight[line.pool] += places;
    return { line, places, probe };
  }

  #giveBack(line: Line, places: number): void {
    line.inFlight -= places;
    line.lane.inFlight -= places;
    line.destination.pace.inFlight -= places;
    this.#o.attempts.inFlight[line.pool] -= places;
  }

  #makeWait(line: Line): undefined {
    line.mode = 'waiter';
    const { waiters } = line.destination;
    const behind = line.priority === 0 ? waiters.findIndex((other) => other.priority > 0) : -1;
    if (behind >= 0) waiters.splice(behind, 0, line);
    else waiters.push(line);
    return undefined;
  }

  #moveToSlow(line: Line): undefined {
    if (line.inFlight === 0 && line.lane.count('slow') >= slowWindow) return this.#letGo(line);
    line.pool = 'slow';
    line.lane.requeue(line, 'ready');
    return undefined;
  }

  /** Lets go of a line: at once, or when its last attempt has ended. */
  #letGo(line: Line): undefined {
    if (line.inFlight > 0) {
      line.mode = 'spent';
      return undefined;
    }
    const { destination, id } = line;
    const permission = this.#o.health.permission(destination, false);
    let untilMs = permission.may === 'wait' ? permission.untilMs : 0;
    // Looked at twice a day, which costs nothing; lifting the hold makes it ready at once.
    if (this.#isHeld(line)) untilMs = this.#o.time.now() + longestWaitMs;
    line.mode = 'leaving';
    const pool = destination.record.state === 'slow' ? 'slow' : 'main';
    this.#o.acknowledgements.queue(line.lane, { destination: id, notBeforeMs: untilMs, held: untilMs > 0, pool });
    return undefined;
  }

  #isHeld(line: Line): boolean {
    return this.#o.holds.sinceOf(line.lane.lane.id, line.id) !== undefined;
  }

  async #begin(queue: LaneQueue, picked: readonly Picked[]): Promise<void> {
    let claims: Claim[] = [];
    let prepared: Prepared[] = [];
    try {
      const wanted = picked.map(({ line, places, probe }) => ({ destination: line.id, limit: places, probe }));
      claims = await queue.store.claim(wanted, this.#o.time.now());
      if (claims.length > 0) prepared = await queue.lane.prepare(claims);
    } catch (error) {
      log.error('claims of {lane} could not be prepared: {error}', { lane: queue.lane.id, error });
      for (const one of picked) this.#unbegun(one, claims);
      throw error;
    }
    const byDelivery = new Map(prepared.map((one) => [one.deliveryId, one]));
    const byLine = Map.groupBy(claims, ({ destination }) => destination);
    for (const { line, places, probe } of picked) {
      const own = byLine.get(line.id) ?? [];
      this.#giveBack(line, places - own.length);
      if (probe && own.length === 0) line.destination.probing = false;
      // Fewer than asked for: nothing more can be claimed before one of these ends or something new comes.
      if (own.length < places) this.#letGo(line);
      else if (line.destination.waiters.length > 0) this.#makeWait(line);
      else line.lane.requeue(line, 'ready');
      for (const claim of own) this.#send(queue, line, claim, byDelivery.get(claim.deliveryId), probe);
      if (own.length < places) this.#offer(line.destination);
    }
  }

  #send(queue: LaneQueue, line: Line, claim: Claim, prepared: Prepared | undefined, probe: boolean): void {
    const { attempts, clock, senders, attemptMs } = this.#o;
    const { deliveryId, destination, address, sender } = claim;
    const startedAtMs = clock.monotonic();
    const attemptId = attempts.begin({ claim, line, probe, startedAtMs, place: line.pool });
    if (!prepared) {
      const verdict = { outcome: 'refused', code: 'unreadable-parcel', whose: 'ours', words: '' } as const;
      this.finish(attemptId, verdict);
      return;
    }
    const parcel: Parcel = {
      attemptId,
      deliveryId,
      destination,
      address,
      bodyId: prepared.bodyId,
      body: prepared.body,
      lane: queue.lane.id,
      sender,
      deadlineMs: attemptMs,
    };
    if (line.destination.record.habit !== '') parcel.habit = line.destination.record.habit;
    senders.send(parcel, prepared.credential);
  }

  /** After an error of ours: nothing was sent, the places are free again, the claims are handed back untouched. */
  #unbegun({ line, places, probe }: Picked, claims: readonly Claim[]): void {
    const { time, clock, acknowledgements } = this.#o;
    for (const { deliveryId, destination, address } of claims.filter((claim) => claim.destination === line.id)) {
      acknowledgements.outcome(line.lane, {
        deliveryId,
        destination,
        address,
        state: 'waiting',
        attempted: false,
        atMs: clock.now(),
        nextAtMs: time.now() + afterOurErrorMs,
      });
    }
    this.#giveBack(line, places);
    if (probe) line.destination.probing = false;
    this.#letGo(line);
    this.#offer(line.destination);
  }

  async #expire(line: Line): Promise<void> {
    const words = line.destination.record.lastWords;
    const at = this.#o.clock.now();
    const ended = await line.lane.store.expire(line.id, expiredPerPass, 'destination-gone', words, at);
    if (ended >= expiredPerPass) line.lane.requeue(line, 'ready');
    else this.#letGo(line);
  }

  /** A place became free at the line's destination. */
  #freed(line: Line): void {
    line.inFlight -= 1;
    line.lane.inFlight -= 1;
    line.destination.pace.inFlight -= 1;
    if (line.mode === 'spent' && line.inFlight === 0) this.#letGo(line);
    this.#offer(line.destination);
  }

  /** Gives free places to those who waited longest; when the destination must wait, all of them are let go. */
  #offer(destination: Destination<Line>): void {
    const { pace } = destination;
    if (destination.waiters.length === 0) return;
    const { may } = this.#o.health.permission(destination, false);
    if (may === 'probe' && (destination.probing || pace.inFlight > 0)) return;
    while (destination.waiters.length > 0) {
      const urgent = destination.waiters[0]!.priority === 0;
      if (may === 'speak' && pace.free(urgent) - destination.promised <= 0) return;
      const line = destination.waiters.shift()!;
      destination.promised += 1;
      line.lane.requeue(line, 'promised');
      if (may === 'probe') return;
    }
  }
}
