import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { Connector } from '../../base/net/connector.ts';
import type { Address } from './address.ts';
import { Answer } from './answer.ts';
import type { Reply } from './read-reply.ts';

/** An idle connection is kept this long, or as long as its peer says: most close theirs after 5 to 75 s, and we see that. */
const longestKeptMs = 20_000;
/** Given up before the peer does, so that a request and a close do not meet. */
const leadMs = 1_000;
/** How often old idle ones are looked for, while there are any. */
const sweepMs = 4_000;
/** What an idle connection costs in memory, measured over 800 of them: streams and handle; with TLS the session and its buffers too. */
const costBytes = { http: 16_000, https: 70_000 };
/** What is read of an answer that is no success: enough for its words. */
const mostReadBytes = 4_096;
/** An accepted answer is read to its end so that the connection can be used again, but not further than this. */
const mostDrainedBytes = 65_536;

/** A connection that ended before its answer was there. */
export class ClosedEarly extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'ClosedEarly';
  }
}

/** What one request wants to hear; `answered` or `failed` once, `free` when the connection is no longer its own. */
export type Exchange = { answered(reply: Reply): void; failed(error: Error): void; free(): void };

/** One socket to one origin, one request at a time. Its listeners are there once, for all requests. */
export class Connection {
  readonly origin: string;
  /** How many requests it has carried. */
  requests = 0;
  /** Idle until then at most, monotonic. */
  untilMs = 0;
  readonly costBytes: number;
  readonly #socket: Socket;
  readonly #over: (connection: Connection, isReusable: boolean) => void;
  #answer: Answer | undefined;
  #exchange: Exchange | undefined;

  constructor(origin: string, socket: Socket, over: (connection: Connection, isReusable: boolean) => void) {
    this.origin = origin;
    this.costBytes = origin.startsWith('https:') ? costBytes.https : costBytes.http;
    this.#socket = socket;
    this.#over = over;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('end', () => this.#closed('closed by the other side'));
    socket.on('close', () => this.#closed('closed by the other side'));
    socket.on('error', (error) => this.#closed(error.message));
  }

  get keptMs(): number {
    return Math.min(longestKeptMs, (this.#answer?.keptMs ?? longestKeptMs) - leadMs);
  }

  /** The peer has sent something of its answer: it has seen the request. */
  get hasBegun(): boolean {
    return this.#answer?.begun === true;
  }

  /** Writes one request, head and body at once. */
  send(bytes: Buffer, exchange: Exchange): void {
    this.#answer = new Answer();
    this.requests += 1;
    this.#exchange = exchange;
    this.#socket.write(bytes);
  }

  /** Ends the connection, and with it what it was asked. */
  destroy(error: Error): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#socket.destroy();
    this.#over(this, false);
    if (!exchange) return;
    const reply = this.#reply();
    // With a status it has answered, even when it then breaks off.
    if (reply) exchange.answered(reply);
    else exchange.failed(error);
    exchange.free();
  }

  #reply(): Reply | undefined {
    const answer = this.#answer;
    return answer?.head && { ...answer.head, text: answer.text };
  }

  #read(chunk: Buffer): void {
    const answer = this.#answer;
    const exchange = this.#exchange;
    // Idle, and it speaks: what it says would be taken for the answer to the next request.
    if (!answer || !exchange) {
      this.destroy(new ClosedEarly('it spoke out of turn'));
      return;
    }
    try {
      answer.push(chunk);
    } catch (error) {
      answer.head = undefined;
      this.destroy(error as Error);
      return;
    }
    const { head } = answer;
    if (!head) return;
    const isAccepted = head.status < 300;
    // Accepted is accepted, whatever comes after: an answer without end holds nothing up.
    if (isAccepted) exchange.answered({ ...head, text: '' });
    if (answer.isDone) this.#done(answer, exchange);
    else if (answer.bodyBytes > (isAccepted ? mostDrainedBytes : mostReadBytes)) {
      this.destroy(new ClosedEarly('read enough'));
    }
  }

  #done(answer: Answer, exchange: Exchange): void {
    if (!answer.isReusable) {
      this.destroy(new ClosedEarly('closed after its answer'));
      return;
    }
    this.#exchange = undefined;
    this.#over(this, true);
    exchange.answered(this.#reply()!);
    exchange.free();
  }

  #closed(why: string): void {
    this.#answer?.close();
    this.destroy(new ClosedEarly(why));
  }
}

/**
 * Connections by origin: opened through the guarded connector, kept while idle within a budget of bytes, all origins together.
 */
export class Connections {
  readonly #connector: Connector;
  readonly #clock: Clock;
  readonly #mostBytes: number;
  /** Idle ones, longest idle first. */
  readonly #idle = new Set<Connection>();
  readonly #byOrigin = new Map<string, Connection[]>();
  readonly #busy = new Set<Connection>();
  #idleBytes = 0;
  #cancelSweep: (() => void) | undefined;

  constructor(connector: Connector, clock: Clock, mostBytes: number) {
    this.#connector = connector;
    this.#clock = clock;
    this.#mostBytes = mostBytes;
  }

  get idle(): number {
    return this.#idle.size;
  }

  /** An idle connection to an origin, the one used last. */
  take(origin: string): Connection | undefined {
    const connection = this.#byOrigin.get(origin)?.at(-1);
    if (!connection) return undefined;
    this.#leave(connection);
    this.#busy.add(connection);
    return connection;
  }

  /** A new connection. @throws ConnectError */
  async open({ url, origin }: Address, signal: AbortSignal): Promise<Connection> {
    const isTls = url.protocol === 'https:';
    const opened = await this.#connector.connect({
      host: url.hostname,
      port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
      tls: isTls,
      scheme: isTls ? 'https' : 'http',
      signal,
    });
    if (!opened.ok) throw opened.error;
    const connection = new Connection(origin, opened.value, this.#over);
    this.#busy.add(connection);
    return connection;
  }

  close(): void {
    this.#cancelSweep?.();
    for (const connection of [...this.#busy, ...this.#idle]) connection.destroy(new ClosedEarly('given up'));
  }

  readonly #over = (connection: Connection, isReusable: boolean): void => {
    const isFirst = connection.requests === 1;
    if (!this.#busy.delete(connection)) this.#leave(connection);
    else if (isReusable && connection.keptMs > 0) this.#keep(connection, isFirst);
    else if (isReusable) connection.destroy(new ClosedEarly('not to be kept'));
  };

  #keep(connection: Connection, isFirst: boolean): void {
    // A post goes round all servers in one order. If each new connection pushed out the oldest, it would be the one needed next, and none would ever be
    // used again; so only one that was used again takes another's place. The first in a post, the biggest servers, are those that stay.
    if (isFirst && this.#idleBytes + connection.costBytes > this.#mostBytes) {
      connection.destroy(new ClosedEarly('no room'));
      return;
    }
    const { origin, keptMs } = connection;
    connection.untilMs = this.#clock.monotonic() + keptMs;
    this.#idle.add(connection);
    this.#idleBytes += connection.costBytes;
    const own = this.#byOrigin.get(origin);
    if (own) own.push(connection);
    else this.#byOrigin.set(origin, [connection]);
    while (this.#idleBytes > this.#mostBytes) this.#end(this.#idle.values().next().value!);
    this.#cancelSweep ??= this.#clock.after(sweepMs, this.#sweep);
  }

  #leave(connection: Connection): void {
    if (!this.#idle.delete(connection)) return;
    this.#idleBytes -= connection.costBytes;
    const own = this.#byOrigin.get(connection.origin)!;
    own.splice(own.indexOf(connection), 1);
    if (own.length === 0) this.#byOrigin.delete(connection.origin);
  }

  #end(connection: Connection): void {
    this.#leave(connection);
    connection.destroy(new ClosedEarly('idle'));
  }

  readonly #sweep = (): void => {
    const now = this.#clock.monotonic();
    for (const connection of this.#idle) if (connection.untilMs <= now) this.#end(connection);
    this.#cancelSweep = this.#idle.size > 0 ? this.#clock.after(sweepMs, this.#sweep) : undefined;
  };
}
