import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Claim, DestinationId, Verdict } from './contract.ts';
import { longestWaitMs, obeyedMs, planOutcome, waitMs, waitsInAll } from './retry.ts';
import { seeded } from './simulation.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const half = () => 0.5;
const claim = (attempts: number): Claim => ({
  deliveryId: '1',
  activityId: '2',
  destination: 'fediverse:a.example' as DestinationId,
  address: 'https://a.example/inbox',
  sender: '3',
  priority: 1,
  attempts,
});
const later = (more: Partial<Verdict & { outcome: 'later' }> = {}): Verdict => ({
  outcome: 'later',
  scope: 'delivery',
  code: 'server-error',
  whose: 'theirs',
  words: 'HTTP 500',
  ...more,
});

test('waits grow from a minute to half a day and hold for a week', () => {
  const waits = Array.from({ length: waitsInAll }, (_, i) => waitMs(i + 1, half));
  assert.equal(waits[0], minute);
  assert.equal(waits.at(-1), longestWaitMs);
  for (let i = 1; i < waits.length; i++) assert.ok(waits[i]! >= waits[i - 1]!);
  const sum = waits.reduce((all, wait) => all + wait, 0);
  assert.ok(sum >= 7 * day && sum < 7.6 * day, `${sum / day} days`);
});

test('jitter spreads by a fifth to both sides, and never more', () => {
  const random = seeded(1);
  const waits = Array.from({ length: 1_000 }, () => waitMs(1, random));
  assert.ok(Math.min(...waits) >= 0.8 * minute && Math.max(...waits) <= 1.2 * minute);
  assert.ok(Math.max(...waits) - Math.min(...waits) > 0.35 * minute);
});

test('a Retry-After is obeyed up to a day, never early', () => {
  assert.ok(obeyedMs(90_000, () => 0) >= 90_000);
  assert.ok(obeyedMs(90_000, () => 0.999) < 100_000);
  assert.equal(
    obeyedMs(365 * day, () => 0),
    day,
  );
  for (const nonsense of [undefined, Number.NaN, Number.POSITIVE_INFINITY, -5])
    assert.equal(obeyedMs(nonsense, half), 0);
});

test('each verdict has one outcome', () => {
  const plan = (verdict: Verdict, attempts = 0) =>
    planOutcome(claim(attempts), verdict, { engineNowMs: 1_000, wallNowMs: 2_000 }, half);
  assert.deepEqual([plan({ outcome: 'accepted' }).state, plan({ outcome: 'accepted' }).atMs], ['accepted', 2_000]);
  assert.equal(plan({ outcome: 'refused', code: 'rejected', whose: 'theirs', words: 'no' }).state, 'refused');
  const gone = plan({ outcome: 'gone', code: 'gone', whose: 'theirs', words: '410' });
  assert.deepEqual([gone.state, gone.code], ['refused', 'gone']);

  const first = plan(later());
  assert.deepEqual([first.state, first.nextAtMs], ['waiting', 1_000 + minute]);
  assert.equal(plan(later({ retryAfterMs: 10 * minute })).nextAtMs, 1_000 + Math.round(10 * minute * 1.05));
  assert.equal(plan(later({ tries: 3 }), 1).state, 'waiting');
  assert.equal(plan(later({ tries: 3 }), 2).state, 'refused');
  assert.equal(plan(later(), waitsInAll - 1).state, 'waiting');
  assert.equal(plan(later(), waitsInAll).state, 'expired');
});

test('requests to slow down hardly count, but do not go on for ever', () => {
  const slowDown = later({ scope: 'pace', code: 'throttled' });
  const random = seeded(5);
  let attempts = 0;
  let answers = 0;
  for (;;) {
    const outcome = planOutcome(claim(attempts), slowDown, { engineNowMs: 0, wallNowMs: 0 }, random);
    answers += 1;
    if (outcome.state === 'expired') break;
    assert.deepEqual([outcome.state, outcome.nextAtMs], ['waiting', 0], 'its queue decides when');
    if (!outcome.uncounted) attempts += 1;
  }
  assert.ok(answers > 4 * waitsInAll && answers < 30 * waitsInAll, `${answers} answers`);
});

test('a probe out of turn never brings the end nearer', () => {
  const outcome = planOutcome(claim(waitsInAll), later(), { engineNowMs: 0, wallNowMs: 0, outOfTurn: true }, half);
  assert.deepEqual([outcome.state, outcome.uncounted], ['waiting', true]);
});
