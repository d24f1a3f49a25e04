import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import type { Crowd } from '../world/crowd.ts';
import { waitFor } from '../world/names.ts';
import type { Place } from '../world/place.ts';
import { createWorld, type World } from '../world/world.ts';

const [well, refusing, resting, paused] = [1, 2, 3, 4].map((n) => `s${n}.crowd.example`) as [
  string,
  string,
  string,
  string,
];

/** Receipts: where a post has landed, why not elsewhere, and what an operator does about it. */
describe('a post to a server that is well, one that refuses, one that rests and one that is paused', () => {
  let world: World;
  let crowd: Crowd;
  let place: Place;
  let token: string;
  let id: string;
  const creates = (host: string) => crowd.received.get(host)!.filter(({ type }) => type === 'Create').length;
  const states = async () => {
    const { stdout } = await place.command(['deliveries', '--post', id, '--json']);
    const { landed } = JSON.parse(stdout) as { landed: { servers: { host: string; state: string }[] } };
    return Object.fromEntries(landed.servers.map(({ host, state }) => [host, state]));
  };

  before(async () => {
    world = await createWorld();
    crowd = await world.crowd(4);
    place = await world.place('wren.example', { person: 'alice' });
    await place.begin();
    const actor = await place.actor();
    await crowd.follow(actor.id, place.sharedInbox);
    await waitFor('every Accept', () =>
      [...crowd.received.values()].every((got) => got.some(({ type }) => type === 'Accept')),
    );
    await place.stop();
    // It has rested since yesterday, as far as this host remembers.
    const file = new DatabaseSync(join(place.dataFolder, 'host.sqlite'));
    const nowMs = Date.now();
    file
      .prepare(`insert or replace into destinations (id, state, since, failures, probes, next_probe_at, last_words)
        values (?, 'resting', ?, 6, 4, ?, 'connection refused')`)
      .run(`fediverse:${resting}`, nowMs - 86_400_000, nowMs + 3 * 3_600_000);
    file.close();
    // No server runs: the pause is written into the folder.
    const done = await place.command(['pause', paused]);
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stdout, /Nothing more goes from wren\.example to s4/);
    crowd.statuses.set(refusing, 422);
    await place.start();
    token = await place.token();
    const posted = await place.ask('/api/v1/statuses', { method: 'POST', token, json: { status: 'Who takes it?' } });
    ({ id } = posted.json());
  });
  after(() => world.end());

  it('says of each where it stands, for scripts and in words', async () => {
    await waitFor('the two that answer', async () => (await states())[refusing] === 'refused' && creates(well) === 1);
    assert.deepEqual(await states(), {
      [well]: 'accepted',
      [refusing]: 'refused',
      [resting]: 'resting',
      [paused]: 'paused',
    });
    const { code, stdout } = await place.command(['deliveries', '--post', id]);
    assert.equal(code, 0);
    assert.match(stdout, /^1 of 4 servers said yes; 1 follower is there\./);
    assert.match(stdout, /s2\.crowd\.example refused this message\./);
    assert.doesNotMatch(stdout, /\b(read|received)\b/);
  });

  it('explains one server, in the language of the machine, and lists those to look at', async () => {
    const rests = await place.command(['explain', resting]);
    assert.match(rests.stdout, /has not answered since.*\n {2}Their doing\.\n.*\n {2}1 delivery waits, 1 follower\./);
    assert.match(rests.stdout, /Its words: connection refused/);
    assert.match((await place.command(['explain', paused])).stdout, /somebody here paused it/);
    const list = await place.command(['deliveries']);
    assert.match(list.stdout, /^wren\.example: 4 servers, 2 of them to look at\./);
    const junk = await place.command(['explain', 'no server at all']);
    assert.equal(junk.code, 1);
    assert.match(junk.stderr, /is no server's name/);
    assert.equal((await place.command(['deliveries', '--post', '123'])).code, 1);
    assert.equal((await place.command(['deliveries', '--place', 'other.example'])).code, 1);
  });

  it('knocks at the one that rests, which is back', async () => {
    const { stdout } = await place.command(['retry', resting]);
    assert.match(stdout, /One attempt at s3\.crowd\.example begins now/);
    await waitFor('its post', () => creates(resting) === 1);
    await waitFor('its receipt', async () => (await states())[resting] === 'accepted');
  });

  it('keeps a pause through kill -9, refuses to knock there, and sends everything after a resume', async () => {
    await place.kill();
    await place.start();
    const knock = await place.command(['retry', paused]);
    assert.equal(knock.code, 1);
    assert.match(knock.stderr, /is paused.*canari resume s4/);
    assert.equal(creates(paused), 0);
    assert.match((await place.command(['resume', paused])).stdout, /sends to s4\.crowd\.example again/);
    await waitFor('its post', () => creates(paused) === 1);
    assert.match((await place.command(['resume', paused])).stdout, /was not paused/);
  });

  it('knocks at nothing while no server runs', async () => {
    await place.stop();
    const { code, stderr } = await place.command(['retry', resting]);
    assert.equal(code, 1);
    assert.match(stderr, /No server runs/);
  });
});
