import { parentPort, workerData } from 'node:worker_threads';
import type { DestinationKind, Verdict } from '../contract.ts';
import { serveSenderThread } from '../sender-thread.ts';

/** A kind whose destinations do what their name says; for tests of the threads around it. */
const kind: DestinationKind = {
  name: 'test',
  async send(parcel, credential): Promise<Verdict> {
    const host = parcel.destination.slice('test:'.length);
    if (host.startsWith('poison')) process.exit(13);
    if (host.startsWith('throws')) throw new Error('a kind must not throw');
    if (host.startsWith('slow')) await new Promise((resolve) => setTimeout(resolve, 300));
    if (credential.privateKey.asymmetricKeyType !== 'rsa' || parcel.body !== `body of ${parcel.bodyId}`) {
      return { outcome: 'refused', code: 'rejected', whose: 'theirs', words: parcel.body };
    }
    return { outcome: 'accepted' };
  },
  async close() {},
};

if (workerData === 'does not start') throw new Error('this thread does not start');
serveSenderThread(parentPort!, [kind]);
