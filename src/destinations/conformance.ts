import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Credential, DestinationKind, Parcel, Verdict } from '../delivery/contract.ts';

/** How the other side behaves for one attempt. */
export type Behaviour =
  | 'accepts'
  | 'refuses'
  | 'asks-to-wait'
  | 'is-broken'
  | 'never-answers'
  | 'answers-without-end'
  | 'closes-at-once'
  | 'talks-nonsense'
  | 'is-not-there';

/** A kind with a world around it. */
export type KindUnderTest = {
  kind: DestinationKind;
  credential: Credential;
  /** A parcel for a destination that behaves so. */
  parcelFor(behaviour: Behaviour, deadlineMs: number): Parcel;
  /** How many bytes the other side could write in `answers-without-end` before it was cut off. */
  writtenBytes(): number;
  close(): Promise<void>;
};

/** What a verdict must say for people. */
function hasWords(verdict: Verdict): void {
  if (verdict.outcome === 'accepted') return;
  assert.ok(verdict.words.length > 0 && verdict.words.length <= 250, `words: ${verdict.words}`);
  assert.doesNotMatch(verdict.words, /\p{Cc}/u, 'no control characters in what people read');
  assert.equal(verdict.whose, 'theirs');
}

/** The suite that each kind of destination must pass; the engine relies on every line. */
export function testDestinationKind(name: string, open: () => Promise<KindUnderTest>): void {
  const attempt = async (behaviour: Behaviour, deadlineMs = 5_000) => {
    const world = await open();
    const { signal } = new AbortController();
    const begun = performance.now();
    try {
      const verdict = await world.kind.send(world.parcelFor(behaviour, deadlineMs), world.credential, signal);
      hasWords(verdict);
      return { verdict, tookMs: performance.now() - begun, writtenBytes: world.writtenBytes() };
    } finally {
      await world.close();
    }
  };

  test(`${name}: accepted is accepted`, async () => {
    assert.equal((await attempt('accepts')).verdict.outcome, 'accepted');
  });

  test(`${name}: a no for ever is refused, with their words`, async () => {
    const { verdict } = await attempt('refuses');
    assert.equal(verdict.outcome, 'refused');
  });

  test(`${name}: a request to wait is no failure, and says how long`, async () => {
    const { verdict } = await attempt('asks-to-wait');
    assert.ok(verdict.outcome === 'later' && verdict.scope === 'pace');
    assert.ok(verdict.retryAfterMs! > 50_000 && verdict.retryAfterMs! <= 60_000);
  });

  test(`${name}: a broken server is tried later`, async () => {
    assert.equal((await attempt('is-broken')).verdict.outcome, 'later');
  });

  test(`${name}: one that never answers takes the deadline and no longer`, async () => {
    const { verdict, tookMs } = await attempt('never-answers', 300);
    assert.ok(verdict.outcome === 'later' && verdict.scope === 'destination' && verdict.code === 'too-slow');
    assert.ok(tookMs >= 290 && tookMs < 1_000, `took ${tookMs} ms`);
  });

  test(`${name}: an answer without end is cut off`, async () => {
    const { verdict, tookMs, writtenBytes } = await attempt('answers-without-end', 1_000);
    assert.equal(verdict.outcome, 'later');
    assert.ok(tookMs < 1_500, `took ${tookMs} ms`);
    assert.ok(writtenBytes < 20_000_000, `${writtenBytes} bytes were taken`);
  });

  test(`${name}: closed connections, nonsense and silence are their doing, and nothing throws`, async () => {
    for (const behaviour of ['closes-at-once', 'talks-nonsense', 'is-not-there'] as const) {
      const { verdict } = await attempt(behaviour);
      assert.ok(verdict.outcome === 'later' && verdict.scope === 'destination', behaviour);
    }
  });

  test(`${name}: a stop cuts an attempt short`, async () => {
    const world = await open();
    const stop = new AbortController();
    const sending = world.kind.send(world.parcelFor('never-answers', 60_000), world.credential, stop.signal);
    setTimeout(() => stop.abort(), 50);
    assert.equal((await sending).outcome, 'later');
    await world.close();
  });
}
