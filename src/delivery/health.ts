import { logger } from '../base/log.ts';
import type { DestinationId, HealthRecord, HealthState, HealthStore, Verdict } from './contract.ts';
import { Pace } from './pace.ts';
import { longestWaitMs, obeyedMs, waitMs, waitsInAll } from './retry.ts';

const log = logger('delivery', 'health');

/**
 * The life of a destination. Checked when this file is loaded: every exit is a state, every state can be reached from the first and
 * can be left again (a server that was away for a year must be able to come back).
 */
export const healthGraph = {
  /** It answers, promptly. */
  healthy: { exits: ['slow', 'resting'] },
  /** It takes seconds, or its last attempt failed: one at a time, in the slow pool, so that it takes nobody else's place. */
  slow: { exits: ['healthy', 'resting'] },
  /** It does not answer: nothing is sent but one probe when the wait is over. Costs nothing meanwhile. */
  resting: { exits: ['healthy', 'slow', 'gone'] },
  /** All probes of 7 days failed. What waits expires; it is tried again when it speaks to us, or once an hour when a person waits for it. */
  gone: { exits: ['resting', 'healthy', 'slow'] },
} as const satisfies Record<HealthState, { exits: readonly HealthState[] }>;

/** Throws when a graph of states has an exit to nowhere, an unreachable state, or one without return to the first. */
export function checkGraph(graph: Record<string, { exits: readonly string[] }>, first: string): void {
  const reach = (from: string) => {
    const seen = new Set([from]);
    for (const state of seen) for (const exit of graph[state]?.exits ?? []) seen.add(exit);
    return seen;
  };
  for (const state of reach(first)) if (!graph[state]) throw new Error(`no such state: ${state}`);
  for (const state of Object.keys(graph)) {
    if (!reach(first).has(state)) throw new Error(`${state} cannot be reached`);
    if (!reach(state).has(first)) throw new Error(`${state} cannot be left for ${first}`);
  }
}
checkGraph(healthGraph, 'healthy');

/** Failed attempts in a row until it rests. Five answers of 500 may be our activity; three times no connection is not. */
const failuresUntilRest = { answered: 5, unanswered: 3 };
/** Requests in a row to slow down, without one acceptance between, until it rests: they must not keep a queue for ever. */
const throttledUntilRest = 10;
/** Prompt answers in a row until a slow one counts as healthy. */
const promptUntilHealthy = 3;
/** A soft wait after a failure that does not yet make it rest, doubled each time. */
const softWaitMs = 10_000;
/** When it asks to slow down without saying how long. */
const unsaidPaceMs = 30_000;
/** A sign of life is worth a probe out of turn only when the last one is so long ago: some speak to us all day and never answer. */
const heardMs = 5 * 60_000;
/** Somebody may knock by hand as often as they like; the destination hears it at most this often. */
const knockMs = 10_000;
/** How often a person who waits makes us try one that is gone. */
const goneRetryMs = 3_600_000;

/** A destination as the dispatcher sees it: what is remembered, its pace, and who waits for a place. */
export type Destination<Waiter = unknown> = {
  readonly record: HealthRecord;
  readonly pace: Pace;
  waiters: Waiter[];
  /** Places given to waiters that have not used them yet. */
  promised: number;
  probing: boolean;
  prompt: number;
  lastProbeAtMs: number;
  /** It gets a probe out of turn because it spoke to us; when that fails, the rest goes on as planned. */
  outOfTurn: boolean;
};

/** May it be spoken to? `held` until an engine time; `gone`: expire what waits. */
export type Permission = { may: 'speak' } | { may: 'probe' } | { may: 'wait'; untilMs: number } | { may: 'expire' };

/** Health of all destinations: a bounded memory in front of the store. Every change of state is on disk before it has effects after a restart. */
export class Health<Waiter = unknown> {
  readonly #store: HealthStore;
  readonly #random: () => number;
  readonly #now: () => number;
  readonly #wall: () => number;
  readonly #keep: number;
  readonly #known = new Map<DestinationId, Destination<Waiter>>();
  readonly #unsaved = new Map<DestinationId, HealthRecord>();
  #saving: Promise<void> | undefined;

  /** `now`: engine time, `wall`: for people; `keep`: destinations in memory while nothing is under way there. */
  constructor(options: {
    store: HealthStore;
    random: () => number;
    now: () => number;
    wall: () => number;
    keep?: number;
  }) {
    this.#store = options.store;
    this.#random = options.random;
    this.#now = options.now;
    this.#wall = options.wall;
    this.#keep = options.keep ?? 5_000;
  }

  /** Makes `get` work for these; reads those that are not in memory, in one go. */
  async load(destinations: readonly DestinationId[]): Promise<void> {
    const missing = destinations.filter((destination) => !this.#known.has(destination));
    if (missing.length === 0) return;
    const records = new Map((await this.#store.load(missing)).map((record) => [record.destination, record]));
    const furthestMs = this.#now() + 2 * longestWaitMs;
    for (const record of records.values()) {
      // Further away than any wait: written under a wrong clock, in an earlier process.
      if (record.nextProbeAtMs > furthestMs) record.nextProbeAtMs = this.#now();
    }
    for (const destination of missing) {
      if (!this.#known.has(destination)) {
        this.#known.set(destination, fresh(destination, this.#unsaved.get(destination) ?? records.get(destination)));
      }
    }
    this.#trim();
  }

  /** A destination in memory, or undefined. */
  find(destination: DestinationId): Destination<Waiter> | undefined {
    return this.#known.get(destination);
  }

  /** A destination; a new one when nothing is known. */
  get(destination: DestinationId): Destination<Waiter> {
    let known = this.#known.get(destination);
    if (!known) {
      known = fresh(destination, this.#unsaved.get(destination));
      this.#known.set(destination, known);
    }
    return known;
  }

  /** What the dispatcher may do now. `urgent`: a person waits for it. */
  permission(destination: Destination<Waiter>, urgent: boolean): Permission {
    const now = this.#now();
    const { record, pace } = destination;
    if (record.state === 'gone') {
      if (destination.probing) return { may: 'wait', untilMs: now + softWaitMs };
      const waited = now - destination.lastProbeAtMs;
      return urgent && waited >= goneRetryMs ? { may: 'probe' } : { may: 'expire' };
    }
    if (record.state === 'resting') {
      const untilMs = record.nextProbeAtMs;
      if (now >= untilMs && !destination.probing) destination.outOfTurn = false;
      return now < untilMs && !destination.outOfTurn ? { may: 'wait', untilMs } : { may: 'probe' };
    }
    if (destination.outOfTurn && !destination.probing) return { may: 'probe' };
    return now < pace.notBeforeMs ? { may: 'wait', untilMs: pace.notBeforeMs } : { may: 'speak' };
  }

  /** An attempt takes long and is not over: it is slow from now on. */
  dragging(destination: Destination<Waiter>): void {
    destination.prompt = 0;
    destination.pace.careful();
    if (destination.record.state === 'healthy') this.#move(destination, 'slow', destination.record.lastWords);
  }

  /** Learns from the end of an attempt that took `tookMs`; `probe`: it was the one that a resting destination gets. */
  learn(destination: Destination<Waiter>, verdict: Verdict, tookMs: number, probe: boolean): void {
    if (verdict.habit !== undefined && verdict.habit !== destination.record.habit) {
      destination.record.habit = verdict.habit;
      this.#save(destination.record);
    }
    if (verdict.outcome !== 'accepted' && verdict.whose === 'ours') {
      if (probe) destination.probing = false;
      if (probe) destination.outOfTurn = false;
      return;
    }
    if (verdict.outcome === 'later' && verdict.scope === 'pace') this.#throttled(destination, verdict, probe);
    else if (verdict.outcome === 'later' && isFailure(verdict)) this.#failed(destination, verdict, probe);
    else this.#answered(destination, verdict, tookMs);
    if (!probe) return;
    destination.outOfTurn = false;
    destination.lastProbeAtMs = this.#now();
    destination.probing = false;
  }

  /**
   * It spoke to us (an activity of theirs arrived): one that is gone may be probed, one that rests gets a probe out of turn.
   * @returns whether queues that are held should be made ready.
   */
  async heard(id: DestinationId): Promise<boolean> {
    await this.load([id]);
    const destination = this.get(id);
    const { record } = destination;
    const now = this.#now();
    if (record.state === 'gone') {
      record.probes = 0;
      record.nextProbeAtMs = now;
      this.#move(destination, 'resting', record.lastWords);
      return true;
    }
    if (record.state !== 'resting' || destination.probing || record.nextProbeAtMs <= now) return false;
    if (now - destination.lastProbeAtMs < heardMs) return false;
    destination.outOfTurn = true;
    return true;
  }

  /**
   * Somebody here wants one attempt now: out of turn, so that its failure changes no schedule. One that is gone begins to rest, with a probe at once.
   * @returns false when an attempt like this is under way or has just been made.
   */
  async knock(id: DestinationId): Promise<boolean> {
    await this.load([id]);
    const destination = this.get(id);
    if (destination.probing || this.#now() - destination.lastProbeAtMs < knockMs) return false;
    if (destination.record.state === 'gone') return this.heard(id);
    destination.outOfTurn = true;
    return true;
  }

  /** All changes so far are on disk when this resolves. */
  async saved(): Promise<void> {
    while (this.#saving) await this.#saving;
  }

  /** How many destinations are held in memory. */
  get size(): number {
    return this.#known.size;
  }

  #throttled(destination: Destination<Waiter>, verdict: Verdict & { outcome: 'later' }, probe: boolean): void {
    const { pace, record } = destination;
    pace.failed();
    destination.prompt = 0;
    const waits = Math.min(record.failures, 6);
    const waitedMs = obeyedMs(verdict.retryAfterMs ?? unsaidPaceMs * 2 ** waits, this.#random);
    pace.notBeforeMs = this.#now() + Math.max(1_000, waitedMs);
    record.failures += 1;
    record.lastWords = verdict.words;
    if (record.failures >= throttledUntilRest) this.#rest(destination, verdict.words, probe);
    else if (record.state === 'resting' || record.state === 'gone') this.#move(destination, 'slow', verdict.words);
  }

  #failed(destination: Destination<Waiter>, verdict: Verdict & { outcome: 'later' }, probe: boolean): void {
    const { pace, record } = destination;
    pace.failed();
    destination.prompt = 0;
    record.failures += 1;
    record.lastWords = verdict.words;
    const most = failuresUntilRest[verdict.scope === 'destination' ? 'unanswered' : 'answered'];
    if (record.state === 'gone') return;
    if (record.state === 'resting' || record.failures >= most) {
      this.#rest(destination, verdict.words, probe);
      return;
    }
    const soft = softWaitMs * 2 ** (record.failures - 1) * (0.8 + 0.4 * this.#random());
    const asked = obeyedMs(verdict.retryAfterMs, this.#random);
    pace.notBeforeMs = this.#now() + Math.round(Math.max(soft, asked));
    pace.careful();
    if (record.state === 'healthy') this.#move(destination, 'slow', verdict.words);
    else this.#save(record);
  }

  /** Begins to rest, or rests longer after a probe that failed; after the last it is gone. */
  #rest(destination: Destination<Waiter>, words: string, probe: boolean): void {
    const { record, pace } = destination;
    const wasResting = record.state === 'resting';
    // Attempts that were under way when it began to rest fail too; only the probe counts.
    if (wasResting && (!probe || destination.outOfTurn)) return;
    record.probes = wasResting ? record.probes + 1 : 0;
    pace.careful();
    pace.notBeforeMs = 0;
    if (record.probes >= waitsInAll) {
      record.nextProbeAtMs = 0;
      this.#move(destination, 'gone', words);
      return;
    }
    record.nextProbeAtMs = this.#now() + waitMs(record.probes + 1, this.#random);
    if (wasResting) this.#save(record);
    else this.#move(destination, 'resting', words);
  }

  #answered(destination: Destination<Waiter>, verdict: Verdict, tookMs: number): void {
    const { record, pace } = destination;
    pace.answered(tookMs);
    const wasFailing = record.failures > 0 || record.probes > 0;
    record.failures = 0;
    record.probes = 0;
    record.nextProbeAtMs = 0;
    if (verdict.outcome === 'accepted') {
      record.lastOkAtMs = this.#wall();
    }
    if (record.state === 'resting' || record.state === 'gone') {
      pace.careful();
      destination.prompt = 0;
      this.#move(destination, 'slow', record.lastWords);
    }
    destination.prompt = tookMs <= Pace.promptMs ? destination.prompt + 1 : 0;
    if (record.state === 'slow' && destination.prompt >= promptUntilHealthy) this.#move(destination, 'healthy', '');
    else if (wasFailing) this.#save(record);
  }

  #move(destination: Destination<Waiter>, to: HealthState, words: string): void {
    const { record } = destination;
    const exits: readonly HealthState[] = healthGraph[record.state].exits;
    if (!exits.includes(to)) throw new Error(`no way from ${record.state} to ${to}`);
    if (to === 'resting' || to === 'gone' || record.state === 'gone') {
      log.info('{destination}: {from} -> {to}: {words}', {
        destination: record.destination,
        from: record.state,
        to,
        words,
      });
    }
    record.state = to;
    record.sinceMs = this.#wall();
    record.lastWords = words;
    this.#save(record);
  }

  /** Written at once; changes that come while a write is under way go with the next. */
  #save(record: HealthRecord): void {
    this.#unsaved.set(record.destination, record);
    this.#saving ??= this.#writeUnsaved();
  }

  async #writeUnsaved(): Promise<void> {
    try {
      await Promise.resolve();
      while (this.#unsaved.size > 0) {
        const records = [...this.#unsaved.values()].map((record) => ({ ...record }));
        this.#unsaved.clear();
        await this.#store.save(records);
      }
    } catch (error) {
      // It may be lost (DESIGN section 6): worst case, a destination is asked once more than needed after a restart.
      log.error('health could not be written: {error}', { error });
    } finally {
      this.#saving = undefined;
    }
  }

  /** Forgets those nothing is under way at, oldest first; their record is in the store. */
  #trim(): void {
    if (this.#known.size <= this.#keep) return;
    const now = this.#now();
    for (const [id, destination] of this.#known) {
      const idle = destination.pace.inFlight === 0 && destination.waiters.length === 0 && !destination.probing;
      if (idle && destination.promised === 0 && destination.pace.notBeforeMs <= now) this.#known.delete(id);
      if (this.#known.size <= this.#keep * 0.8) return;
    }
  }
}

/** True for what the destination did wrong or did not do at all; a 404 or a 401 is an answer. */
function isFailure(verdict: Verdict & { outcome: 'later' }): boolean {
  return verdict.scope === 'destination' || verdict.code === 'server-error';
}

function fresh<Waiter>(destination: DestinationId, stored?: HealthRecord): Destination<Waiter> {
  const record = stored ?? {
    destination,
    state: 'healthy' as const,
    sinceMs: 0,
    failures: 0,
    probes: 0,
    nextProbeAtMs: 0,
    lastWords: '',
    lastOkAtMs: 0,
    habit: '',
  };
  const made: Destination<Waiter> = {
    record,
    pace: new Pace(),
    waiters: [],
    promised: 0,
    probing: false,
    prompt: 0,
    lastProbeAtMs: Number.NEGATIVE_INFINITY,
    outOfTurn: false,
  };
  if (record.state !== 'healthy') made.pace.careful();
  return made;
}
