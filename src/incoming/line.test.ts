import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createFederation, type Federation } from '../../test/federation.ts';
import type { Actor } from '../../test/world/actor.ts';
import type { Clock } from '../base/clock.ts';
import { limits } from '../base/limits.ts';
import type { IncomingId } from '../model/ids.ts';

/** The durable line: order, retries, what is parked, what survives a kill. The clock is ours, so nobody waits for hours. */
const timers: { atMs: number; run: () => void }[] = [];
let aheadMs = 0;
const clock: Clock = {
  // What signatures are judged by stays true; only waits are shortened.
  now: () => Date.now(),
  monotonic: () => performance.now() + aheadMs,
  after(delayMs, run) {
    // Deadlines of the network are short and stay real.
    if (delayMs < 20_000) {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    }
    const entry = { atMs: performance.now() + aheadMs + delayMs, run };
    timers.push(entry);
    return () => void timers.splice(timers.indexOf(entry), timers.includes(entry) ? 1 : 0);
  },
};
function goAhead(ms: number): void {
  aheadMs += ms;
  const due = timers.filter(({ atMs }) => atMs <= performance.now() + aheadMs);
  for (const timer of due) {
    timers.splice(timers.indexOf(timer), 1);
    timer.run();
  }
}

let world: Federation;
let bob: Actor;
before(async () => {
  world = await createFederation({ peers: ['peer.example', 'shaky.example'], clock });
  bob = world.peer('peer.example').actor('bob');
  await world.follow(bob.id);
});
after(() => world.end());

const lines = () => world.place.store.incoming;

test('what cannot be had now is tried again, then parked with its reason; nothing waits behind it', async () => {
  const shaky = world.peer('shaky.example');
  const eve = shaky.actor('eve');
  const note = eve.note();
  const end = shaky.misbehave(new URL(note.id).pathname, { kind: 'status', status: 503 });
  const boost = bob.activity('Announce', { object: note.id, to: ['as:Public'] });
  await bob.send(world.sharedInbox, boost);
  assert.match((await world.ended(boost))!, /^waiting: shaky\.example.*unreachable/);
  const later = bob.note();
  await bob.send(world.sharedInbox, bob.create(later));
  await world.incoming.settled();
  assert.ok(await world.place.store.posts.findByUri(later.id), 'the same actor goes on');
  end();
  goAhead(31_000);
  assert.equal(await world.ended(boost), 'applied: passed on');

  const never = eve.note();
  shaky.misbehave(new URL(never.id).pathname, { kind: 'status', status: 503 });
  const second = bob.activity('Announce', { object: never.id, to: ['as:Public'] });
  await bob.send(world.sharedInbox, second);
  await world.ended(second);
  for (let attempt = 0; attempt < 8; attempt += 1) {
    goAhead(5 * 3_600_000);
    await world.ended(second);
  }
  assert.match((await world.ended(second))!, /^parked: shaky\.example/);
  assert.equal((await lines().findEnd(second.id))!.attempts, 6);
  assert.equal((await lines().parked(10))[0]!.activityUri, second.id);
});

test('what came before a kill is applied after the restart', async () => {
  await world.incoming.stop();
  const note = bob.note();
  const activity = bob.create(note);
  assert.equal((await bob.send(world.sharedInbox, activity)).status, 202);
  assert.equal((await lines().findEnd(activity.id))!.state, 'waiting');
  await world.restart();
  assert.equal(await world.ended(activity), 'applied: stored');
});

const put = async (uri: string, actorUri = bob.id) =>
  world.place.store.transaction((tx) =>
    tx.incoming.take({
      id: world.place.ids.next() as IncomingId,
      activityUri: uri,
      actorUri,
      kind: 'Like',
      body: JSON.stringify({ id: uri, type: 'Like', actor: actorUri, object: `${world.origin}/nothing` }),
      bodyHash: uri,
      receivedAtMs: clock.now(),
      mayRepeat: false,
    }),
  );
const claim = () => world.place.store.transaction((tx) => tx.incoming.claim({ limit: 8, busyActors: [], heldIds: [] }));

test('one that ends the process twice is parked, and those beside it are not (THREATS F20)', async () => {
  await world.incoming.stop();
  const [poison, fine] = [`${bob.id}/poison`, 'https://other.example/fine'];
  await put(poison);
  await put(fine, 'https://other.example/o');
  // Killed while both were being applied.
  assert.equal((await claim()).length, 2);
  assert.equal(await lines().recover(), 0);
  // After the start each goes alone; the first ends the process again.
  const alone = await claim();
  assert.deepEqual(
    alone.map(({ activityUri, hasCrashed }) => [activityUri, hasCrashed]),
    [[poison, true]],
  );
  await world.restart();
  assert.match((await world.ended(poison))!, /^parked: .*twice/);
  assert.match((await world.ended(fine))!, /^ignored/);
});

test('one line per actor at a time, in order of arrival', async () => {
  await world.incoming.stop();
  for (let index = 0; index < 5; index += 1) await put(`https://one.example/${index}`, 'https://one.example/a');
  await put('https://two.example/0', 'https://two.example/a');
  const first = await claim();
  assert.deepEqual(
    first.map(({ activityUri }) => activityUri),
    ['https://one.example/0', 'https://two.example/0'],
  );
  const second = await world.place.store.transaction((tx) =>
    tx.incoming.claim({ limit: 8, busyActors: ['https://one.example/a', 'https://two.example/a'], heldIds: [] }),
  );
  assert.equal(second.length, 0);
  await lines().release(first.map(({ id }) => id));
  await world.restart();
  await world.incoming.settled();
  assert.equal(await lines().countWaiting(), 0);
});

test('what has ended leaves, and an id is remembered longer than any signature lives', async () => {
  const old = bob.activity('Like', { object: `${world.origin}/nothing` });
  await bob.send(world.sharedInbox, old);
  await world.ended(old);
  const now = clock.now();
  await lines().prune({ endedMs: now + 1, parkedMs: now + 1, takenMs: now - limits.rememberActivityMs });
  assert.equal(await lines().findEnd(old.id), undefined);
  assert.deepEqual(await lines().parked(10), []);
  await bob.send(world.sharedInbox, old);
  assert.equal(await lines().findEnd(old.id), undefined, 'not taken a second time');
  assert.ok(limits.rememberActivityMs > limits.signatureAgeMs + limits.signatureAheadMs);
});

test('200 activities of 20 actors: each once, none lost', async () => {
  const actors = Array.from({ length: 20 }, (_x, index) => world.peer('peer.example').actor(`crowd${index}`));
  for (const actor of actors) await world.follow(actor.id);
  const notes = actors.flatMap((actor) => Array.from({ length: 10 }, () => ({ actor, note: actor.note() })));
  const answers = await Promise.all(notes.map(({ actor, note }) => actor.send(world.sharedInbox, actor.create(note))));
  assert.ok(answers.every(({ status }) => status === 202));
  await world.incoming.settled();
  assert.equal(await lines().countWaiting(), 0);
  for (const { note } of notes) assert.ok(await world.place.store.posts.findByUri(note.id));
});
