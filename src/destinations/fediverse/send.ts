import { createHash } from 'node:crypto';
import { signDraftCavage } from '../../activitypub/signature/draft-cavage.ts';
import { signRfc9421 } from '../../activitypub/signature/rfc9421.ts';
import type { Clock } from '../../base/clock.ts';
import type { Connector } from '../../base/net/connector.ts';
import type { Credential, DestinationKind, Parcel, Verdict } from '../../delivery/contract.ts';
import { type Address, readAddress } from './address.ts';
import { ClosedEarly, type Connection, Connections } from './connections.ts';
import { mayBeTheSignature, type Reply, readFailure, readReply, tooSlow } from './read-reply.ts';

/** An accepted answer is read to its end, but no longer than this. */
const drainMs = 2_000;
/** What kept connections of one kind may cost when nobody says: 230 with TLS. */
const usualKeptBytes = 16_000_000;
/** Bodies whose bytes and digest are kept: a post is one of them for 3,000 attempts. */
const keptBodies = 200;

type Form = 'draft-cavage' | 'rfc9421';
type Body = { bytes: Buffer; digest: string };

export type FediverseOptions = {
  connector: Connector;
  clock: Clock;
  /** `Canari/1.0 (+https://place.example)`: GoToSocial answers 418 without. */
  userAgent: string;
  /** What idle connections may cost in memory, about, in bytes. */
  keptBytes?: number;
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
    this.#connections = new Connections(options.connector, options.clock, options.keptBytes ?? usualKeptBytes);
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

  async close(): Promise<void> {
    this.#connections.close();
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
    const bytes = renderRequest(address.path, signed, this.#o.userAgent, body.bytes);
    const kept = this.#connections.take(address.origin);
    if (!kept) return attempt.request(await this.#open(address, attempt), bytes);
    try {
      return await attempt.request(kept, bytes);
    } catch (error) {
      // A kept connection that the peer had closed meanwhile: it never saw the request, or will know the second by its id.
      if (attempt.isOver || kept.hasBegun || !(error instanceof ClosedEarly)) throw error;
      return attempt.request(await this.#open(address, attempt), bytes);
    }
  }

  #open(address: Address, attempt: Knock): Promise<Connection> {
    return attempt.orOver(this.#connections.open(address, attempt.signal));
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

/** The whole request in one piece, so that it leaves in one write. */
function renderRequest(path: string, signed: Record<string, string>, userAgent: string, body: Buffer): Buffer {
  let head = `POST ${path} HTTP/1.1\r\n`;
  for (const name in signed) head += `${name}: ${signed[name]}\r\n`;
  head += `user-agent: ${userAgent}\r\naccept: application/activity+json\r\ncontent-length: ${body.length}\r\n\r\n`;
  const bytes = Buffer.allocUnsafe(head.length + body.length);
  bytes.write(head, 0, 'latin1');
  body.copy(bytes, head.length);
  return bytes;
}

/** One attempt: a deadline over both knocks, and the request that it gives up when that is over. */
class Knock {
  isOver = false;
  readonly signal: AbortSignal;
  readonly #clock: Clock;
  readonly #cancel: () => void;
  /** Gives up what is under way; undefined when nothing is. */
  #giveUp: ((error: Error) => void) | undefined;

  constructor(deadlineMs: number, clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.signal = signal;
    this.#cancel = clock.after(deadlineMs, this.#over);
    signal.addEventListener('abort', this.#over, { once: true });
    if (signal.aborted) this.#over();
  }

  readonly #over = () => {
    this.isOver = true;
    this.#giveUp?.(new ClosedEarly('given up'));
  };

  end(): void {
    this.#cancel();
    this.signal.removeEventListener('abort', this.#over);
    const giveUp = this.#giveUp;
    if (giveUp) this.#clock.after(drainMs, () => giveUp(new ClosedEarly('read long enough')));
  }

  /** Waits for a connection, not longer than the attempt lasts; one that comes too late is closed. */
  orOver(opening: Promise<Connection>): Promise<Connection> {
    return new Promise((resolve, reject) => {
      this.#giveUp = (error) => {
        this.#giveUp = undefined;
        reject(error);
        opening.then((late) => late.destroy(error)).catch(() => {});
      };
      if (this.isOver) {
        this.#giveUp(new ClosedEarly('given up'));
        return;
      }
      const settle =
        <T>(take: (result: T) => void) =>
        (result: T) => {
          if (this.isOver) return;
          this.#giveUp = undefined;
          take(result);
        };
      opening.then(settle(resolve), settle(reject));
    });
  }

  request(connection: Connection, bytes: Buffer): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const giveUp = (error: Error) => connection.destroy(error);
      this.#giveUp = giveUp;
      const free = () => {
        if (this.#giveUp === giveUp) this.#giveUp = undefined;
      };
      connection.send(bytes, { answered: resolve, failed: reject, free });
      if (this.isOver) giveUp(new ClosedEarly('given up'));
    });
  }
}
