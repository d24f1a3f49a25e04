import type { MessagePort } from 'node:worker_threads';
import { type Credential, type DestinationKind, kindOf, type Parcel, type Verdict } from './contract.ts';

/** A parcel on its way to a thread: without its body, which the thread has or gets beside it. */
export type WireParcel = Omit<Parcel, 'body'> & { bodyKey: string; credentialKey: string };

/** What the serving thread says to a sender thread; one message for everything that came together. */
export type ToThread = {
  bodies: [key: string, body: string][];
  credentials: [key: string, credential: Credential][];
  parcels: WireParcel[];
  cuts: number[];
  forgetBodies: string[];
  forgetCredentials: string[];
};

/** What it answers. */
export type FromThread = [attemptId: number, verdict: Verdict][];

/** Serves one sender thread: parcels in, verdicts out. Knows no kind by itself and opens no database. */
export class SenderThread {
  readonly #kinds: ReadonlyMap<string, DestinationKind>;
  readonly #answer: (verdicts: FromThread) => void;
  readonly #bodies = new Map<string, string>();
  readonly #credentials = new Map<string, Credential>();
  readonly #under = new Map<number, AbortController>();
  #verdicts: FromThread = [];

  constructor(kinds: readonly DestinationKind[], answer: (verdicts: FromThread) => void) {
    this.#kinds = new Map(kinds.map((kind) => [kind.name, kind]));
    this.#answer = answer;
  }

  take(message: ToThread): void {
    for (const [key, body] of message.bodies) this.#bodies.set(key, body);
    for (const [key, credential] of message.credentials) this.#credentials.set(key, credential);
    for (const parcel of message.parcels) void this.#send(parcel);
    for (const id of message.cuts) this.#under.get(id)?.abort();
    for (const key of message.forgetBodies) this.#bodies.delete(key);
    for (const key of message.forgetCredentials) this.#credentials.delete(key);
  }

  async close(): Promise<void> {
    for (const controller of this.#under.values()) controller.abort();
    await Promise.all([...this.#kinds.values()].map((kind) => kind.close()));
  }

  async #send(wire: WireParcel): Promise<void> {
    const { attemptId, bodyKey, credentialKey } = wire;
    const kind = this.#kinds.get(kindOf(wire.destination));
    const body = this.#bodies.get(bodyKey);
    const credential = this.#credentials.get(credentialKey);
    if (!kind || body === undefined || !credential) {
      const words = kind ? 'body or key is missing in the sender thread' : `no kind for ${wire.destination}`;
      this.#end(attemptId, { outcome: 'refused', code: 'unreadable-parcel', whose: 'ours', words });
      return;
    }
    const controller = new AbortController();
    this.#under.set(attemptId, controller);
    try {
      this.#end(attemptId, await kind.send({ ...wire, body }, credential, controller.signal));
    } catch (error) {
      // A kind must not throw; when it does, the fault is ours and the delivery waits.
      const words = error instanceof Error ? error.message : String(error);
      this.#end(attemptId, { outcome: 'later', scope: 'delivery', code: 'crashed', whose: 'ours', words });
    } finally {
      this.#under.delete(attemptId);
    }
  }

  #end(attemptId: number, verdict: Verdict): void {
    if (this.#verdicts.length === 0) setImmediate(() => this.#flush());
    this.#verdicts.push([attemptId, verdict]);
  }

  #flush(): void {
    const verdicts = this.#verdicts;
    this.#verdicts = [];
    this.#answer(verdicts);
  }
}

/** Runs a sender thread on its port until the port closes. */
export function serveSenderThread(port: MessagePort, kinds: readonly DestinationKind[]): void {
  const thread = new SenderThread(kinds, (verdicts) => port.postMessage(verdicts));
  port.postMessage([]);
  port.on('message', (message: ToThread | 'stop') => {
    if (message !== 'stop') thread.take(message);
    else void thread.close().then(() => port.close());
  });
}
