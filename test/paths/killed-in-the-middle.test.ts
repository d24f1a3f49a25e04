import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Crowd } from '../world/crowd.ts';
import { waitFor } from '../world/names.ts';
import { createWorld } from '../world/world.ts';

const servers = 300;
/** Attempts that may be under way when the process dies: what two sender threads hold together. */
const mostInFlight = 256;

const creates = (crowd: Crowd, postUri: string) =>
  [...crowd.received].map(([host, activities]) => ({
    host,
    ids: activities
      .filter(({ type, object }) => type === 'Create' && object?.id === postUri)
      .map(({ id }) => id as string),
  }));
const reached = (crowd: Crowd, uri: string) => creates(crowd, uri).filter(({ ids }) => ids.length > 0).length;

/** Promise 1 and faults F1: what was answered is on disk, and so is the plan to deliver it. */
test('killed three times in the middle of 300 deliveries, each server still gets the post, always under one id', async () => {
  const world = await createWorld();
  const crowd = await world.crowd(servers);
  const place = await world.place('wren.example', { person: 'alice' });
  await place.begin();
  const actor = await place.actor();
  await crowd.follow(actor.id, place.sharedInbox);
  const token = await place.token();
  await waitFor('300 followers', async () => {
    const me = (await place.ask('/api/v1/accounts/verify_credentials', { token })).json();
    return me.followers_count === servers;
  });
  // The Accepts go out first: the post must not be what is waited for.
  await waitFor('every Accept', () =>
    [...crowd.received.values()].every((got) => got.some(({ type }) => type === 'Accept')),
  );

  const posted = await place.ask('/api/v1/statuses', { method: 'POST', token, json: { status: 'to 300 servers' } });
  assert.equal(posted.status, 200);
  const { uri, id } = posted.json();
  const reachedAtKill: number[] = [];
  for (const atLeast of [1, 60, 150]) {
    await waitFor(`${atLeast} servers reached`, () => reached(crowd, uri) >= atLeast);
    await place.kill();
    reachedAtKill.push(reached(crowd, uri));
    await place.start();
    assert.equal((await place.ask(`/api/v1/statuses/${id}`, { token })).status, 200, 'the post is still there');
  }
  await waitFor('all servers reached', () => reached(crowd, uri) === servers, 30_000);
  const got = creates(crowd, uri);
  assert.equal(new Set(got.flatMap(({ ids }) => ids)).size, 1, 'the same activity id each time');
  const doubles = got.reduce((sum, { ids }) => sum + ids.length - 1, 0);
  assert.ok(doubles <= 3 * mostInFlight, `${doubles} doubles`);
  assert.ok(reachedAtKill[0]! < servers, `the first kill came in the middle (${reachedAtKill})`);
  await world.end();
});

/** Promise 3 and fault F8: a tarpit slows only itself. */
test('with a tenth tarpits and a tenth broken, the healthy servers get the post at once, and an Update keeps its order', async () => {
  const world = await createWorld();
  const crowd = await world.crowd(100);
  const place = await world.place('wren.example', { person: 'alice' });
  await place.begin();
  const actor = await place.actor();
  await crowd.follow(actor.id, place.sharedInbox);
  await waitFor('every Accept', () =>
    [...crowd.received.values()].every((got) => got.some(({ type }) => type === 'Accept')),
  );
  const names = [...crowd.received.keys()];
  for (const name of names.slice(0, 10)) crowd.tarpits.add(name);
  for (const name of names.slice(10, 20)) crowd.statuses.set(name, 500);
  const token = await place.token();
  const startedAt = performance.now();
  const posted = (
    await place.ask('/api/v1/statuses', { method: 'POST', token, json: { status: 'sick and healthy' } })
  ).json();
  await waitFor('the healthy 80', () => reached(crowd, posted.uri) === 80, 5_000);
  const tookMs = performance.now() - startedAt;
  assert.ok(tookMs < 4_000, `${tookMs} ms although a tarpit holds each of its attempts for 10 s`);
  await place.ask(`/api/v1/statuses/${posted.id}`, { method: 'PUT', token, json: { status: 'well again' } });
  crowd.tarpits.clear();
  crowd.statuses.clear();
  const healthy = names.slice(20);
  await waitFor('the Update everywhere healthy', () =>
    healthy.every((name) => crowd.received.get(name)!.some(({ type }) => type === 'Update')),
  );
  for (const name of healthy) {
    const kinds = crowd.received
      .get(name)!
      .map(({ type }) => type)
      .filter((type) => type !== 'Accept');
    assert.deepEqual(kinds, ['Create', 'Update'], name);
  }
  // An orderly stop would wait its 10 s for the attempts that the tarpits hold.
  await place.kill();
  await world.end();
});
