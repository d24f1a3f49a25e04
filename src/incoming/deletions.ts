import type { OpenPlace } from '../outgoing/open-place.ts';

/** Ids whose deletion nobody verified. Kept in memory, bounded: forgetting one costs at most a post that its author has deleted. */
class BoundedSet {
  readonly #ids = new Set<string>();

  add(id: string): void {
    this.#ids.add(id);
    if (this.#ids.size > mostKept) this.#ids.delete(this.#ids.values().next().value!);
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }
}

const mostKept = 10_000;
const kept = new WeakMap<object, BoundedSet>();

/** The ids that strangers said were deleted, of one place. */
export function deletionsLetPass(place: Pick<OpenPlace, 'live'>): BoundedSet {
  let set = kept.get(place.live);
  if (!set) {
    set = new BoundedSet();
    kept.set(place.live, set);
  }
  return set;
}
