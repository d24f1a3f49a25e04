import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { mastodonRoutes } from '../../src/http/mastodon/routes.ts';
import type { Route } from '../../src/http/route.ts';
import { type Served, serve } from '../../src/http/testing/serve.ts';
import type { Person } from '../../src/model/account.ts';
import { composePost } from '../../src/outgoing/compose.ts';
import { likePost } from '../../src/outgoing/like.ts';
import { issueAppToken, issuePersonToken, registerApp } from '../../src/people/apps.ts';
import { allScopes, covers, type Scope } from '../../src/people/scopes.ts';

/**
 * Every route of the client API, taken from the table that the server itself reads, against every kind of caller (THREATS 54, 57, 58).
 * A new route is in here the moment it exists.
 */
let served: Served;
let alice: Person;
let bob: Person;
/** Posts of bob that alice may not see, and his notification. */
let hidden: { followers: string; direct: string; notification: string };
let own: { post: string; notification: string };
const tokens = new Map<string, string>();

const api = mastodonRoutes.filter(({ answers }) => answers === 'json');
const forApps = api.filter(({ who }) => who === 'app');
const titled = (route: Route) => `${route.method} ${route.path}`;

before(async () => {
  served = await serve({ address: '127.77.40.3' });
  alice = await served.addOwner('alice');
  bob = await served.addOwner('bob');
  const write = async (person: Person, text: string, audience: 'public' | 'followers' | 'direct') => {
    const post = await composePost(served.place, person, { text, audience });
    assert.ok(post.ok);
    return post.value.id;
  };
  const told = async (author: Person, liker: Person) => {
    const id = await write(author, 'Like this', 'public');
    assert.ok((await likePost(served.place, liker, id)).ok);
    return (await served.place.store.notifications.page(author.account.id, { limit: 1 }))[0]!.id;
  };
  hidden = {
    followers: await write(bob, 'Only for followers', 'followers'),
    direct: await write(bob, 'Only for nobody', 'direct'),
    notification: await told(bob, alice),
  };
  own = { post: await write(alice, 'Mine', 'public'), notification: await told(alice, bob) };
});
after(() => served.stop());

/** A token of alice with exactly these scopes. */
async function tokenFor(scopes: readonly Scope[]): Promise<string> {
  const key = scopes.join(' ');
  if (!tokens.has(key)) tokens.set(key, (await issuePersonToken(served.place, alice.account.id, scopes)).token);
  return tokens.get(key)!;
}

interface Call {
  readonly id?: string;
  readonly token?: string;
}

async function call(route: Route, { id, token }: Call): Promise<{ status: number; body: string; isJson: boolean }> {
  const preset = route.path.includes('/notifications/')
    ? own.notification
    : route.path.includes('/statuses/')
      ? own.post
      : bob.account.id;
  const path = route.path
    .replace(':id', id ?? preset)
    .replace(':tag', 'x')
    .replace(':year', '2026');
  const answer = await served.ask(path, {
    method: route.method,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(route.method === 'GET' ? {} : { body: new URLSearchParams({ status: 'words' }) }),
  });
  const body = await answer.text();
  assert.ok(answer.status < 500, `${titled(route)} answered ${answer.status}: ${body}`);
  return {
    status: answer.status,
    body,
    isJson: (answer.headers.get('content-type') ?? '').startsWith('application/json'),
  };
}

/** Every failure is JSON with a sentence. */
function assertRefused(
  route: Route,
  answer: { status: number; body: string; isJson: boolean },
  status: number,
  why: string,
) {
  assert.equal(answer.status, status, `${titled(route)} ${why}: ${answer.body.slice(0, 200)}`);
  assert.ok(answer.isJson, `${titled(route)} ${why}: not JSON`);
  const { error } = JSON.parse(answer.body) as { error?: unknown };
  assert.ok(typeof error === 'string' && error !== '', `${titled(route)} ${why}: no sentence`);
}

test('the table holds what apps need, each row with its scopes', () => {
  assert.ok(forApps.length > 40);
  const unguarded = forApps.filter(({ scopes, path }) => !scopes?.length && path !== '/api/v1/apps/verify_credentials');
  assert.deepEqual(unguarded.map(titled), []);
  for (const { scopes = [] } of api) for (const scope of scopes) assert.ok(allScopes.includes(scope as Scope), scope);
  assert.ok(
    api.every(({ cors }) => cors),
    'browsers may read all of it',
  );
});

test('without a token, with a forged and with a revoked one: 401', async () => {
  const { token } = await issuePersonToken(served.place, alice.account.id, [
    'read',
    'write',
    'follow',
    'push',
    'profile',
  ]);
  await served.place.store.apps.revokeAllOf(alice.account.id);
  tokens.clear();
  for (const route of forApps) {
    assertRefused(route, await call(route, {}), 401, 'without a token');
    assertRefused(route, await call(route, { token: 'A'.repeat(43) }), 401, 'with a forged token');
    assertRefused(route, await call(route, { token }), 401, 'with a revoked token');
  }
});

test('with every scope but the right ones: 403, also where strangers may read', async () => {
  for (const route of api) {
    const needed = (route.scopes ?? []) as readonly Scope[];
    if (needed.length === 0) continue;
    const wrong = allScopes.filter((scope) => !needed.some((one) => covers([scope], one)));
    assertRefused(route, await call(route, { token: await tokenFor(wrong) }), 403, 'with the wrong scopes');
  }
});

test('with exactly one of the right scopes: let in', async () => {
  for (const route of api) {
    for (const scope of (route.scopes ?? []) as readonly Scope[]) {
      const { status, body } = await call(route, { token: await tokenFor([scope]) });
      assert.ok(status !== 401 && status !== 403, `${titled(route)} with ${scope}: ${status} ${body.slice(0, 200)}`);
    }
  }
});

test('with a token that speaks for nobody: 422 where a person is needed', async () => {
  const registered = await registerApp(served.place, {
    name: 'Nobody',
    website: null,
    redirectUris: ['https://app.test/'],
    scopes: 'read write follow push profile',
  });
  assert.ok(registered.ok);
  const scope = 'read write follow push profile';
  const issued = await issueAppToken(served.place, { app: registered.value.app, proven: true, scope });
  assert.ok(issued.ok);
  for (const route of forApps.filter(({ withoutPerson }) => !withoutPerson)) {
    assertRefused(route, await call(route, { token: issued.value.token }), 422, 'for nobody');
  }
});

test('an id that is none, or names nothing: 404', async () => {
  const token = await tokenFor(allScopes);
  const withId = api.filter(({ path }) => path.includes(':id') && !/featured_tags|endorsements|lists$/.test(path));
  assert.ok(withId.length > 25);
  for (const route of withId) {
    for (const id of [
      'abc',
      '1',
      '0',
      '-1',
      '%00',
      '99999999999999999999',
      '1234567890123456789',
      "1'or'1",
      '%F0%9F%A6%9C',
    ]) {
      assertRefused(route, await call(route, { id, token }), 404, `of ${id}`);
    }
  }
});

test("what belongs to another person, or is not for one's eyes: 404, word for word as if it did not exist", async () => {
  const token = await tokenFor(allScopes);
  const nothing = '1234567890123456789';
  for (const route of api.filter(({ path }) => path.includes('/statuses/:id') || path.includes('/notifications/:id'))) {
    const ids = route.path.includes('/notifications/') ? [hidden.notification] : [hidden.followers, hidden.direct];
    const absent = await call(route, { id: nothing, token });
    for (const id of ids) {
      const answer = await call(route, { id, token });
      assertRefused(route, answer, 404, "of somebody else's");
      assert.equal(answer.body, absent.body, `${titled(route)} tells what is hidden from what is not there`);
      if (route.who === 'anyone')
        assertRefused(route, await call(route, { id }), 404, 'of a private post to a stranger');
    }
  }
  assert.equal(
    (await served.place.store.notifications.page(bob.account.id, { limit: 5 })).length,
    1,
    'nothing of his is gone',
  );
});

test('no list shows what is not for the viewer', async () => {
  const token = await tokenFor(allScopes);
  for (const route of api.filter(({ method }) => method === 'GET')) {
    for (const caller of [{ token }, ...(route.who === 'anyone' ? [{}] : [])]) {
      const { body } = await call(route, caller);
      assert.ok(!body.includes('Only for followers') && !body.includes('Only for nobody'), titled(route));
    }
  }
});
