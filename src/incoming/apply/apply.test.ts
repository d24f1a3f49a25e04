import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createFederation, type Federation } from '../../../test/federation.ts';
import { type Actor, makeKeys } from '../../../test/world/actor.ts';
import type { Json } from '../../../test/world/peer.ts';
import type { PostId } from '../../model/ids.ts';
import { composePost } from '../../outgoing/compose.ts';
import { block, unblock } from '../../people/block.ts';
import { follow } from '../../people/follow.ts';

/** What activities bring about: in any order, twice, and from those who may not. */
let world: Federation;
let bob: Actor;
let carol: Actor;
let v: Actor;

before(async () => {
  world = await createFederation({ peers: ['peer.example', 'victim.example', 'far.example', 'boards.example'] });
  bob = world.peer('peer.example').actor('bob');
  carol = world.peer('peer.example').actor('carol');
  v = world.peer('victim.example').actor('v');
});
after(() => world.end());

const store = () => world.place.store;
const me = () => world.alice.account;
const send = async (from: Actor, activity: Json): Promise<string | undefined> => {
  const answer = await from.send(world.sharedInbox, activity);
  assert.equal(answer.status, 202, answer.text());
  return world.ended(activity);
};
const write = async (text: string, audience: 'public' | 'quiet' | 'followers' | 'direct' = 'public') => {
  const made = await composePost(world.place, world.alice, { text, audience });
  assert.ok(made.ok);
  return made.value;
};
const told = async (kind: 'mention' | 'boost' | 'like' | 'follow' | 'follow-request' | 'edit') =>
  store().notifications.page(me().id, { limit: 40, kinds: [kind] });
const home = async () => (await store().home.page(me().id, { limit: 40 }, Date.now())).map(({ post }) => post.uri);
const toAlice = { id: '', handle: '@alice@wren.example' };
const mention = () => ({ ...toAlice, id: me().uri });
const find = (uri: string) => store().posts.findByUri(uri);

test('Follow: accepted at once, answered, told once, also when it comes twice; Undo ends it', async () => {
  const asked = bob.activity('Follow', { object: me().uri });
  assert.equal(await send(bob, asked), 'applied: follows');
  const again = bob.activity('Follow', { object: me().uri });
  assert.equal(await send(bob, again), 'applied: follows already');
  const accepts = (await world.planned()).filter(({ kind }) => kind === 'Accept');
  assert.deepEqual(
    accepts.map(({ body }) => body.object.id),
    [asked.id, again.id],
  );
  assert.equal((await told('follow')).length, 1);
  assert.equal((await store().accounts.find(me().id))!.followersCount, 1);
  assert.equal(await send(bob, bob.activity('Undo', { object: again })), 'applied: Follow taken back');
  assert.equal((await store().accounts.find(me().id))!.followersCount, 0);
  assert.equal((await told('follow')).length, 0);
});

test('an Undo by somebody else, or of what somebody else did, takes nothing back', async () => {
  const asked = bob.activity('Follow', { object: me().uri });
  await send(bob, asked);
  assert.match((await send(carol, carol.activity('Undo', { object: asked })))!, /^ignored/);
  assert.match((await send(carol, carol.activity('Undo', { object: asked.id })))!, /^(ignored|applied: should)/);
  assert.equal((await store().accounts.find(me().id))!.followersCount, 1);
});

test('an Undo that comes first', async () => {
  const post = await write('undone before');
  const like = carol.activity('Like', { object: post.uri });
  await world.place.remote.findAccount(carol.id);
  assert.equal(
    await send(carol, carol.activity('Undo', { object: like })),
    'applied: should it come, it is taken back already',
  );
  assert.equal(await send(carol, like), 'ignored: it was taken back before it came');
  const asked = carol.activity('Follow', { object: me().uri });
  await send(carol, carol.activity('Undo', { object: asked }));
  assert.equal(await send(carol, asked), 'ignored: it was taken back before it came');
  assert.equal((await find(post.uri))!.likesCount, 0);
});

test('a server that uses one id for all follows of two accounts, as Misskey does, can follow again and again', async () => {
  const mia = world.peer('peer.example').actor('mia');
  const asked = mia.activity('Follow', {
    object: me().uri,
    id: `${world.peer('peer.example').origin}/follows/mia/alice`,
  });
  for (let times = 0; times < 3; times += 1) {
    assert.equal((await mia.send(world.sharedInbox, asked)).status, 202);
    await world.incoming.settled();
    const account = (await store().accounts.findByUri(mia.id))!;
    assert.equal((await store().follows.find(account.id, me().id))?.state, 'accepted', `follow ${times}`);
    const taken = mia.activity('Undo', {
      id: `${asked.id}/undo`,
      object: asked,
      published: new Date(times).toISOString(),
    });
    assert.equal((await mia.send(world.sharedInbox, taken)).status, 202);
    await world.incoming.settled();
    assert.equal(await store().follows.find(account.id, me().id), undefined, `undo ${times}`);
  }
});

test('a locked person is asked', async () => {
  await store().accounts.update(me().id, { locked: true });
  assert.equal(await send(carol, carol.activity('Follow', { object: me().uri })), 'applied: waits for a yes');
  assert.equal((await told('follow-request')).length, 1);
  assert.equal(await store().follows.countRequests(me().id), 1);
  await store().accounts.update(me().id, { locked: false });
});

test('Accept and Reject count only from the one who was asked, and only for what was asked (CVE-2025-30741)', async () => {
  const account = await world.place.remote.findAccount(v.id);
  assert.ok(account.ok);
  const forged = { type: 'Follow', actor: me().uri, object: v.id };
  assert.match((await send(v, v.activity('Accept', { object: forged })))!, /nobody here has asked/);
  const asked = await follow(world.place, world.alice, account.value.id);
  assert.ok(asked.ok);
  const mine = { id: asked.value.uri, type: 'Follow', actor: me().uri, object: v.id };
  assert.match((await send(bob, bob.activity('Accept', { object: mine })))!, /nobody here has asked them/);
  assert.equal((await store().follows.find(me().id, account.value.id))!.state, 'requested');
  assert.equal(await send(v, v.activity('Accept', { object: mine })), 'applied: they said yes');
  assert.equal((await store().follows.find(me().id, account.value.id))!.state, 'accepted');
  assert.match((await send(bob, bob.activity('Reject', { object: mine.id })))!, /^ignored/);
  assert.equal(await send(v, v.activity('Reject', { object: mine.id })), 'applied: they said no');
  assert.equal(await store().follows.find(me().id, account.value.id), undefined);
});

test('Create of somebody followed reaches home; of a stranger, nothing is kept or fetched', async () => {
  await world.follow(bob.id);
  const note = bob.note({ content: '<p>spring <script>x</script></p>' });
  assert.equal(await send(bob, bob.create(note)), 'applied: stored');
  assert.ok((await home()).includes(note.id));
  assert.equal((await find(note.id))!.contentHtml, '<p>spring </p>');
  const stranger = world.peer('far.example').actor('s');
  const strange = stranger.note();
  assert.equal(await send(stranger, stranger.create(strange)), 'ignored: it concerns nobody here');
  assert.equal(await find(strange.id), undefined);
  assert.equal(await store().accounts.findByUri(stranger.id), undefined);
});

test('Create with the words of somebody else is read at its origin, or not at all (CVE-2024-23832)', async () => {
  const invented = { ...v.note({ content: '<p>true</p>', mentions: [mention()] }), content: '<p>false</p>' };
  await send(bob, bob.activity('Create', { object: invented, to: [me().uri] }));
  assert.equal((await find(invented.id))?.contentHtml, '<p>true</p>');
  const nowhere = { ...v.note(), id: `${world.peer('victim.example').origin}/users/v/posts/none` };
  assert.match((await send(bob, bob.activity('Create', { object: nowhere, to: [me().uri] })))!, /^ignored/);
  assert.equal(await find(nowhere.id), undefined);
  // Its author is v, and it lies on bob's own server: nobody confirms that.
  const planted = bob.note({ more: { attributedTo: v.id } });
  assert.match((await send(bob, bob.activity('Create', { object: planted, to: [me().uri] })))!, /lives elsewhere/);
});

test('a Create of a known post changes neither its words nor who may see it (CVE-2024-37903)', async () => {
  const secret = bob.note({ to: [bob.followers], cc: [] });
  await send(bob, bob.create(secret));
  assert.equal((await find(secret.id))!.audience, 'followers');
  const wider = { ...secret, to: ['https://www.w3.org/ns/activitystreams#Public'], content: '<p>changed</p>' };
  await send(carol, carol.activity('Create', { object: wider, to: [me().uri] }));
  await send(bob, bob.activity('Create', { object: wider }));
  assert.equal((await find(secret.id))!.audience, 'followers');
  assert.equal((await find(secret.id))!.contentHtml, secret.content);
});

test('Update and Delete count only from the author, also against others of the same server', async () => {
  const note = bob.note({ content: '<p>first</p>', mentions: [mention()] });
  await send(bob, bob.create(note));
  const changed = { ...note, content: '<p>second</p>', updated: new Date(Date.now() + 1_000).toISOString() };
  assert.equal(await send(carol, carol.activity('Update', { object: changed })), 'ignored: they did not write it');
  assert.equal(await send(v, v.activity('Update', { object: changed })), 'ignored: they did not write it');
  assert.equal(await send(carol, carol.activity('Delete', { object: note.id })), 'ignored: they did not write it');
  assert.equal(await send(bob, bob.activity('Update', { object: changed })), 'applied: changed');
  assert.equal((await find(note.id))!.contentHtml, '<p>second</p>');
  assert.equal((await store().posts.versions((await find(note.id))!.id)).length, 1);
  const older = { ...note, content: '<p>older</p>', updated: new Date(Date.parse(note.published) + 1).toISOString() };
  assert.equal(await send(bob, bob.activity('Update', { object: older })), 'ignored: a newer wording is known');
  assert.equal(
    await send(bob, bob.activity('Update', { object: changed })),
    'ignored: nothing that is shown has changed',
  );
  assert.equal(
    await send(bob, bob.activity('Delete', { object: { type: 'Tombstone', id: note.id } })),
    'applied: deleted',
  );
  assert.equal(await find(note.id), undefined);
  const late = await send(bob, bob.activity('Create', { object: note }));
  assert.equal(late, 'ignored: it was deleted before');
});

test('Update before its Create, Delete before its Create', async () => {
  const note = bob.note({ content: '<p>new</p>', more: { updated: new Date(Date.now() + 1_000).toISOString() } });
  assert.equal(await send(bob, bob.activity('Update', { object: note })), 'applied: stored');
  await send(bob, bob.create({ ...note, content: '<p>old</p>', updated: undefined }));
  assert.equal((await find(note.id))!.contentHtml, '<p>new</p>');
  const deleted = bob.note();
  assert.equal(
    await send(bob, bob.activity('Delete', { object: deleted.id })),
    'applied: should it come, it is deleted already',
  );
  assert.equal(await send(bob, bob.create(deleted)), 'ignored: its author deleted it before it came');
  assert.equal(await find(deleted.id), undefined);
  // Another account of the server cannot hide a post beforehand.
  const kept = bob.note();
  await send(carol, carol.activity('Delete', { object: kept.id }));
  assert.equal(await send(bob, bob.create(kept)), 'applied: stored');
});

test('a Delete by somebody unknown comes first: the origin is asked before the Create is believed', async () => {
  const stranger = world.peer('far.example').actor('deleter');
  const note = stranger.note({ mentions: [mention()] });
  await send(stranger, stranger.activity('Delete', { object: note.id }));
  world.peer('far.example').documents.set(new URL(note.id).pathname, undefined);
  assert.match((await send(stranger, stranger.create(note)))!, /^ignored: .*gone/);
  assert.equal(await find(note.id), undefined);
});

test('a reply finds its thread, whichever comes first, and its author is told', async () => {
  const question = await write('What is that bird?');
  const answer = carol.note({ inReplyTo: question.uri, mentions: [mention()] });
  const furtherAnswer = bob.note({ inReplyTo: answer.id, mentions: [mention()] });
  assert.equal(await send(bob, bob.create(furtherAnswer)), 'applied: stored');
  // The missing one between was fetched.
  const middle = await find(answer.id);
  assert.equal(middle!.inReplyToId, question.id);
  assert.equal((await find(furtherAnswer.id))!.rootId, question.id);
  assert.equal(await send(carol, carol.create(answer)), 'applied: was known, is shown now');
  assert.equal((await find(question.uri))!.repliesCount, 1);
  assert.equal((await told('mention')).filter(({ post }) => post?.post.uri === answer.id).length, 1);
});

test('an answer whose beginning cannot be had comes all the same, and finds it when it comes', async () => {
  const hidden = bob.note();
  const path = new URL(hidden.id).pathname;
  world.peer('peer.example').documents.set(path, undefined);
  const answer = bob.note({ inReplyTo: hidden.id });
  assert.equal(await send(bob, bob.create(answer)), 'applied: stored');
  assert.equal((await find(answer.id))!.inReplyToId, null);
  world.peer('peer.example').documents.delete(path);
  assert.equal(await send(bob, bob.create(hidden)), 'applied: stored');
  const parent = await find(hidden.id);
  assert.equal((await find(answer.id))!.inReplyToId, parent!.id);
  assert.equal(parent!.repliesCount, 1);
});

test('Like: counted once, told once, taken back; not of what they may not see', async () => {
  const post = await write('likeable');
  const like = bob.activity('Like', { object: post.uri });
  assert.equal(await send(bob, like), 'applied: liked');
  assert.equal(
    await send(bob, bob.activity('EmojiReact', { object: post.uri, content: '🐤' })),
    'ignored: they liked it before',
  );
  assert.equal((await find(post.uri))!.likesCount, 1);
  assert.equal((await told('like')).length, 1);
  assert.equal(await send(bob, bob.activity('Undo', { object: like.id })), 'applied: Like taken back');
  assert.equal((await find(post.uri))!.likesCount, 0);
  const secret = await write('not for you', 'direct');
  assert.equal(await send(carol, carol.activity('Like', { object: secret.uri })), 'ignored: they may not see the post');
  assert.equal(await send(bob, bob.activity('Like', { object: v.note().id })), 'ignored: not a post of anybody here');
});

test('Announce: of ours counted and told; of others read from the origin, never from the booster', async () => {
  const post = await write('boostable');
  const boost = bob.activity('Announce', { object: post.uri, to: ['as:Public'], cc: [bob.followers] });
  assert.equal(await send(bob, boost), 'applied: passed on');
  assert.equal((await find(post.uri))!.boostsCount, 1);
  assert.equal((await told('boost')).length, 1);
  assert.equal(await send(bob, bob.activity('Undo', { object: boost })), 'applied: Announce taken back');
  assert.equal((await find(post.uri))!.boostsCount, 0);
  const note = v.note({ content: '<p>true</p>' });
  const fake = bob.activity('Announce', { object: { ...note, content: '<p>false</p>' }, to: ['as:Public'] });
  assert.equal(await send(bob, fake), 'applied: passed on');
  assert.equal((await find(note.id))!.contentHtml, '<p>true</p>');
  assert.ok((await home()).includes(fake.id));
  const stranger = world.peer('far.example').actor('booster');
  assert.match(
    (await send(stranger, stranger.activity('Announce', { object: v.note().id, to: ['as:Public'] })))!,
    /nobody here follows/,
  );
});

test('Announce of what is not for everyone is refused', async () => {
  const secret = await write('for followers', 'followers');
  const boost = bob.activity('Announce', { object: secret.uri, to: ['as:Public'] });
  assert.equal(await send(bob, boost), 'ignored: the post is not for everyone');
});

test('communities (FEP-1b12): a post that a group passes on comes from its origin', async () => {
  const group = world.peer('boards.example').actor('birds');
  group.document.type = 'Group';
  await world.follow(group.id);
  const note = v.note({ more: { type: 'Page', name: 'A wren' } });
  const wrapped = v.create(note);
  const passed = group.activity('Announce', { object: wrapped, to: ['as:Public'], cc: [group.followers] });
  assert.equal(await send(group, passed), 'applied: passed on');
  assert.equal((await find(note.id))!.title, 'A wren');
  const like = group.activity('Announce', { object: v.activity('Like', { object: note.id }), to: ['as:Public'] });
  assert.match((await send(group, like))!, /not acted on/);
});

test('those who are blocked do nothing here, by no door (THREATS 33, 34)', async () => {
  const account = (await store().accounts.findByUri(carol.id))!;
  await block(world.place, world.alice, account.id);
  const post = await write('blocked');
  const before = (await store().notifications.page(me().id, { limit: 200 })).length;
  const note = carol.note({ mentions: [mention()] });
  for (const activity of [
    carol.activity('Follow', { object: me().uri }),
    carol.activity('Like', { object: post.uri }),
    carol.activity('EmojiReact', { object: post.uri }),
    carol.activity('Announce', { object: post.uri, to: ['as:Public'] }),
    carol.create(note),
    carol.create(carol.note({ inReplyTo: post.uri })),
    carol.activity('Flag', { object: me().uri }),
  ]) {
    assert.match((await send(carol, activity))!, /^ignored/, activity.type);
  }
  assert.equal((await store().notifications.page(me().id, { limit: 200 })).length, before);
  assert.equal(await find(note.id), undefined);
  // A friend passes it on: it is stored for nobody's home.
  const boosted = carol.note();
  await send(bob, bob.activity('Announce', { object: boosted.id, to: ['as:Public'] }));
  const stored = await find(boosted.id);
  assert.ok(!stored || !(await store().views.maySee(stored.id, me().id)));
  assert.ok((await home()).every((uri) => uri !== boosted.id));
  await unblock(world.place, world.alice, account.id);
});

test('Block by somebody elsewhere ends both follows and closes what was for followers; Undo opens it', async () => {
  await send(bob, bob.activity('Follow', { object: me().uri }));
  const secret = await write('for followers only', 'followers');
  const account = (await store().accounts.findByUri(bob.id))!;
  assert.ok(await store().views.maySee(secret.id, account.id));
  const blocking = bob.activity('Block', { object: me().uri });
  assert.equal(await send(bob, blocking), 'applied: blocked');
  assert.ok(!(await store().views.maySee(secret.id, account.id)));
  assert.equal(await store().follows.find(me().id, account.id), undefined);
  assert.equal(await send(bob, bob.activity('Undo', { object: blocking })), 'applied: Block taken back');
  assert.ok(!(await store().blocks.between(me().id, account.id)));
});

test('Update of an actor is read at its origin, whatever came along (THREATS 13)', async () => {
  const path = '/users/bob';
  const documents = world.peer('peer.example').documents;
  documents.set(path, { ...bob.document, name: 'Bob the true' });
  const lie = { ...bob.document, name: 'Bob the false', publicKey: { ...bob.document.publicKey, publicKeyPem: 'x' } };
  assert.equal(await send(bob, bob.activity('Update', { object: lie })), 'applied: read again');
  assert.equal((await store().accounts.findByUri(bob.id))!.displayName, 'Bob the true');
  assert.match((await send(carol, carol.activity('Update', { object: lie })))!, /not that account/);
  documents.delete(path);
});

test('a private message without a Mention reaches the one it is addressed to, and nobody else', async () => {
  const note = bob.note({ to: [me().uri], cc: [] });
  assert.equal(await send(bob, bob.create(note)), 'applied: stored');
  const stored = (await find(note.id))!;
  assert.equal(stored.audience, 'direct');
  assert.ok(await store().views.maySee(stored.id, me().id));
  assert.ok(!(await store().views.maySee(stored.id, null)));
  assert.equal((await told('mention')).filter(({ post }) => post?.post.id === stored.id).length, 1);
});

test('a long thread, a circle, and a new host for each parent end within the budget (CVE-2022-46405)', async () => {
  const far = world.peer('far.example');
  const chain = far.actor('chain');
  for (let depth = 0; depth < 200; depth += 1) {
    const path = `/deep/${depth}`;
    far.documents.set(path, {
      ...chain.note(),
      id: `${far.origin}${path}`,
      inReplyTo: `${far.origin}/deep/${depth + 1}`,
    });
  }
  const before = far.requests.length;
  const note = bob.note({ inReplyTo: `${far.origin}/deep/0`, mentions: [mention()] });
  assert.equal(await send(bob, bob.create(note)), 'applied: stored');
  assert.ok(far.requests.length - before <= 20, String(far.requests.length - before));
  far.documents.set('/a', { ...chain.note(), id: `${far.origin}/a`, inReplyTo: `${far.origin}/b` });
  far.documents.set('/b', { ...chain.note(), id: `${far.origin}/b`, inReplyTo: `${far.origin}/a` });
  const inCircle = bob.note({ inReplyTo: `${far.origin}/a`, mentions: [mention()] });
  assert.equal(await send(bob, bob.create(inCircle)), 'applied: stored');
  const thread = await store().views.thread((await find(inCircle.id))!.id as PostId, me().id);
  assert.ok(thread!.ancestors.length <= 3);
});

test('a document that calls itself somebody else’s is not stored under that name (THREATS 18)', async () => {
  const liar = world.peer('far.example');
  liar.documents.set('/lie', { ...v.note({ content: '<p>true</p>' }), content: '<p>lie</p>' });
  const asked = await world.place.remote.findPost(`${liar.origin}/lie`);
  if (asked.ok) assert.equal(asked.value.contentHtml, '<p>true</p>');
  liar.documents.set('/users/fake', { ...v.document, id: v.id, name: 'fake' });
  const account = await world.place.remote.findAccount(`${liar.origin}/users/fake`);
  assert.ok(!account.ok);
  assert.notEqual((await store().accounts.findByUri(v.id))?.displayName, 'fake');
});

test('verbs that are known and not acted on are ignored with their reason', async () => {
  for (const type of ['Move', 'Flag', 'Add', 'Remove', 'Dislike', 'Read', 'Arrive', 'Offer']) {
    assert.match((await send(bob, bob.activity(type, { object: me().uri, target: v.id })))!, /is not acted on here$/);
  }
});

test('a new key speaks once its owner’s document shows it, and the old one no longer', async () => {
  const peer = world.peer('peer.example');
  const rita = peer.actor('rita');
  await world.follow(rita.id);
  const before = rita.create(rita.note());
  assert.equal(await send(rita, before), 'applied: stored');
  const renewed = makeKeys();
  const publicKey = { ...rita.document.publicKey, publicKeyPem: renewed.publicKeyPem };
  peer.documents.set('/users/rita', { ...rita.document, publicKey });
  // Signed by the old key, which is still the one that we know.
  assert.equal(await send(rita, rita.activity('Update', { object: rita.id })), 'applied: read again');
  const byNew = rita.create(rita.note());
  assert.equal((await rita.send(world.sharedInbox, byNew, { key: renewed.privateKey })).status, 202);
  assert.equal(await world.ended(byNew), 'applied: stored');
  const byOld = rita.create(rita.note());
  assert.equal((await rita.send(world.sharedInbox, byOld)).status, 401);
});
