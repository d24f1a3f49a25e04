import { Client } from 'undici';
import type { Clock } from '../../base/clock.ts';
import type { UndiciConnect } from '../../base/net/connector.ts';

/** An idle connection is kept this long: peers close theirs after 5 to 75 s, and a kept TLS socket is 60 kB. */
const keptMs = 4_000;
/** Beyond so many idle connections in this thread the oldest are closed: 500 with TLS are about 30 MB. */
const keptConnections = 500;

type Kept = { client: Client; origin: string; sinceMs: number };

/**
 * Connections by origin, one request at a time on each. undici's own Agent looks through all of its origins whenever one of them closes,
 * which is quadratic in the number of servers; here a connection is taken, given back, and closed when it is old or one too many.
 */
export class Connections {
  readonly #connect: UndiciConnect;
  readonly #clock: Clock;
  /** Idle ones, oldest first, all origins together. */
  readonly #idle = new Set<Kept>();
  readonly #byOrigin = new Map<string, Kept[]>();
  readonly #busy = new Set<Client>();
  #cancelSweep: (() => void) | undefined;

  constructor(connect: UndiciConnect, clock: Clock) {
    this.#connect = connect;
    this.#clock = clock;
  }

  get idle(): number {
    return this.#idle.size;
  }

  /** A connection for one request, and whether it has been used before. Give it back with `done`, or end it with `drop`. */
  take(origin: string): { client: Client; used: boolean } {
    const kept = this.#byOrigin.get(origin)?.at(-1);
    if (kept) {
      this.#leave(kept);
      this.#busy.add(kept.client);
      return { client: kept.client, used: true };
    }
    const client = new Client(origin, {
      connect: this.#connect as never,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: keptMs,
      keepAliveMaxTimeout: keptMs,
      // One deadline over the whole attempt, set by its sender; undici's own timers would only add to it.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    this.#busy.add(client);
    return { client, used: false };
  }

  /** Its request has ended well: it may be used again, when its server keeps it open. */
  done(origin: string, client: Client): void {
    if (!this.#busy.delete(client)) return;
    if (client.closed || client.destroyed) return;
    const kept: Kept = { client, origin, sinceMs: this.#clock.monotonic() };
    this.#idle.add(kept);
    const own = this.#byOrigin.get(origin);
    if (own) own.push(kept);
    else this.#byOrigin.set(origin, [kept]);
    if (this.#idle.size > keptConnections) this.#close(this.#idle.values().next().value!);
    this.#cancelSweep ??= this.#clock.after(keptMs, () => this.#sweep());
  }

  /** It broke, or its request was given up. */
  drop(client: Client): void {
    this.#busy.delete(client);
    client.destroy(null).catch(() => {});
  }

  async close(): Promise<void> {
    this.#cancelSweep?.();
    const clients = [...this.#busy, ...[...this.#idle].map(({ client }) => client)];
    this.#busy.clear();
    this.#idle.clear();
    this.#byOrigin.clear();
    await Promise.all(clients.map((client) => client.destroy(null)));
  }

  #leave(kept: Kept): void {
    this.#idle.delete(kept);
    const own = this.#byOrigin.get(kept.origin)!;
    own.splice(own.indexOf(kept), 1);
    if (own.length === 0) this.#byOrigin.delete(kept.origin);
  }

  #close(kept: Kept): void {
    this.#leave(kept);
    kept.client.destroy(null).catch(() => {});
  }

  #sweep(): void {
    this.#cancelSweep = undefined;
    const oldMs = this.#clock.monotonic() - keptMs;
    for (const kept of this.#idle) {
      if (kept.sinceMs > oldMs) break;
      this.#close(kept);
    }
    if (this.#idle.size > 0) this.#cancelSweep = this.#clock.after(keptMs / 4, () => this.#sweep());
  }
}
