/**
 * What the engine, the stores and the kinds of destination agree on. The engine knows neither ActivityPub nor SMTP, neither places nor people:
 * it sees destinations, addresses, bodies and two opaque labels, `lane` (whose queue) and `sender` (who signs).
 */
import type { KeyObject } from 'node:crypto';
import type { Doing } from '../base/errors.ts';
import type { AnyId } from '../base/ids.ts';

/** Something with a pace and a health of its own: `fediverse:mastodon.example`, `fediverse:localhost:8443`, later `mail:laposte.net`. */
export type DestinationId = string & { readonly __id: 'destination' };

/** The destination of a URL: its kind, then host and port as the URL standard writes them (lower case, punycode, no default port). Throws on what is no URL. */
export function destinationAt(kind: string, url: string): DestinationId {
  return `${kind}:${new URL(url).host}` as DestinationId;
}

/** The kind in a destination id: the part before the first colon. */
export function kindOf(destination: DestinationId): string {
  return destination.slice(0, destination.indexOf(':'));
}

/** The host, with its port when that is not the default one. */
export function hostOf(destination: DestinationId): string {
  return destination.slice(destination.indexOf(':') + 1);
}

/**
 * What a person waits for (direct messages, mentions, follows, Accept) goes before posts, posts before what fills old gaps.
 * The smaller number goes first.
 */
export const priorities = { waitedFor: 0, post: 1, backfill: 2 } as const;
export type Priority = (typeof priorities)[keyof typeof priorities];

/** `waiting` is the only state that is not an end. Every end but `accepted` has a reason. */
export type DeliveryState = 'waiting' | 'accepted' | 'refused' | 'expired' | 'cancelled';

/** One line of a plan to deliver, as `outgoing/publish.ts` gives it to the store. */
export type NewDelivery = {
  destination: DestinationId;
  /** Where it is posted: a shared inbox where there is one. */
  inboxUrl: string;
  priority: Priority;
  /** Followers there: the biggest servers go first within a post. */
  weight: number;
  /** What the activity is about (`post:1…`, `follow:1…`): deliveries of one object to one destination keep their order. */
  objectKey: string;
  /** The post whose receipts show this delivery. */
  postId?: AnyId;
};

/**
 * What a new activity does to earlier deliveries of the same object to the same inbox that still wait.
 * Only those that no attempt has begun are ever touched: a timed-out attempt may have arrived.
 */
export type Supersedes = {
  /** `updates`: an Update makes waiting Updates needless. `everything`: so does a Delete (or an Undo) with all that wait. */
  cancel: 'updates' | 'everything';
  /**
   * With `updates`: an activity that introduces the object in its newest form (the Create with the new words). Where the first Create was never tried,
   * it is sent in its place and the Update is not added: a server that never saw the post ignores an Update of it.
   */
  instead?: AnyId;
  /** With `everything`: do not add this one where nothing of the object has ever been tried (an Undo of what was never sent). Never for a Delete: it may have been fetched. */
  needlessIfUnsent?: boolean;
};

/** What `add` did, for logs and for the price that a person is shown. */
export type Added = { added: number; cancelled: number; replaced: number; needless: number };

/** A delivery taken from a queue for one attempt. It is still `waiting` on disk: a kill -9 now means that it is sent again. */
export type Claim = {
  deliveryId: AnyId;
  activityId: AnyId;
  destination: DestinationId;
  address: string;
  /** The sending account's id: an opaque label to the engine. */
  sender: string;
  priority: Priority;
  /** Attempts that ended before this one and count towards the end. */
  attempts: number;
};

/** A claim with everything that sending needs. What crosses to a sender thread is this, with the body left out when the thread already has it. */
export type Parcel = {
  /** Which attempt this is, in this process: ids of deliveries, bodies and senders are unique in their lane only. */
  attemptId: number;
  deliveryId: AnyId;
  destination: DestinationId;
  /** The inbox URL. */
  address: string;
  /** The activity's id: the same in every attempt, so that a second arrival has no second effect. */
  bodyId: AnyId;
  body: string;
  lane: string;
  sender: string;
  /** How this destination likes to be spoken to, as its kind wrote it into an earlier verdict (`rfc9421`). Opaque to the engine. */
  habit?: string;
  /** The whole attempt, both knocks included. */
  deadlineMs: number;
};

/** The key that a sender signs with, cloned once per sender into each sender thread, never written. */
export type Credential = { keyId: string; privateKey: KeyObject };

/**
 * Why something was not accepted, for machines; `receipts/explain.ts` has the sentences, and a test that each code has one.
 */
export const reasonCodes = [
  'unreachable', // no connection: refused, no route, reset
  'no-such-host', // the name does not resolve
  'forbidden-address', // the name leads into a private network: our guard said no
  'tls', // certificate or handshake
  'too-slow', // connected, but no complete answer in time
  'server-error', // 5xx
  'throttled', // 429, or 503 with Retry-After
  'redirected', // 3xx: a POST is never sent on to where it points
  'not-found', // 404
  'gone', // 410: this inbox is closed for ever
  'unauthorised', // 401, 403: both signature forms were refused
  'rejected', // any other 4xx
  'unreadable', // an answer that is no HTTP, or without end
  'destination-gone', // nothing from there for 7 days: not tried any more
  'unreadable-parcel', // ours: the activity or the key is missing
  'crashed', // ours: sending it took the sender thread down, twice
  'superseded', // a newer activity about the same object made it needless
  'withdrawn', // its person or place took it back
] as const;
export type ReasonCode = (typeof reasonCodes)[number];

/**
 * What a destination's answer means. `words` are its own, shortened (status and first line), for people to read.
 * - `accepted`: it said yes. That is all one can know.
 * - `later`: not now. `scope` says what must wait: this `delivery` alone, or the whole `destination`; `pace` is a destination that is well and asks us to slow down.
 *   `tries`: after so many attempts of the delivery it is refused instead.
 * - `refused`: no, and asking again changes nothing.
 * - `gone`: no, and this address is closed for ever (its follower can be dropped).
 */
export type Verdict = (
  | { outcome: 'accepted' }
  | {
      outcome: 'later';
      scope: 'delivery' | 'destination' | 'pace';
      code: ReasonCode;
      whose: Doing;
      words: string;
      retryAfterMs?: number;
      tries?: number;
    }
  | { outcome: 'refused'; code: ReasonCode; whose: Doing; words: string }
  | { outcome: 'gone'; code: ReasonCode; whose: Doing; words: string }
) & {
  /** A habit learnt in this attempt, to be remembered for the destination. */
  habit?: string;
};

/** One kind of destination, in the sender thread. `destinations/conformance.ts` is what each must pass. */
export interface DestinationKind {
  /** The part of destination ids before the colon. */
  readonly name: string;
  /** One attempt. Never throws, never takes longer than the parcel's deadline by more than a moment; `signal` cuts it short at a stop. */
  send(parcel: Parcel, credential: Credential, signal: AbortSignal): Promise<Verdict>;
  /** Closes every socket. */
  close(): Promise<void>;
}

/** Where parcels go: sender threads, or the same thing in this process for tests and simulations. */
export interface Senders {
  /** How many attempts may run at once, all threads together. */
  readonly capacity: number;
  /** Takes a parcel; the verdict comes by `onVerdict`. Starts a thread when none runs. */
  send(parcel: Parcel, credential: Credential): void;
  /** Cuts an attempt short; its verdict (`too-slow`) still comes. */
  cut(attemptId: number): void;
  /** Drops the key of a sender that was suspended or got a new one. */
  forget(lane: string, sender: string): void;
  onVerdict(take: (attemptId: number, verdict: Verdict) => void): void;
  /** Ends all threads; attempts that still run are cut and get no verdict. */
  stop(): Promise<void>;
}

/** A queue that has something to send: one per lane and destination. */
export type ReadyQueue = { destination: DestinationId; priority: Priority };

/** Queues of slow destinations are kept apart, so that they can be left lying without being read over and over. */
export type Pool = 'main' | 'slow';

/** The end of one attempt (or of a delivery without one), to be written. */
export type Outcome = {
  deliveryId: AnyId;
  destination: DestinationId;
  address: string;
  state: DeliveryState;
  /** Whether an attempt was made; handing back an unsent claim is none. */
  attempted: boolean;
  /** It has begun, so it may not be cancelled any more, but it brings the end no nearer: a request to slow down, or a probe out of turn. */
  uncounted?: boolean;
  /** Wall time, for people. */
  atMs: number;
  /** With `waiting`: not before this (engine time); 0 = as soon as its queue is. */
  nextAtMs: number;
  code?: ReasonCode;
  whose?: Doing;
  words?: string;
};

/** What becomes of a queue when the engine lets go of it: it is not ready before `notBeforeMs` (engine time; 0 = at once). `held`: the whole destination waits, so new deliveries do not wake it. */
export type QueueChange = { destination: DestinationId; notBeforeMs: number; held: boolean; pool: Pool };

/** What a claim asks for. `probe`: when all deliveries of the destination wait for their own time, the one that has waited longest is taken all the same. */
export type Wanted = { destination: DestinationId; limit: number; probe: boolean };

/** How things stand after a commit: queues that are ready, among those let go of, and when the next one becomes so (engine time). */
export type Committed = { ready: number; nextDueAtMs: number | undefined };

/**
 * The durable queue of one lane. Asynchronous though SQLite is not. Exactly one engine uses it.
 * Which deliveries are claimed is known in memory only: on disk they wait, so nothing is lost with the process.
 */
export interface DeliveryStore<Transaction = unknown> {
  /**
   * Plans deliveries of `activityId` inside the caller's transaction (one per row), and cancels or replaces what they supersede.
   * Call `engine.wake(lane)` once that has committed.
   */
  add(
    transaction: Transaction,
    activityId: AnyId,
    rows: readonly NewDelivery[],
    nowMs: number,
    supersedes?: Supersedes,
  ): Promise<Added>;
  /** Once at opening: waits that a wrong clock left further away than `longestWaitMs` become due. */
  repair(engineNowMs: number, longestWaitMs: number): Promise<void>;
  /** Makes queues ready whose time has come, at most `limit`; how many it made ready. */
  promote(engineNowMs: number, limit: number): Promise<number>;
  /** When the next queue that is not ready becomes so (engine time), or undefined. */
  nextDueAt(): Promise<number | undefined>;
  /** Ready queues by priority, then turn, without those in `except`. */
  loadReady(pool: Pool, limit: number, except: ReadonlySet<DestinationId>): Promise<ReadyQueue[]>;
  /**
   * Takes deliveries: by priority, then senders in turn, then age; none that waits for its own time, and none of whose object an earlier
   * activity still waits or is under way.
   */
  claim(wanted: readonly Wanted[], engineNowMs: number): Promise<Claim[]>;
  /** Writes outcomes and lets go of queues, in one commit; a queue without waiting deliveries disappears. */
  commit(outcomes: readonly Outcome[], queues: readonly QueueChange[], engineNowMs: number): Promise<Committed>;
  /** Ends up to `limit` waiting, unclaimed deliveries of a destination as expired; how many. */
  expire(destination: DestinationId, limit: number, code: ReasonCode, words: string, atMs: number): Promise<number>;
  /** Makes a held queue ready again (the destination spoke to us); false when there is none. */
  release(destination: DestinationId, engineNowMs: number): Promise<boolean>;
}

/** One place's side of the engine. */
export interface Lane {
  readonly id: string;
  readonly store: DeliveryStore;
  /** Builds parcels from claims; leaves out those whose activity or sender is missing (they end as `unreadable-parcel`). */
  prepare(claims: readonly Claim[]): Promise<Prepared[]>;
  /** After outcomes are on disk: live receipts, and followers to drop after `gone`. */
  committed?(outcomes: readonly Outcome[]): void;
}

/** What `prepare` adds to a claim. */
export type Prepared = { deliveryId: AnyId; bodyId: AnyId; body: string; credential: Credential };

export type HealthState = 'healthy' | 'slow' | 'resting' | 'gone';

/** What is remembered about a destination across restarts; may be lost, then it is learnt again. */
export type HealthRecord = {
  destination: DestinationId;
  state: HealthState;
  /** Wall time at which this state began. */
  sinceMs: number;
  /** Failed attempts in a row. */
  failures: number;
  /** Probes that failed since it rests: the length of the next rest, and after enough of them it is gone. */
  probes: number;
  /** Engine time of the next probe; 0 unless resting. */
  nextProbeAtMs: number;
  lastWords: string;
  lastOkAtMs: number;
  habit: string;
};

/** Health and habits, in the host's database. */
export interface HealthStore {
  load(destinations: readonly DestinationId[]): Promise<HealthRecord[]>;
  /** On disk when the promise resolves: a pause survives kill -9. */
  save(records: readonly HealthRecord[]): Promise<void>;
}

/** A lane sends nothing to a destination until somebody lifts it. `sinceMs`: wall time. */
export type Hold = { lane: string; destination: DestinationId; sinceMs: number };

/** Holds, in the host's database. They survive everything but being lifted. */
export interface HoldStore {
  load(): Promise<Hold[]>;
  /** On disk when the promise resolves; one that is there stays as it is. */
  save(hold: Hold): Promise<void>;
  remove(lane: string, destination: DestinationId): Promise<void>;
}

/** What knocking at a destination came to: an attempt begins, one has just been made, it is held, or nothing waits for it. */
export type Knock = 'knocking' | 'just-knocked' | 'held' | 'nothing-waits';

/** What the people of one lane see of its destinations and may do to them. */
export interface DestinationDesk {
  loadHealth(destinations: readonly DestinationId[]): Promise<HealthRecord[]>;
  /** What is held, and since when (wall time). */
  loadHolds(): Promise<ReadonlyMap<DestinationId, number>>;
  /** Nothing more goes there until `resume`; what is under way ends. On disk when the promise resolves. */
  pause(destination: DestinationId): Promise<void>;
  /** @returns whether it was held. */
  resume(destination: DestinationId): Promise<boolean>;
  /** One attempt now, whatever the schedule says; when it fails, the schedule goes on as planned. */
  retry(destination: DestinationId): Promise<Knock>;
}
