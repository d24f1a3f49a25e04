import { createHash } from 'node:crypto';
import type { Client, Dispatcher } from 'undici';
import { signDraftCavage } from '../../activitypub/signature/draft-cavage.ts';
import { signRfc9421 } from '../../activitypub/signature/rfc9421.ts';
import type { Clock } from '../../base/clock.ts';
import type { Connector } from '../../base/net/connector.ts';
import type { Credential, DestinationKind, Parcel, Verdict } from '../../delivery/contract.ts';
import { type Address, readAddress } from './address.ts';
import { Connections } from './connections.ts';
import { mayBeTheSignature, type Reply, readFailure, readReply, tooSlow } from './read-reply.ts';

/** What is read of an answer: enough for its words. A 2xx says all it has to say with its status. */
const mostReadBytes = 4_096;
/** An accepted answer is read to its end so that the connection can be used again, but not longer than this. */
const drainedBytes = 65_536;
const drainMs = 2_000;
/** Bodies whose bytes and digest are kept: a post is one of them for 3,000 attempts. */
const keptBodies = 200;

type Form = 'draft-cavage' | 'rfc9421';
type Body = { bytes: Buffer; digest: string };

export type FediverseOptions = {
  connector: Connector;
  clock: Clock;
  /** `Canari/1.0 (+https://place.example)`: GoToSocial answers 418 without. */
  userAgent: string;
};

/**
 * The Fediverse: a signed POST to an inbox. draft-cavage first (a peer answers 202 to the other form and drops it), RFC 9421 as a second
 * knock on 400, 401 and 403; the form that was believed is the destination's habit. Redirects are never followed: a POST that is sent on is
 * somebody else's request (THREATS 39).
 */
export function createFediverse(options: FediverseOptions): DestinationKind {
  return new Fediverse(options);
}

class Fediverse implements DestinationKind {
  readonly name = 'fediverse';
  readonly #o: FediverseOptions;
  readonly #connections: Connections;
  readonly #bodies = new Map<string, Body>();

  constructor(options: FediverseOptions) {
    this.#o = options;
    this.#connections = new Connections(options.connector.undiciConnect, options.clock);
  }

  async send(parcel: Parcel, credential: Credential, signal: AbortSignal): Promise<Verdict> {
    const address = readAddress(parcel.address, this.#o.connector.network.labHosts);
    if (!address.ok) return { outcome: 'refused', code: 'forbidden-address', whose: 'theirs', words: address.error };
    const attempt = new Knock(parcel.deadlineMs, this.#o.clock, signal);
    try {
      return await this.#knockTwice(parcel, credential, address.value, attempt);
    } catch (error) {
      return attempt.isOver ? tooSlow(parcel.deadlineMs) : readFailure(error);
    } finally {
      attempt.end();
    }
  }

  close(): Promise<void> {
    return this.#connections.close();
  }

  async #knockTwice(parcel: Parcel, credential: Credential, address: Address, attempt: Knock): Promise<Verdict> {
    const forms: [Form, Form] = parcel.habit === 'rfc9421' ? ['rfc9421', 'draft-cavage'] : ['draft-cavage', 'rfc9421'];
    const [first, second] = forms;
    const body = this.#body(parcel);
    const reply = await this.#post(address, body, credential, first, attempt);
    const verdict = readReply(reply, this.#o.clock.now());
    if (!mayBeTheSignature(reply.status)) return verdict;
    const again = await this.#post(address, body, credential, second, attempt).catch(() => undefined);
    const other = again && readReply(again, this.#o.clock.now());
    if (other?.outcome === 'accepted') return { ...other, habit: second };
    // Both forms were refused: what it said to the one that it usually takes is what a person should read.
    return verdict;
  }

  async #post(address: Address, body: Body, credential: Credential, form: Form, attempt: Knock): Promise<Reply> {
    const request = { method: 'POST', url: address.url, body: body.bytes, digest: body.digest } as const;
    const signed = (form === 'rfc9421' ? signRfc9421 : signDraftCavage)(request, credential, this.#o.clock.now());
    const headers = { ...signed, 'user-agent': this.#o.userAgent, accept: 'application/activity+json' };
    const dispatch = { path: address.path, method: 'POST', headers, body: body.bytes } as const;
    const { client, used } = this.#connections.take(address.origin);
    try {
      return await attempt.request(this.#connections, address.origin, client, dispatch);
    } catch (error) {
      // A kept connection that the peer had closed meanwhile: it never saw the request, or will know the second by its id.
      if (!used || attempt.isOver || !isReset(error)) throw error;
      const { client: fresh } = this.#connections.take(address.origin);
      return attempt.request(this.#connections, address.origin, fresh, dispatch);
    }
  }

  #body({ lane, bodyId, body }: Parcel): Body {
    const key = `${lane}/${bodyId}`;
    let known = this.#bodies.get(key);
    if (known) return known;
    const bytes = Buffer.from(body);
    known = { bytes, digest: createHash('sha256').update(bytes).digest('base64') };
    if (this.#bodies.size >= keptBodies) this.#bodies.delete(this.#bodies.keys().next().value!);
    this.#bodies.set(key, known);
    return known;
  }
}

/** A kept socket that the peer had closed before our request reached it. */
function isReset(error: unknown): boolean {
  return ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes((error as { code?: string }).code ?? '');
}

/** One attempt: a deadline over both knocks, and the requests that it gives up when that is over. */
class Knock {
  isOver = false;
  readonly #clock: Clock;
  readonly #cancel: () => void;
  readonly #signal: AbortSignal;
  #reader: ReplyReader | undefined;

  constructor(deadlineMs: number, clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    this.#cancel = clock.after(deadlineMs, this.#over);
    signal.addEventListener('abort', this.#over, { once: true });
    if (signal.aborted) this.#over();
  }

  readonly #over = () => {
    this.isOver = true;
    this.#reader?.giveUp(new Error('given up'));
  };

  end(): void {
    this.#cancel();
    this.#signal.removeEventListener('abort', this.#over);
    const reader = this.#reader;
    if (reader && !reader.ended) this.#clock.after(drainMs, () => reader.giveUp(new Error('read long enough')));
  }

  request(
    connections: Connections,
    origin: string,
    client: Client,
    options: Dispatcher.DispatchOptions,
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.isOver) {
        connections.drop(client);
        reject(new Error('given up'));
        return;
      }
      const release = (usable: boolean) => (usable ? connections.done(origin, client) : connections.drop(client));
      this.#reader = new ReplyReader(resolve, reject, release);
      client.dispatch(options, this.#reader);
    });
  }
}

/** Reads an answer as far as it matters. It settles once; what comes later is only for the connection. */
class ReplyReader implements Dispatcher.DispatchHandler {
  /** Nothing more will come: the connection is free or closed. */
  ended = false;
  readonly #resolve: (reply: Reply) => void;
  readonly #reject: (error: Error) => void;
  readonly #chunks: Buffer[] = [];
  #reply: Reply | undefined;
  #size = 0;
  readonly #release: (usable: boolean) => void;

  constructor(resolve: (reply: Reply) => void, reject: (error: Error) => void, release: (usable: boolean) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#release = release;
  }

  giveUp(error: Error): void {
    if (this.ended) return;
    this.ended = true;
    this.#reject(error);
    this.#release(false);
  }

  onRequestStart(): void {}

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Reply['headers']): void {
    if (status < 200) return;
    this.#reply = { status, headers, text: '' };
    // Accepted is accepted, whatever comes after: an answer without end holds nothing up.
    if (status < 300) this.#resolve(this.#reply);
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.ended) return;
    this.#size += chunk.length;
    const accepted = this.#reply!.status < 300;
    if (!accepted && this.#size - chunk.length < mostReadBytes) this.#chunks.push(chunk);
    if (this.#size <= (accepted ? drainedBytes : mostReadBytes)) return;
    this.#end();
    this.giveUp(new Error('read enough'));
  }

  onResponseEnd(): void {
    if (this.ended) return;
    this.ended = true;
    this.#end();
    this.#release(true);
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (this.ended) return;
    this.ended = true;
    this.#release(false);
    // With a status it has answered, even when it then breaks off.
    if (this.#reply) this.#end();
    else this.#reject(error);
  }

  #end(): void {
    const reply = this.#reply!;
    const encoded = reply.headers['content-encoding'] !== undefined;
    reply.text = encoded ? '' : Buffer.concat(this.#chunks).subarray(0, mostReadBytes).toString('utf8');
    this.#resolve(reply);
  }
}
