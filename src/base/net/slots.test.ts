import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Slots } from './slots.ts';

test('slots: first come first served among those whose host has room', async () => {
  const slots = new Slots(1, 2);
  const never = new AbortController().signal;
  const started: string[] = [];
  const take = async (host: string, name: string) => {
    const release = await slots.take(host, never);
    started.push(name);
    return release!;
  };
  const a1 = await take('a', 'a1');
  const a2 = take('a', 'a2');
  const b1 = await take('b', 'b1');
  const c1 = take('c', 'c1');
  a1();
  a1();
  const releaseA2 = await a2;
  assert.deepEqual(started, ['a1', 'b1', 'a2']);
  b1();
  (await c1)();
  releaseA2();
  assert.deepEqual(started, ['a1', 'b1', 'a2', 'c1']);
  (await take('a', 'a3'))();
});

test('slots: who gives up leaves the line', async () => {
  const slots = new Slots(1, 1);
  const release = await slots.take('a', new AbortController().signal);
  const abort = new AbortController();
  const waiting = slots.take('a', abort.signal);
  abort.abort();
  assert.equal(await waiting, undefined);
  assert.equal(await slots.take('a', abort.signal), undefined);
  release!();
  assert.ok(await slots.take('a', new AbortController().signal));
});
