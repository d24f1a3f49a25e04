import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Route } from '../src/http/route.ts';
import { routes } from '../src/http/routes.ts';
import { type Served, serve } from '../src/http/testing/serve.ts';
import type { Person } from '../src/model/account.ts';
import { type AccountId, asId, type NotificationId, type PostId } from '../src/model/ids.ts';
import { composePost, type Draft } from '../src/outgoing/compose.ts';
import { editPost } from '../src/outgoing/edit.ts';
import { issuePersonToken } from '../src/people/apps.ts';
import { allScopes } from '../src/people/scopes.ts';
import { addPerson } from '../src/people/set-up.ts';

/**
 * Every route of the table, asked for what it must not give (THREATS 54, 57, 58). A new route is in here by being in the table.
 * Alice lives here and has written for few; Bob lives here too and is none of them; a stranger is nobody.
 */

/** Words of posts that were not written for Bob or a stranger. Searches use the beginnings alone, so that no echo can be taken for a leak. */
const secrets = ['nightingale4711', 'woodlark4712', 'siskin4713', 'dunlin4714', 'whinchat4715'] as const;
const beginnings = ['nightin', 'woodl', 'sisk', 'dunl', 'whinc'];

interface Caller {
  readonly name: string;
  headers(): Promise<{ headers: Record<string, string>; form: string }>;
}

let served: Served;
let alice: Person;
let bob: Person;
let hidden: { id: PostId; notificationId: string | undefined }[];
const stranger: Caller = { name: 'a stranger', headers: async () => ({ headers: {}, form: '' }) };
const callerOf = (name: string, person: () => Person): Caller => ({
  name,
  async headers() {
    // Fresh each time: some routes end the session or take the token back.
    const { cookie, form } = await served.signIn(person());
    const { token } = await issuePersonToken(served.place, person().account.id, allScopes);
    return { headers: { Cookie: cookie, Authorization: `Bearer ${token}` }, form };
  },
});
const asBob = callerOf('Bob', () => bob);
const asAlice = callerOf('Alice', () => alice);

async function write(person: Person, draft: Draft): Promise<PostId> {
  const done = await composePost(served.place, person, draft);
  assert.ok(done.ok);
  return done.value.id;
}

before(async () => {
  served = await serve({ address: '127.77.200.9' });
  const { place } = served;
  const { store, ids } = place;
  alice = await served.addOwner('alice');
  const added = await addPerson(place, { handle: 'bob', passphrase: 'four odd words here', language: 'en' });
  assert.ok(added.ok);
  bob = added.value.person;
  const far = await store.accounts.save({
    id: asId<AccountId>(ids.next()),
    uri: 'https://far.example/users/carol',
    handle: 'carol',
    domain: 'far.example',
    url: 'https://far.example/@carol',
    inboxUrl: 'https://far.example/inbox',
    createdAtMs: place.clock.now(),
  });
  await store.follows.save({
    id: asId(ids.next()),
    followerId: alice.account.id,
    followeeId: far.id,
    state: 'accepted',
    uri: null,
    showsBoosts: true,
    createdAtMs: place.clock.now(),
  });
  const open = await write(alice, { text: 'For everyone. #open' });
  const forFollowers = await write(alice, {
    text: `${secrets[0]} #nest`,
    audience: 'followers',
    contentWarning: secrets[4],
  });
  const direct = await write(alice, { text: `@carol@far.example ${secrets[1]}`, audience: 'direct' });
  const answer = await write(alice, {
    text: `${secrets[2]} below a public post`,
    audience: 'followers',
    inReplyToId: open,
  });
  assert.ok((await editPost(place, alice, answer, { text: `${secrets[2]} corrected` })).ok);
  const farPost = await store.posts.add({
    id: asId<PostId>(ids.next()),
    uri: 'https://far.example/posts/1',
    url: 'https://far.example/@carol/1',
    authorId: far.id,
    audience: 'followers',
    contentHtml: `<p>${secrets[3]}</p>`,
    publishedAtMs: place.clock.now(),
  });
  await store.home.add(alice.account.id, farPost!.id, ids.next());
  const notificationId = ids.next();
  await store.notifications.add({
    id: asId<NotificationId>(notificationId),
    personId: alice.account.id,
    kind: 'mention',
    accountId: far.id,
    postId: farPost!.id,
    createdAtMs: place.clock.now(),
  });
  hidden = [forFollowers, direct, answer, farPost!.id].map((id) => ({
    id,
    notificationId: id === farPost!.id ? notificationId : undefined,
  }));
});
after(() => served.stop());

/** The path with its parameters filled: names by who it is about, everything else by the id. */
const fillPath = (route: Route, id: string, handle = 'alice') =>
  route.path
    .replace(/@:\w+/g, `@${handle}`)
    .replace(/:tag\b/g, 'nest')
    .replace(/:(file|name)\b/g, 'x.css')
    .replace(/:id\b(?=.*:postId\b)/, alice.account.id)
    .replace(/:\w+/g, encodeURIComponent(id));

/** Everything that a route could take for the name of a post, in query and body alike. */
function fieldsFor(id: string): [string, string][] {
  return [
    ['id', id],
    ['id[]', id],
    ['status_id', id],
    ['in_reply_to_id', id],
    ['to', id],
    ['max_id', '9'.repeat(19)],
    ['limit', '40'],
    ['page', 'true'],
    ['type', 'statuses'],
    ['resolve', 'true'],
    ['status', 'x'],
    ['text', 'x'],
    ['do', 'like'],
    ['resource', 'acct:alice@wagtail.example'],
    ['acct', 'alice'],
  ];
}

async function ask(route: Route, path: string, caller: Caller, fields: [string, string][], accept: string) {
  const { headers, form } = await caller.headers();
  const query = new URLSearchParams(fields);
  if (route.method === 'GET') {
    return served.ask(`${path}?${query}`, { headers: { ...headers, Accept: accept } });
  }
  query.set('form', form);
  return served.ask(path, {
    method: route.method,
    body: query,
    headers: { ...headers, Accept: accept, Origin: served.origin },
  });
}

const accepts = (route: Route) =>
  route.answers === 'json' ? ['application/json'] : ['text/html', 'application/activity+json'];
const nameOf = (route: Route) => `${route.method} ${route.path}${route.accept ? ' (activity)' : ''}`;
const takesId = (route: Route) => /:(?!address|tag|handle|file|name)\w+/.test(route.path);

/** What differs between two answers for a reason of its own. */
const settle = (text: string, id: string) =>
  text
    .replaceAll(id, 'ID')
    .replace(/name="form" value="[^"]*"/g, '')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');

describe('the table of routes', () => {
  it('says of each whom it lets in and what it shows', () => {
    assert.ok(routes.length > 30);
    for (const route of routes) {
      if (route.shows === 'own things') assert.notEqual(route.who, 'anyone', nameOf(route));
      if (route.who === 'app') assert.equal(route.answers, 'json', nameOf(route));
      if (route.cors) assert.notEqual(route.answers, 'page', nameOf(route));
    }
  });

  for (const caller of [stranger, asBob]) {
    it(`has no door to a private post for ${caller.name}`, async () => {
      for (const route of routes) {
        for (const accept of accepts(route)) {
          for (const { id, notificationId } of hidden) {
            const path = fillPath(route, id);
            const answer = await ask(route, path, caller, fieldsFor(id), accept);
            const text = await answer.text();
            const where = `${nameOf(route)} as ${caller.name}, ${accept}`;
            for (const secret of secrets) assert.ok(!text.includes(secret), `${where} shows ${secret}:\n${text}`);
            assert.ok(answer.status < 500, `${where}: ${answer.status} ${text}`);
            if (!takesId(route)) {
              if (route.method === 'GET') {
                const plain = await ask(route, path, caller, [['limit', '40']], accept);
                assert.ok(!(await plain.text()).includes(id), `${where} names ${id}`);
              }
              continue;
            }
            // As if it did not exist: same status, same words.
            const missing = `${id.slice(0, -4)}0007`;
            const other = await ask(route, fillPath(route, missing), caller, fieldsFor(missing), accept);
            assert.equal(answer.status, other.status, `${where} tells that ${id} exists`);
            if (route.method === 'GET') {
              assert.equal(settle(text, id), settle(await other.text(), missing), `${where} tells that ${id} exists`);
            }
            if (notificationId) {
              const told = await ask(route, fillPath(route, notificationId), caller, [], accept);
              assert.ok(told.status < 500);
              const words = await told.text();
              for (const secret of secrets) assert.ok(!words.includes(secret), `${where} by its notification`);
            }
          }
        }
      }
      for (const { id } of hidden) assert.ok(await served.place.store.posts.find(id), 'a post of another was deleted');
    });

    it(`finds no private word for ${caller.name}`, async () => {
      for (const route of routes.filter(({ method }) => method === 'GET')) {
        for (const word of [...beginnings, '#nest', 'nest']) {
          const fields: [string, string][] = [
            ['q', word],
            ['resolve', 'true'],
            ['limit', '40'],
          ];
          const text = await (
            await ask(route, fillPath(route, alice.account.id), caller, fields, accepts(route)[0]!)
          ).text();
          for (const secret of secrets) assert.ok(!text.includes(secret), `${nameOf(route)} finds ${secret}`);
        }
      }
    });
  }

  it('lets nobody through who has to be known', async () => {
    for (const route of routes.filter(({ who }) => who !== 'anyone')) {
      const answer = await ask(route, fillPath(route, hidden[0]!.id), stranger, [], accepts(route)[0]!);
      if (route.who === 'app') assert.equal(answer.status, 401, nameOf(route));
      else assert.match(answer.headers.get('location') ?? '', /^\/sign-in\?return_to=/, nameOf(route));
    }
  });

  it('lets no app do what it was not allowed to (THREATS 57)', async () => {
    for (const route of routes.filter(({ who, scopes }) => who === 'app' && scopes?.length)) {
      const { token } = await issuePersonToken(served.place, alice.account.id, ['push']);
      const narrow: Caller = {
        name: 'a narrow app',
        headers: async () => ({ headers: { Authorization: `Bearer ${token}` }, form: '' }),
      };
      const answer = await ask(route, fillPath(route, hidden[0]!.id), narrow, [], 'application/json');
      if (route.scopes!.includes('push')) continue;
      assert.equal(answer.status, 403, nameOf(route));
    }
  });

  it('takes no form without its token from a signed-in browser (THREATS 59)', async () => {
    for (const route of routes.filter(
      ({ who, method, answers }) => who === 'signed-in' && method !== 'GET' && answers === 'page',
    )) {
      const { headers, form } = await asAlice.headers();
      const path = fillPath(route, hidden[0]!.id);
      const send = (body: Record<string, string>, origin: string) =>
        served.ask(path, {
          method: route.method,
          body: new URLSearchParams(body),
          headers: { Cookie: headers.Cookie!, Origin: origin },
        });
      assert.equal((await send({}, served.origin)).status, 403, nameOf(route));
      assert.equal((await send({ form }, 'https://evil.example')).status, 403, nameOf(route));
    }
  });

  it('answers junk with a sentence, never with a collapse', async () => {
    const junk = [
      'x',
      '0',
      '-1',
      '9'.repeat(40),
      '%00',
      '..%2F..%2Fetc',
      '%F0%9F%90%A6',
      'a'.repeat(3_000),
      "'%20or%201=1--",
      '%E2%80%AE',
      '1e19',
    ];
    const fields: [string, string][] = [
      'limit',
      'max_id',
      'min_id',
      'since_id',
      'before',
      'from',
      'offset',
      'q',
      'id[]',
      'uri',
      'scope',
      'page',
      'only',
      'lang',
      'key',
      'return_to',
      'back',
      'do',
      'status',
      'resource',
      'acct',
      'language',
      'visibility',
      'audience',
    ].map((name, i) => [name, ['\u0000', '-1', 'NaN', '9'.repeat(30), '\ud800', '[]', '{}', '%'][i % 8]!]);
    for (const caller of [stranger, asAlice]) {
      for (const route of routes) {
        for (const word of takesId(route) || route.path.includes(':') ? junk : ['x']) {
          const path = route.path.replace(/:\w+/g, word);
          const answer = await ask(route, path, caller, fields, accepts(route)[0]!);
          const text = await answer.text();
          assert.ok(answer.status < 500, `${nameOf(route)} with ${word}: ${answer.status} ${text}`);
        }
        if (route.method === 'GET') continue;
        for (const [type, body] of [
          ['application/json', '{"a":'],
          ['application/json', '[1,2]'],
          ['application/json', `${'['.repeat(2_000)}${']'.repeat(2_000)}`],
          ['multipart/form-data; boundary=x', 'nonsense'],
          ['text/plain', 'x'],
          ['application/activity+json', '{"type":["Create",null],"actor":{},"object":1e400}'],
        ] as const) {
          const { headers } = await caller.headers();
          const answer = await served.ask(fillPath(route, hidden[0]!.id), {
            method: route.method,
            body,
            headers: { ...headers, 'Content-Type': type, Origin: served.origin },
          });
          const text = await answer.text();
          assert.ok(answer.status < 500, `${nameOf(route)} with ${type}: ${answer.status} ${text}`);
        }
      }
    }
  });
});
