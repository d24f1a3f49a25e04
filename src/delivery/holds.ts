import type { DestinationId, Hold, HoldStore } from './contract.ts';

/**
 * Queues that somebody stopped by hand. A hold is no state of health: a destination that rests goes on resting below it, and its week does not
 * run, since nothing is tried. Few and made by people, so all of them are in memory, in front of the store.
 */
export class Holds {
  readonly #store: HoldStore;
  readonly #byLane = new Map<string, Map<DestinationId, number>>();
  #loading: Promise<void> | undefined;

  constructor(store: HoldStore) {
    this.#store = store;
  }

  /** Reads them, once; before it resolves `sinceOf` knows nothing. */
  load(): Promise<void> {
    this.#loading ??= this.#store.load().then((holds) => {
      for (const hold of holds) this.#keep(hold);
    });
    return this.#loading;
  }

  /** Since when (wall time) a lane sends nothing there, or undefined. */
  sinceOf(lane: string, destination: DestinationId): number | undefined {
    return this.#byLane.get(lane)?.get(destination);
  }

  /** Everything that a lane holds, with the wall time since when. */
  async ofLane(lane: string): Promise<ReadonlyMap<DestinationId, number>> {
    await this.load();
    return new Map(this.#byLane.get(lane));
  }

  /** On disk when the promise resolves; one that is held keeps its time. */
  async begin(hold: Hold): Promise<void> {
    await this.load();
    if (this.sinceOf(hold.lane, hold.destination) !== undefined) return;
    await this.#store.save(hold);
    this.#keep(hold);
  }

  /** @returns whether it was held. */
  async end(lane: string, destination: DestinationId): Promise<boolean> {
    await this.load();
    if (this.sinceOf(lane, destination) === undefined) return false;
    await this.#store.remove(lane, destination);
    this.#byLane.get(lane)?.delete(destination);
    return true;
  }

  #keep({ lane, destination, sinceMs }: Hold): void {
    const own = this.#byLane.get(lane);
    if (own) own.set(destination, sinceMs);
    else this.#byLane.set(lane, new Map([[destination, sinceMs]]));
  }
}

/** Holds that end with the process: for an engine without a host's database. */
export const memoryHolds = (): HoldStore => ({ load: async () => [], save: async () => {}, remove: async () => {} });
