import { Worker } from 'node:worker_threads';
import type { Clock } from '../base/clock.ts';
import { logger } from '../base/log.ts';
import type { Credential, DestinationKind, Parcel, Senders, Verdict } from './contract.ts';
import { type FromThread, SenderThread, type ToThread, type WireParcel } from './sender-thread.ts';

const log = logger('delivery', 'senders');

/**
 * Attempts at once in one thread. Signing and TLS are CPU, so more would not be faster on loopback; but a network of 600 ms per delivery needs
 * them: 256 is 425 deliveries a second there, about what one core signs and encrypts.
 */
const attemptsPerThread = 256;
/** A thread that has nothing to do ends after this long and gives back its 13 to 29 MB. */
const idleMs = 60_000;
/** Characters of bodies kept in one thread. */
const keptBodyChars = 8_000_000;
/** A thread that does not end by itself is ended. */
const stopWaitMs = 2_000;
/** Deliveries that were under way when a thread died; beyond, the oldest are believed innocent again. */
const mostSuspects = 10_000;

/** One end of a sender: a worker thread, or the same code in this process. */
interface Link {
  post(message: ToThread): void;
  end(): Promise<void>;
}
type OpenLink = (answered: (verdicts: FromThread) => void, died: (why: string) => void) => Link;

const nothing = (): ToThread => ({
  bodies: [],
  credentials: [],
  parcels: [],
  cuts: [],
  forgetBodies: [],
  forgetCredentials: [],
});

/** Sender threads: started by the first parcel, ended by idleness; a destination is always served by the same one, which has its sockets and TLS sessions. */
export function createThreadSenders(options: {
  /** The thread's entry, `src/sender.ts`. */
  entry: URL;
  /** Plain data for it. */
  data: unknown;
  threads: number;
  clock: Clock;
}): Senders {
  const open: OpenLink = (answered, died) => {
    const worker = new Worker(options.entry, {
      workerData: options.data,
      name: 'sender',
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    });
    let ending = false;
    worker.on('message', answered);
    worker.on('error', (error) => died(error instanceof Error ? error.message : String(error)));
    worker.on('exit', (code) => ending || died(`exit ${code}`));
    return {
      post: (message) => worker.postMessage(message),
      async end() {
        ending = true;
        const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
        worker.postMessage('stop');
        const cancel = options.clock.after(stopWaitMs, () => void worker.terminate());
        await gone;
        cancel();
      },
    };
  };
  return new LinkedSenders(open, options.threads, options.clock);
}

/** The same without threads, for tests and measurements: kinds run in this process. */
export function createInProcessSenders(kinds: () => DestinationKind[], clock: Clock): Senders {
  const open: OpenLink = (answered) => {
    const thread = new SenderThread(kinds(), answered);
    return { post: (message) => thread.take(message), end: () => thread.close() };
  };
  return new LinkedSenders(open, 1, clock);
}

/** One thread as the serving thread sees it: what it has been given, and what is under way in it. */
class Sender {
  readonly under = new Map<number, Parcel>();
  readonly #open: OpenLink;
  readonly #clock: Clock;
  readonly #answered: (sender: Sender, verdicts: FromThread) => void;
  readonly #died: (sender: Sender, why: string, started: boolean) => void;
  #link: Link | undefined;
  /** The thread has spoken: it can start, so a death is the doing of what it was given. */
  started = false;
  #message = nothing();
  #posting = false;
  readonly #bodies = new Map<string, number>();
  #bodyChars = 0;
  readonly #credentials = new Map<string, Credential>();
  #cancelIdle: (() => void) | undefined;

  constructor(
    open: OpenLink,
    clock: Clock,
    answered: (sender: Sender, verdicts: FromThread) => void,
    died: (sender: Sender, why: string, started: boolean) => void,
  ) {
    this.#open = open;
    this.#clock = clock;
    this.#answered = answered;
    this.#died = died;
  }

  send(parcel: Parcel, credential: Credential): void {
    this.#cancelIdle?.();
    this.#cancelIdle = undefined;
    this.under.set(parcel.attemptId, parcel);
    const { body, ...rest } = parcel;
    const bodyKey = `${parcel.lane}/${parcel.bodyId}`;
    const credentialKey = `${parcel.lane}/${parcel.sender}`;
    this.#giveBody(bodyKey, body);
    if (this.#credentials.get(credentialKey) !== credential) {
      this.#credentials.set(credentialKey, credential);
      this.#message.credentials.push([credentialKey, credential]);
    }
    const wire: WireParcel = { ...rest, bodyKey, credentialKey };
    this.#message.parcels.push(wire);
    this.#postSoon();
  }

  cut(attemptId: number): void {
    this.#message.cuts.push(attemptId);
    this.#postSoon();
  }

  forget(credentialKey: string): void {
    if (!this.#credentials.delete(credentialKey)) return;
    this.#message.forgetCredentials.push(credentialKey);
    this.#postSoon();
  }

  async end(): Promise<void> {
    this.#cancelIdle?.();
    const link = this.#link;
    this.#reset();
    await link?.end();
  }

  #giveBody(key: string, body: string): void {
    const known = this.#bodies.delete(key);
    this.#bodies.set(key, body.length);
    if (known) return;
    this.#message.bodies.push([key, body]);
    this.#bodyChars += body.length;
    for (const [oldest, chars] of this.#bodies) {
      if (this.#bodyChars <= keptBodyChars || oldest === key) return;
      this.#bodies.delete(oldest);
      this.#bodyChars -= chars;
      this.#message.forgetBodies.push(oldest);
    }
  }

  /** Everything that comes in one turn of the event loop goes in one message. */
  #postSoon(): void {
    if (this.#posting) return;
    this.#posting = true;
    queueMicrotask(() => {
      this.#posting = false;
      const message = this.#message;
      this.#message = nothing();
      this.#link ??= this.#openLink();
      this.#link.post(message);
    });
  }

  #openLink(): Link {
    const link: Link = this.#open(
      (verdicts) => {
        if (this.#link !== link) return;
        this.started = true;
        this.#answered(this, verdicts);
        if (this.under.size === 0) this.#rest();
      },
      (why) => {
        if (this.#link !== link) return;
        const { started } = this;
        this.#reset();
        this.#died(this, why, started);
      },
    );
    return link;
  }

  #rest(): void {
    this.#cancelIdle ??= this.#clock.after(idleMs, () => void this.end());
  }

  #reset(): void {
    this.#link = undefined;
    this.started = false;
    this.#message = nothing();
    this.#bodies.clear();
    this.#bodyChars = 0;
    this.#credentials.clear();
    this.#cancelIdle = undefined;
  }
}

class LinkedSenders implements Senders {
  readonly capacity: number;
  readonly #senders: Sender[];
  /** Where a delivery goes that was under way when a thread died: alone, so that its next death has one cause. */
  readonly #alone: Sender;
  readonly #aloneLine: [Parcel, Credential][] = [];
  readonly #suspects = new Set<string>();
  #take: (attemptId: number, verdict: Verdict) => void = () => {};

  constructor(open: OpenLink, threads: number, clock: Clock) {
    this.capacity = threads * attemptsPerThread;
    const sender = () =>
      new Sender(
        open,
        clock,
        (own, verdicts) => this.#answered(own, verdicts),
        (own, why, started) => this.#died(own, why, started),
      );
    this.#senders = Array.from({ length: threads }, sender);
    this.#alone = sender();
  }

  onVerdict(take: (attemptId: number, verdict: Verdict) => void): void {
    this.#take = take;
  }

  send(parcel: Parcel, credential: Credential): void {
    if (this.#suspects.has(suspectKey(parcel))) {
      this.#aloneLine.push([parcel, credential]);
      this.#nextAlone();
    } else this.#senderOf(parcel.destination).send(parcel, credential);
  }

  cut(attemptId: number): void {
    for (const sender of [...this.#senders, this.#alone]) if (sender.under.has(attemptId)) sender.cut(attemptId);
  }

  forget(lane: string, sender: string): void {
    for (const one of [...this.#senders, this.#alone]) one.forget(`${lane}/${sender}`);
  }

  async stop(): Promise<void> {
    this.#take = () => {};
    this.#aloneLine.length = 0;
    await Promise.all([...this.#senders, this.#alone].map((sender) => sender.end()));
  }

  #senderOf(destination: string): Sender {
    let hash = 0;
    for (let i = 0; i < destination.length; i++) hash = (Math.imul(hash, 31) + destination.charCodeAt(i)) | 0;
    return this.#senders[(hash >>> 0) % this.#senders.length]!;
  }

  #nextAlone(): void {
    if (this.#alone.under.size > 0) return;
    const next = this.#aloneLine.shift();
    if (next) this.#alone.send(...next);
  }

  #answered(sender: Sender, verdicts: FromThread): void {
    for (const [attemptId, verdict] of verdicts) {
      const parcel = sender.under.get(attemptId);
      sender.under.delete(attemptId);
      if (parcel && sender === this.#alone) this.#suspects.delete(suspectKey(parcel));
      this.#take(attemptId, verdict);
    }
    if (sender === this.#alone) this.#nextAlone();
  }

  /**
   * A thread died: everything under way in it is suspect, and what dies alone a second time is parked with its reason. One that could not even
   * start says nothing about its parcels.
   */
  #died(sender: Sender, why: string, started: boolean): void {
    const parcels = [...sender.under.values()];
    sender.under.clear();
    log.error('a sender thread died with {count} deliveries under way: {why}', { count: parcels.length, why });
    for (const parcel of parcels) {
      const key = suspectKey(parcel);
      const words = `sending it stopped a sender thread: ${why}`.slice(0, 200);
      if (started && sender === this.#alone) {
        this.#suspects.delete(key);
        this.#take(parcel.attemptId, { outcome: 'refused', code: 'crashed', whose: 'ours', words });
        continue;
      }
      if (started) this.#suspects.add(key);
      if (this.#suspects.size > mostSuspects) this.#suspects.delete(this.#suspects.values().next().value!);
      this.#take(parcel.attemptId, { outcome: 'later', scope: 'delivery', code: 'crashed', whose: 'ours', words });
    }
    this.#nextAlone();
  }
}

const suspectKey = ({ lane, deliveryId }: Parcel) => `${lane}/${deliveryId}`;
