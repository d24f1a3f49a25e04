/** More callers than this in line are told at once that we are busy, so that a flood costs no memory. */
const longestLine = 1_000;

/** Bounds how many fetches run at once, per host and in all. First come, first served among those whose host has room. */
export class Slots {
  readonly #perHost: number;
  readonly #inAll: number;
  readonly #running = new Map<string, number>();
  #total = 0;
  readonly #line: { host: string; start: () => void }[] = [];

  constructor(perHost: number, inAll: number) {
    this.#perHost = perHost;
    this.#inAll = inAll;
  }

  /**
   * Waits for a slot.
   * @returns what gives the slot back (call it once), or undefined when `signal` came first or the line is too long.
   */
  async take(host: string, signal: AbortSignal): Promise<(() => void) | undefined> {
    if (signal.aborted) return undefined;
    if (this.#hasRoom(host)) return this.#start(host);
    if (this.#line.length >= longestLine) return undefined;
    return new Promise((resolve) => {
      const leave = () => {
        const place = this.#line.indexOf(waiter);
        if (place >= 0) this.#line.splice(place, 1);
        resolve(undefined);
      };
      const waiter = {
        host,
        start: () => {
          signal.removeEventListener('abort', leave);
          resolve(this.#start(host));
        },
      };
      this.#line.push(waiter);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  #hasRoom(host: string): boolean {
    return this.#total < this.#inAll && (this.#running.get(host) ?? 0) < this.#perHost;
  }

  #start(host: string): () => void {
    this.#total += 1;
    this.#running.set(host, (this.#running.get(host) ?? 0) + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#total -= 1;
      const left = this.#running.get(host)! - 1;
      if (left === 0) this.#running.delete(host);
      else this.#running.set(host, left);
      this.#next();
    };
  }

  #next(): void {
    const place = this.#line.findIndex((waiter) => this.#hasRoom(waiter.host));
    if (place >= 0) this.#line.splice(place, 1)[0]!.start();
  }
}
