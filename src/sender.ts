import { availableParallelism } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from './base/clock.ts';
import { createConnector, type NetworkOptions } from './base/net/connector.ts';
import type { DestinationKind } from './delivery/contract.ts';
import { serveSenderThread } from './delivery/sender-thread.ts';
import { createFediverse } from './destinations/fediverse/send.ts';

/** What a sender thread is started with: plain data. */
export type SenderData = { network: NetworkOptions; userAgent: string };

/** What idle connections may cost in all sender threads together; there are as many as cores. */
const keptBytes = 64_000_000;

/** The kinds of destination, on one guarded connector: sockets and TLS sessions live in the thread that uses them. */
export function createKinds({ network, userAgent }: SenderData): DestinationKind[] {
  const connector = createConnector(network);
  return [createFediverse({ connector, clock: systemClock, userAgent, keptBytes: keptBytes / availableParallelism() })];
}

// The sender thread's composition root. It imports little: each module here costs memory in every thread.
// A dead server costs some errors, and a stack 20 µs each; what people read are their words.
if (parentPort) Error.stackTraceLimit = 0;
if (parentPort && workerData) serveSenderThread(parentPort, createKinds(workerData as SenderData));
