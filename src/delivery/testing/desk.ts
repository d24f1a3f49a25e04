import { systemClock } from '../../base/clock.ts';
import type { DestinationDesk, DestinationId, HealthRecord } from '../contract.ts';
import { Holds, memoryHolds } from '../holds.ts';

/** A desk without engine, for tests of what is shown and asked: holds are real, health is what the test puts into `records`, knocks are counted. */
export interface TestDesk extends DestinationDesk {
  readonly records: Map<DestinationId, HealthRecord>;
  readonly knocks: DestinationId[];
}

export function testDesk(lane: string): TestDesk {
  const holds = new Holds(memoryHolds());
  const records = new Map<DestinationId, HealthRecord>();
  const knocks: DestinationId[] = [];
  return {
    records,
    knocks,
    loadHealth: async (destinations) => destinations.flatMap((one) => records.get(one) ?? []),
    loadHolds: () => holds.ofLane(lane),
    pause: (destination) => holds.begin({ lane, destination, sinceMs: systemClock.now() }),
    resume: (destination) => holds.end(lane, destination),
    async retry(destination) {
      if (holds.sinceOf(lane, destination) !== undefined) return 'held';
      knocks.push(destination);
      return 'knocking';
    },
  };
}
