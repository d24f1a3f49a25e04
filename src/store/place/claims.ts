import type { AnyId } from '../../base/ids.ts';
import type { Claim, DestinationId, Wanted } from '../../delivery/contract.ts';
import type { ClaimRow, Statements } from './delivery-statements.ts';

type Candidate = Claim & { objectKey: string };

/** Candidates read beyond those wanted: enough to see every sender of a usual queue in one read. */
const spare = 8;
/** Senders looked at when a queue is deeper than one read; a place holds 150 people at most. */
const mostSenders = 150;

/**
 * Which deliveries are taken from a queue, and which are taken already (in memory only: on disk they wait until their end is written).
 * Must run inside a write transaction of the place's only writer.
 */
export class Claims {
  readonly #sql: Statements;
  readonly #taken = new Map<AnyId, DestinationId>();
  readonly #counts = new Map<DestinationId, number>();
  /** Whose delivery was taken last, for the queues in hand. */
  readonly #lastSender = new Map<DestinationId, string>();

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  has(id: AnyId): boolean {
    return this.#taken.has(id);
  }

  /** How many of a destination are taken. */
  count(destination: DestinationId): number {
    return this.#counts.get(destination) ?? 0;
  }

  /** The end of a claim is on disk. */
  end(id: AnyId): void {
    const destination = this.#taken.get(id);
    if (destination === undefined) return;
    this.#taken.delete(id);
    const left = this.count(destination) - 1;
    if (left > 0) this.#counts.set(destination, left);
    else this.#counts.delete(destination);
  }

  /** The engine let go of a queue. */
  leave(destination: DestinationId): void {
    this.#lastSender.delete(destination);
  }

  /** Takes what is wanted of one destination, as `DeliveryStore.claim` says. */
  take({ destination, limit, probe }: Wanted, engineNowMs: number): Claim[] {
    if (this.#sql.hasMature.get(destination, engineNowMs)) this.#sql.mature.run(destination, engineNowMs);
    const size = this.count(destination) + limit + spare;
    const heads = candidates(this.#sql.heads.all(destination, size));
    const taken: Claim[] = [];
    while (taken.length < limit) {
      const next = heads.length < size ? this.#next(destination, heads) : this.#nextOfDeep(destination, heads);
      if (!next) break;
      taken.push(this.#mark(next));
    }
    if (probe && taken.length === 0) {
      const next = this.#nextOfAll(destination);
      if (next) taken.push(this.#mark(next));
    }
    return taken;
  }

  #mark({ objectKey: _, ...claim }: Candidate): Claim {
    this.#taken.set(claim.deliveryId, claim.destination);
    this.#counts.set(claim.destination, this.count(claim.destination) + 1);
    this.#lastSender.set(claim.destination, claim.sender);
    return claim;
  }

  /** By priority, then senders in turn, then age. */
  #next(destination: DestinationId, heads: readonly Candidate[]): Candidate | undefined {
    if (heads.length === 1) return this.#firstFree(heads);
    for (const own of byPriority(heads)) {
      const found = this.#firstFree(inTurn(own, this.#lastSender.get(destination)));
      if (found) return found;
    }
    return undefined;
  }

  /** A queue too deep for one read: finds the senders one after the other by the index. */
  #nextOfDeep(destination: DestinationId, heads: readonly Candidate[]): Candidate | undefined {
    for (let priority = heads[0]!.priority; priority <= 2; priority++) {
      const last = this.#lastSender.get(destination) ?? '0';
      const senders = [...this.#senders(destination, priority, last), ...this.#senders(destination, priority, '0')];
      for (const sender of new Set(senders)) {
        const size = this.count(destination) + spare;
        for (let read = size; ; read *= 4) {
          const own = candidates(this.#sql.headsOfSender.all(destination, priority, sender, read));
          const found = this.#firstFree(own);
          if (found) return found;
          if (own.length < read) break;
        }
      }
    }
    return undefined;
  }

  *#senders(destination: DestinationId, priority: number, after: string): Iterable<string> {
    let sender = after;
    for (let seen = 0; seen < mostSenders; seen++) {
      const next = this.#sql.nextSender.get(destination, priority, sender) as { sender: string } | undefined;
      if (!next) return;
      sender = next.sender;
      yield sender;
    }
  }

  /** The first that may be sent now; for one that waits for an older delivery of its object, that one when it is free. */
  #firstFree(candidates: readonly Candidate[]): Candidate | undefined {
    for (const candidate of candidates) {
      if (this.#taken.has(candidate.deliveryId)) continue;
      const blocker = this.#blocker(candidate);
      if (!blocker) return candidate;
      if (this.#taken.has(blocker.id)) continue;
      if (blocker.nextAt === 0) return this.#one(blocker.id);
      // It cannot go before the older one, so it waits as long, and is not read again meanwhile.
      this.#sql.defer.run(blocker.nextAt, candidate.deliveryId);
    }
    return undefined;
  }

  #one(id: AnyId): Candidate {
    return candidates([this.#sql.one.get(id)])[0]!;
  }

  #blocker({ objectKey, destination, deliveryId, activityId }: Candidate): { id: AnyId; nextAt: number } | undefined {
    return this.#sql.blocker.get(objectKey, destination, deliveryId, activityId) as
      | { id: AnyId; nextAt: number }
      | undefined;
  }

  /** For a probe: one that waits for its own time all the same. */
  #nextOfAll(destination: DestinationId): Candidate | undefined {
    const later = candidates(this.#sql.laterHeads.all(destination, this.count(destination) + spare));
    for (const candidate of later) {
      if (this.#taken.has(candidate.deliveryId)) continue;
      const blocker = this.#blocker(candidate);
      if (!blocker) return candidate;
      if (!this.#taken.has(blocker.id)) return this.#one(blocker.id);
    }
    return undefined;
  }
}

function candidates(rows: readonly unknown[]): Candidate[] {
  return (rows as ClaimRow[]).map(
    ([deliveryId, activityId, destination, address, sender, priority, attempts, objectKey]) => ({
      deliveryId,
      activityId,
      destination,
      address,
      sender,
      priority,
      attempts,
      objectKey,
    }),
  );
}

function byPriority(candidates: readonly Candidate[]): Candidate[][] {
  return [0, 1, 2].map((priority) => candidates.filter((candidate) => candidate.priority === priority));
}

/** Candidates of one priority, sorted by sender: those after `last` first, then from the beginning. */
function inTurn(candidates: readonly Candidate[], last: string | undefined): readonly Candidate[] {
  if (last === undefined) return candidates;
  return [
    ...candidates.filter(({ sender }) => sender > last),
    ...candidates.filter(({ sender }) => sender < last),
    ...candidates.filter(({ sender }) => sender === last),
  ];
}
