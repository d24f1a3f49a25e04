import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Clock } from '../base/clock.ts';
import { FailedTries, OpenPerAddress } from './limits-per-address.ts';

describe('what is open per address', () => {
  it('is bounded, and given back once', () => {
    const open = new OpenPerAddress(2);
    const first = open.take('192.0.2.1');
    assert.ok(first && open.take('192.0.2.1'));
    assert.equal(open.take('192.0.2.1'), undefined);
    assert.ok(open.take('192.0.2.2'));
    first();
    first();
    assert.ok(open.take('192.0.2.1'));
    assert.equal(open.take('192.0.2.1'), undefined);
  });

  it('counts an IPv6 subscriber as one, and forgets who left', () => {
    const open = new OpenPerAddress(1);
    const back = open.take('2001:db8::1');
    assert.equal(open.take('2001:db8::2'), undefined);
    back!();
    assert.equal(open.addresses, 0);
  });
});

describe('failed tries', () => {
  let now = 0;
  const clock: Clock = { now: () => 0, monotonic: () => now, after: () => () => {} };

  it('lead to a pause that ends', () => {
    const tries = new FailedTries(clock, { triesAllowed: 3, pauseMs: 1_000 });
    for (let i = 0; i < 2; i++) tries.fail('a');
    assert.equal(tries.pauseMs('a'), 0);
    assert.equal(tries.triesLeft('a'), 1);
    tries.fail('a');
    assert.equal(tries.pauseMs('a'), 1_000);
    assert.equal(tries.triesLeft('a'), 0);
    assert.equal(tries.pauseMs('b'), 0);
    now += 1_000;
    assert.equal(tries.pauseMs('a'), 0);
    assert.equal(tries.triesLeft('a'), 3);
  });

  it('are forgotten after a right one', () => {
    const tries = new FailedTries(clock, { triesAllowed: 2, pauseMs: 1_000 });
    tries.fail('a');
    tries.succeed('a');
    tries.fail('a');
    assert.equal(tries.pauseMs('a'), 0);
  });

  it('cost bounded memory, whoever tries', () => {
    const tries = new FailedTries(clock, { triesAllowed: 1, pauseMs: 1_000 });
    for (let i = 0; i < 10_050; i++) tries.fail(`${i}`);
    assert.equal(tries.pauseMs('0'), 0);
    assert.equal(tries.pauseMs('10049'), 1_000);
  });
});
