import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pace } from './pace.ts';

test('up slowly, down by half, never beyond its bounds', () => {
  const pace = new Pace();
  assert.equal(pace.limit, 2);
  pace.answered(10);
  assert.equal(pace.limit, 2);
  pace.answered(10);
  assert.equal(pace.limit, 3);
  for (let i = 0; i < 1_000; i++) pace.answered(10);
  assert.equal(pace.limit, Pace.most);
  pace.failed();
  assert.equal(pace.limit, 4);
  for (let i = 0; i < 10; i++) pace.failed();
  assert.equal(pace.limit, 1);
});

test('slow answers do not make it grow', () => {
  const pace = new Pace();
  for (let i = 0; i < 100; i++) pace.answered(Pace.promptMs + 1);
  assert.equal(pace.limit, 2);
});

test('an urgent delivery may go one beyond', () => {
  const pace = new Pace();
  pace.inFlight = 2;
  assert.equal(pace.free(false), 0);
  assert.equal(pace.free(true), 1);
  pace.inFlight = 5;
  assert.equal(pace.free(true), 0);
});
