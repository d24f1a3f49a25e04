import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createFederation, type Federation } from '../../test/federation.ts';
import { waitFor } from '../../test/world/names.ts';
import type { Json, Peer } from '../../test/world/peer.ts';
import { FetchBudget } from './remote.ts';

/** Reading others: handles that both sides agree on, documents of their own origin, and no more than the budget. */
let world: Federation;
before(async () => {
  world = await createFederation({
    peers: ['peer.example', 'web.example', 'handles.example', 'evil.example', 'strict.example', 'a.zone.example'],
    peerOptions: { 'strict.example': { isAuthorisedFetch: true } },
  });
});
after(() => world.end());

const remote = () => world.place.remote;
const finger = (peer: Peer, handle: string, jrd: Json): void => {
  for (const resource of [`acct:${handle}`, encodeURIComponent(`acct:${handle}`)])
    peer.documents.set(`/.well-known/webfinger?resource=${resource}`, jrd);
};
const self = (href: string) => [{ rel: 'self', type: 'application/activity+json', href }];

test('an account by its handle, in any spelling of it, read once', async () => {
  const bob = world.peer('peer.example').actor('bob');
  for (const handle of ['@bob@peer.example', 'bob@PEER.example', ' bob@peer.example ']) {
    const found = await remote().findAccountByHandle(handle);
    assert.ok(found.ok, handle);
    assert.deepEqual([found.value.uri, found.value.handle, found.value.domain], [bob.id, 'bob', 'peer.example']);
  }
  assert.equal(world.peer('peer.example').gets('/users/bob'), 1);
});

test('handles that are none, or of nobody, or of here', async () => {
  for (const handle of [
    '',
    '@',
    'bob',
    '@bob@',
    'bob@peer.example@evil.example',
    'bob@127.0.0.1',
    'bob@localhost',
    'bob@peer.example/x',
    `bob@${'a.'.repeat(120)}example`,
  ]) {
    const found = await remote().findAccountByHandle(handle);
    assert.ok(!found.ok && ['bad-handle', 'not-found'].includes(found.error.reason), handle);
  }
  const nobody = await remote().findAccountByHandle('nobody@peer.example');
  assert.ok(!nobody.ok && nobody.error.reason === 'not-found' && nobody.error.host === 'peer.example');
  const here = await remote().findAccountByHandle('alice@wren.example');
  assert.ok(here.ok && here.value.id === world.alice.account.id);
});

test('a handle on another domain than the actor, when both say so', async () => {
  const web = world.peer('web.example');
  const ann = web.actor('ann');
  finger(web, 'ann@web.example', { subject: 'acct:ann@handles.example', links: self(ann.id) });
  finger(world.peer('handles.example'), 'ann@handles.example', {
    subject: 'acct:ann@handles.example',
    links: self(ann.id),
  });
  for (const handle of ['ann@handles.example', 'ann@web.example']) {
    const found = await remote().findAccountByHandle(handle);
    assert.ok(found.ok, handle);
    assert.deepEqual([found.value.uri, found.value.handle, found.value.domain], [ann.id, 'ann', 'handles.example']);
  }
});

test('WebFinger lies: a domain that claims somebody else’s actor gets that actor under its own name (THREATS 31)', async () => {
  const bank = world.peer('peer.example').actor('bank');
  finger(world.peer('evil.example'), 'bank@evil.example', { subject: 'acct:bank@evil.example', links: self(bank.id) });
  const found = await remote().findAccountByHandle('bank@evil.example');
  assert.ok(found.ok);
  assert.deepEqual([found.value.handle, found.value.domain], ['bank', 'peer.example']);
});

test('an actor that claims a handle which its domain does not give it is not stored', async () => {
  const evil = world.peer('evil.example');
  const mallory = evil.actor('mallory');
  const take = async (more: Json): Promise<string> => {
    evil.documents.set('/users/mallory', { ...mallory.document, ...more });
    const found = await remote().findAccount(mallory.id, { refresh: true });
    evil.documents.delete('/users/mallory');
    return found.ok ? `${found.value.handle}@${found.value.domain}` : found.error.reason;
  };
  // FEP-2c59 names a domain that knows nothing of it.
  assert.equal(await take({ webfinger: 'bob@peer.example' }), 'refused');
  // Another name on its own server, which belongs to somebody else there.
  evil.actor('victim');
  assert.equal(await take({ preferredUsername: 'victim' }), 'refused');
  // Its server says that the handle is on a domain which says nothing of the kind.
  finger(evil, 'mallory@evil.example', { subject: 'acct:bob@peer.example', links: self(mallory.id) });
  assert.equal(await take({}), 'refused');
  assert.equal(await world.place.store.accounts.findByUri(mallory.id), undefined);
});

test('servers that answer signed requests only are read all the same', async () => {
  const dora = world.peer('strict.example').actor('dora');
  const note = dora.note({ content: '<p>hello</p>' });
  const found = await remote().findByUrl(note.id);
  assert.ok(found.ok && found.value.kind === 'post');
  assert.equal(found.value.post.contentHtml, '<p>hello</p>');
});

test('what a person pastes: the page of an account or post, here or elsewhere', async () => {
  const bob = world.peer('peer.example').actor('bob');
  const account = await remote().findByUrl(bob.id);
  assert.ok(account.ok && account.value.kind === 'account');
  const page = await remote().findByUrl('http://peer.example/@bob');
  assert.ok(page.ok && page.value.kind === 'account' && page.value.account.uri === bob.id);
  const here = await remote().findByUrl(world.alice.account.uri);
  assert.ok(here.ok && here.value.kind === 'account');
  const before = world.peer('peer.example').requests.length;
  for (const url of [
    '',
    'x',
    'javascript:x',
    'file:///etc/passwd',
    'http://127.0.0.1/',
    'http://[::1]/',
    'http://wren.example/nothing',
    'http://localhost/',
  ]) {
    assert.ok(!(await remote().findByUrl(url)).ok, url);
  }
  assert.equal(world.peer('peer.example').requests.length, before);
});

test('wrong types, HTML and lies about the id are not read (FEP-96ff, THREATS 18, 26)', async () => {
  const evil = world.peer('evil.example');
  const bob = world.peer('peer.example').actor('bob');
  const document = { ...bob.document, name: 'false' };
  for (const contentType of ['text/html', 'application/json', 'image/png', 'application/ld+json']) {
    const end = evil.misbehave('/users/odd', {
      kind: 'document',
      document: { ...document, id: `${evil.origin}/users/odd` },
      contentType,
    });
    assert.ok(!(await remote().findAccount(`${evil.origin}/users/odd`)).ok, contentType);
    end();
  }
  evil.documents.set('/users/liar', document);
  assert.ok(!(await remote().findAccount(`${evil.origin}/users/liar`)).ok);
  const asUrl = await remote().findByUrl(`${evil.origin}/users/liar`);
  assert.ok(asUrl.ok && asUrl.value.kind === 'account' && asUrl.value.account.displayName !== 'false');
});

test('an account that is gone is marked so, and follows nobody any more', async () => {
  const peer = world.peer('peer.example');
  const leaver = peer.actor('leaver');
  await world.follow(leaver.id);
  peer.documents.set('/users/leaver', undefined);
  const again = await remote().findAccount(leaver.id, { refresh: true });
  assert.ok(!again.ok && again.error.reason === 'gone');
  const account = (await world.place.store.accounts.findByUri(leaver.id))!;
  assert.notEqual(account.goneAtMs, null);
  assert.deepEqual(await world.place.store.follows.localFollowers(account.id), []);
  peer.documents.delete('/users/leaver');
  assert.ok((await remote().findAccount(leaver.id, { refresh: true })).ok);
  assert.equal((await world.place.store.accounts.findByUri(leaver.id))!.goneAtMs, null, 'back from the dead');
});

test('many that ask for one account at a time make one fetch', async () => {
  const crowd = world.peer('peer.example').actor('crowd');
  const found = await Promise.all(Array.from({ length: 20 }, () => remote().findAccount(crowd.id)));
  assert.ok(found.every(({ ok }) => ok));
  assert.equal(world.peer('peer.example').gets('/users/crowd'), 1);
});

test('a budget ends, and a wildcard zone ends it sooner (CVE-2022-46405)', () => {
  const budget = new FetchBudget(20);
  const hosts = Array.from({ length: 10 }, (_x, index) => `https://h${index}.zone.example/1`);
  assert.equal(hosts.filter((url) => budget.take(url)).length, 5);
  assert.ok(budget.take('https://h0.zone.example/2'), 'a host that was asked before may be asked again');
  let left = 0;
  while (budget.take('https://other.test/')) left += 1;
  assert.equal(left, 14);
});

test('an account that was read long ago is answered at once and read again behind', async () => {
  const peer = world.peer('peer.example');
  const old = peer.actor('old');
  const first = await remote().findAccount(old.id);
  assert.ok(first.ok);
  await world.place.store.accounts.update(first.value.id, { fetchedAtMs: Date.now() - 25 * 3_600_000 });
  peer.documents.set('/users/old', { ...old.document, name: 'changed' });
  const known = await remote().findAccount(old.id);
  assert.ok(known.ok && known.value.displayName === first.value.displayName);
  await waitFor(
    'the new name',
    async () => (await world.place.store.accounts.findByUri(old.id))?.displayName === 'changed',
  );
});
