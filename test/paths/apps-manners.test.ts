import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import type { StatusEntity } from '../../src/http/mastodon/entities/status.ts';
import { type Served, serve } from '../../src/http/testing/serve.ts';
import type { Person } from '../../src/model/account.ts';
import { composePost } from '../../src/outgoing/compose.ts';
import { issuePersonToken } from '../../src/people/apps.ts';
import { allScopes } from '../../src/people/scopes.ts';
import * as schemas from './apps.schemas.ts';

/** The manners of the client API that typed apps and browsers need, one by one. */
let served: Served;
let alice: Person;
let token: string;
/** How far the place's clock is ahead. */
let shiftMs = 0;

before(async () => {
  served = await serve({ address: '127.77.40.4', clock: { ...systemClock, now: () => Date.now() + shiftMs } });
  alice = await served.addOwner();
  token = (await issuePersonToken(served.place, alice.account.id, allScopes)).token;
});
after(() => served.stop());

const ask = (path: string, init: RequestInit = {}) =>
  served.ask(path, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } });

const bodyOf = async <T = StatusEntity>(answer: Response): Promise<T> => (await answer.json()) as T;

const write = (body: RequestInit['body'], headers: Record<string, string> = {}) =>
  ask('/api/v1/statuses', { method: 'POST', body, headers });

const asJson = { 'content-type': 'application/json' };

test('a post comes out the same from JSON, from a form and from multipart', async () => {
  const multipart = new FormData();
  for (const [name, value] of [
    ['status', 'Same'],
    ['sensitive', 'on'],
    ['visibility', 'unlisted'],
    ['spoiler_text', 'cw'],
    ['media_ids[]', ''],
  ]) {
    if (value !== '') multipart.append(name!, value!);
  }
  const answers = await Promise.all([
    write(
      JSON.stringify({
        status: 'Same',
        sensitive: true,
        visibility: 'unlisted',
        spoiler_text: 'cw',
        media_ids: [],
        poll: null,
      }),
      asJson,
    ),
    write(new URLSearchParams({ status: 'Same', sensitive: '1', visibility: 'unlisted', spoiler_text: 'cw' })),
    write(multipart),
  ]);
  const posts = await Promise.all(answers.map((answer) => bodyOf(answer)));
  for (const post of posts) {
    schemas.ownStatus.parse(post);
    assert.deepEqual(
      [post.content, post.sensitive, post.visibility, post.spoiler_text],
      ['<p>Same</p>', true, 'unlisted', 'cw'],
    );
  }
});

test('booleans count in every spelling', async () => {
  const sensitiveOf = async (body: RequestInit['body'], headers = {}) =>
    (await bodyOf(await write(body, headers))).sensitive;
  for (const no of ['false', '0', 'off', 'f', 'no']) {
    assert.equal(await sensitiveOf(new URLSearchParams({ status: 'x', spoiler_text: 'cw', sensitive: no })), false, no);
  }
  for (const yes of ['true', '1', 'on', 't', 'yes']) {
    assert.equal(await sensitiveOf(new URLSearchParams({ status: 'x', sensitive: yes })), true, yes);
  }
  assert.equal(await sensitiveOf(JSON.stringify({ status: 'x', sensitive: false }), asJson), false);
});

test('one Idempotency-Key makes one post, also for four calls at once and for one that comes later', async () => {
  const send = () => write(new URLSearchParams({ status: 'Only once' }), { 'idempotency-key': 'the very same' });
  const answers = [...(await Promise.all([send(), send(), send(), send()])), await send()];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 200, 200],
  );
  const ids = new Set((await Promise.all(answers.map((answer) => bodyOf(answer)))).map(({ id }) => id));
  assert.equal(ids.size, 1);
  const other = await bodyOf(
    await write(new URLSearchParams({ status: 'Only once' }), { 'idempotency-key': 'another' }),
  );
  assert.ok(!ids.has(other.id));
  assert.equal((await write(new URLSearchParams({ status: 'x' }), { 'idempotency-key': 'k'.repeat(256) })).status, 422);
});

test('lists have their default and their most, and name both neighbours', async () => {
  for (let n = 0; n < 45; n++) {
    assert.ok((await composePost(served.place, alice, { text: `Number ${n}`, audience: 'public' })).ok);
  }
  const lengthOf = async (query: string) =>
    (await bodyOf<unknown[]>(await ask(`/api/v1/timelines/home${query}`))).length;
  assert.deepEqual(
    await Promise.all(['', '?limit=5', '?limit=40', '?limit=41', '?limit=1000', '?limit=0', '?limit=-3'].map(lengthOf)),
    [20, 5, 40, 40, 40, 20, 3],
  );
  const answer = await ask('/api/v1/timelines/home?limit=5&max_id=&only_media=false');
  const page = await bodyOf<StatusEntity[]>(answer);
  const link = answer.headers.get('link')!;
  const [, next, previous] = /^<([^>]+)>; rel="next", <([^>]+)>; rel="prev"$/.exec(link)!;
  assert.equal(new URL(next!).origin, served.origin);
  assert.deepEqual(
    [new URL(next!).searchParams.get('max_id'), new URL(previous!).searchParams.get('min_id')],
    [page.at(-1)!.id, page[0]!.id],
  );
  assert.equal(new URL(next!).searchParams.get('limit'), '5');
  const { pathname, search } = new URL(next!);
  const second = await bodyOf<StatusEntity[]>(await ask(pathname + search));
  assert.ok(second[0]!.id < page.at(-1)!.id);
  const empty = await ask('/api/v1/timelines/home?max_id=1');
  assert.deepEqual([await empty.json(), empty.headers.get('link')], [[], null]);
  for (const wrong of ['?limit=many', '?max_id=abc', '?min_id=1.5', '?since_id=%00']) {
    assert.equal((await ask(`/api/v1/timelines/home${wrong}`)).status, 422, wrong);
  }
});

test('many statuses and accounts are read by id in one call, in order', async () => {
  const ids = await bodyOf<StatusEntity[]>(await ask('/api/v1/timelines/home?limit=3')).then((page) =>
    page.map(({ id }) => id),
  );
  const asked = [ids[2]!, 'nonsense', ids[0]!, '1234567890123456789'];
  const query = asked.map((id) => `id[]=${id}`).join('&');
  const found = await bodyOf<StatusEntity[]>(await ask(`/api/v1/statuses?${query}`));
  assert.deepEqual(
    found.map(({ id }) => id),
    [ids[2], ids[0]],
  );
  const accounts = await bodyOf<{ id: string }[]>(await ask(`/api/v1/accounts?id[]=${alice.account.id}&id[]=x`));
  assert.deepEqual(
    accounts.map(({ id }) => id),
    [alice.account.id],
  );
});

test('browsers of other origins may call, read the links and send every method', async () => {
  const preflight = await served.ask('/api/v1/accounts/update_credentials', {
    method: 'OPTIONS',
    headers: {
      origin: 'https://app.test',
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'authorization,content-type,idempotency-key',
    },
  });
  assert.ok(preflight.ok);
  assert.equal(preflight.headers.get('access-control-allow-origin'), '*');
  assert.match(preflight.headers.get('access-control-allow-methods')!, /PATCH/);
  assert.match(
    preflight.headers.get('access-control-allow-headers')!.toLowerCase(),
    /authorization.*content-type.*idempotency-key/,
  );
  const list = await ask('/api/v1/timelines/home', { headers: { origin: 'https://app.test' } });
  assert.equal(list.headers.get('access-control-allow-origin'), '*');
  assert.match(list.headers.get('access-control-expose-headers')!, /Link/);
  assert.equal(list.headers.get('access-control-allow-credentials'), null);
  assert.equal(list.headers.get('cache-control'), 'private, no-store');
  for (const path of [
    '/oauth/token',
    '/oauth/revoke',
    '/api/v1/statuses/1',
    '/.well-known/oauth-authorization-server',
  ]) {
    const answer = await served.ask(path, { method: 'OPTIONS' });
    assert.equal(answer.headers.get('access-control-allow-origin'), '*', path);
  }
});

test('a cookie opens nothing in the API', async () => {
  const { cookie } = await served.signIn(alice);
  assert.equal((await served.ask('/api/v1/accounts/verify_credentials', { headers: { cookie } })).status, 401);
  const posted = await served.ask('/api/v1/statuses', {
    method: 'POST',
    body: new URLSearchParams({ status: 'forged' }),
    headers: { cookie, origin: 'https://evil.test' },
  });
  assert.equal(posted.status, 401);
});

test('every failure is JSON with a sentence and the status that fits', async () => {
  const statusOf = async (answer: Response) => {
    schemas.apiError.parse(await answer.json());
    return answer.status;
  };
  const answers: [number, Response][] = [
    [404, await ask('/api/v1/nothing')],
    [404, await ask('/api/v1/timelines/list/1')],
    [404, await ask('/api/v1/streaming/user')],
    [405, await ask('/api/v1/timelines/home', { method: 'POST' })],
    [422, await write(new URLSearchParams({ status: '' }))],
    [422, await write(new URLSearchParams({ status: 'x'.repeat(10_001) }))],
    [422, await write(new URLSearchParams({ status: 'x', visibility: 'everyone' }))],
    [422, await write(new URLSearchParams({ status: 'x', language: 'not a language' }))],
    [422, await write(new URLSearchParams({ status: 'x', scheduled_at: '2030-01-01T00:00:00.000Z' }))],
    [404, await write(new URLSearchParams({ status: 'x', in_reply_to_id: '1234567890123456789' }))],
    [404, await write(new URLSearchParams({ status: 'x', in_reply_to_id: 'abc' }))],
    [422, await write(JSON.stringify({ status: { toString: 1 } }), asJson)],
    [400, await write('{"status": "half', asJson)],
    [400, await write('[]', asJson)],
    [400, await write('{"a":'.repeat(200), asJson)],
    [415, await write('<status/>', { 'content-type': 'text/xml' })],
    [413, await write(`status=${'x'.repeat(600_000)}`, { 'content-type': 'application/x-www-form-urlencoded' })],
    [422, await ask('/api/v2/search?q=x&type=everything')],
    [
      422,
      await ask('/api/v1/markers', {
        method: 'POST',
        body: JSON.stringify({ home: { last_read_id: 'x' } }),
        headers: asJson,
      }),
    ],
    [422, await ask('/api/v1/media', { method: 'POST', body: new URLSearchParams() })],
    [401, await served.ask('/api/v1/timelines/public?remote=true')],
  ];
  for (const [expected, answer] of answers) assert.equal(await statusOf(answer), expected, answer.url);
});

test('a post at the limit is taken', async () => {
  assert.equal((await write(new URLSearchParams({ status: 'x'.repeat(10_000) }))).status, 200);
  const instance = schemas.instance.parse(await (await served.ask('/api/v2/instance')).json());
  assert.equal(instance.configuration.statuses.max_characters, 10_000);
});

test('what others wrote is harmless in the API as on the pages', async () => {
  const post = await bodyOf(await write(new URLSearchParams({ status: '<script>alert(1)</script> & <b>' })));
  assert.equal(post.content, '<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;</p>');
  const page = await served.ask(`/api/v1/statuses/${post.id}`);
  assert.equal(page.headers.get('x-content-type-options'), 'nosniff');
});

test('a mute for a time ends by itself, in the relation and in the list', async () => {
  const bob = await served.addOwner('bob');
  const muted = await ask(`/api/v1/accounts/${bob.account.id}/mute`, {
    method: 'POST',
    body: new URLSearchParams({ duration: '60' }),
  });
  assert.equal(schemas.relationship.parse(await muted.json()).muting, true);
  const list = async () => (await bodyOf<unknown[]>(await ask('/api/v1/mutes'))).length;
  assert.equal(await list(), 1);
  shiftMs = 61_000;
  assert.equal(await list(), 0);
  const [relation] = await bodyOf<{ muting: boolean }[]>(
    await ask(`/api/v1/accounts/relationships?id[]=${bob.account.id}`),
  );
  assert.equal(relation?.muting, false);
  shiftMs = 0;
});
