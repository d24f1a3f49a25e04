import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../base/clock.ts';
import { systemClock } from '../base/clock.ts';
import type { DestinationId, Parcel, Verdict } from './contract.ts';
import { createThreadSenders } from './senders.ts';
import { credential } from './testing/place.ts';

const entry = new URL('./testing/sender-entry.ts', import.meta.url);

function open(options: { threads?: number; data?: unknown; clock?: Clock } = {}) {
  const { threads = 1, data, clock = systemClock } = options;
  const senders = createThreadSenders({ entry, data, threads, clock });
  const waiting = new Map<number, (verdict: Verdict) => void>();
  senders.onVerdict((attemptId, verdict) => waiting.get(attemptId)?.(verdict));
  let last = 0;
  const send = (host: string, deliveryId = `1${String(++last).padStart(18, '0')}`, bodyId = '7') =>
    new Promise<Verdict>((resolve) => {
      const attemptId = ++last;
      waiting.set(attemptId, resolve);
      const parcel: Parcel = {
        attemptId,
        deliveryId,
        destination: `test:${host}` as DestinationId,
        address: `https://${host}/`,
        bodyId,
        body: `body of ${bodyId}`,
        lane: 'place',
        sender: '1',
        deadlineMs: 5_000,
      };
      senders.send(parcel, credential);
    });
  return { senders, send };
}

test('parcels go to threads, verdicts come back, and a body crosses once', async () => {
  const { senders, send } = open({ threads: 2 });
  const verdicts = await Promise.all(Array.from({ length: 200 }, (_, i) => send(`h${i}.example`)));
  assert.ok(verdicts.every(({ outcome }) => outcome === 'accepted'));
  assert.equal(senders.capacity, 512);
  await senders.stop();
});

test('a thread keeps 8 million characters of bodies: older ones are forgotten and given again', async () => {
  const { senders, send } = open();
  const long = (i: number) => `${i}`.padEnd(1_000_000, '.');
  for (let turn = 0; turn < 2; turn++) {
    for (let i = 0; i < 20; i++) assert.equal((await send('h.example', undefined, long(i))).outcome, 'accepted');
  }
  await senders.stop();
});

test('a kind that throws costs its own delivery a wait', async () => {
  const { senders, send } = open();
  const verdict = await send('throws.example');
  assert.ok(verdict.outcome === 'later' && verdict.code === 'crashed' && verdict.whose === 'ours');
  await senders.stop();
});

test('what kills a thread twice is parked; what was beside it goes on', async () => {
  const { senders, send } = open();
  assert.equal((await send('h.example')).outcome, 'accepted', 'the thread runs');
  const innocent = '1000000000000000010';
  const poison = '1000000000000000011';
  const first = await Promise.all([send('slow.example', innocent), send('poison.example', poison)]);
  assert.ok(first.every((verdict) => verdict.outcome === 'later' && verdict.code === 'crashed'));
  const again = await Promise.all([send('slow.example', innocent), send('poison.example', poison), send('h.example')]);
  assert.deepEqual(
    again.map(({ outcome }) => outcome),
    ['accepted', 'refused', 'accepted'],
  );
  assert.equal((again[1] as { code: string }).code, 'crashed');
  await senders.stop();
});

test('a thread that cannot start blames nobody', async () => {
  const { senders, send } = open({ data: 'does not start' });
  for (let i = 0; i < 3; i++) {
    const verdict = await send('h.example', '1000000000000000010');
    assert.ok(verdict.outcome === 'later' && verdict.whose === 'ours');
  }
  await senders.stop();
});

test('an idle thread ends after a minute, and the next parcel starts another', async () => {
  let rest: (() => void) | undefined;
  const clock: Clock = {
    ...systemClock,
    after(delayMs, run) {
      if (delayMs !== 60_000) return systemClock.after(delayMs, run);
      rest = run;
      return () => {
        rest = undefined;
      };
    },
  };
  const { senders, send } = open({ clock });
  await send('h.example');
  await send('h.example');
  assert.ok(rest, 'the minute is running');
  rest();
  assert.equal((await send('h.example')).outcome, 'accepted');
  await senders.stop();
});
