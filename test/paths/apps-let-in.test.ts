import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Served, serve } from '../../src/http/testing/serve.ts';
import type { Person } from '../../src/model/account.ts';
import { outOfBand } from '../../src/people/apps.ts';
import { answerConsent, type Browse, readHiddenFields, readShownCode } from './apps.browser.ts';
import * as schemas from './apps.schemas.ts';

/** The story of letting an app in, by plain HTTP, with everything that can be tried on the way (RFC 6749, THREATS 57 and 59). */
let served: Served;
let alice: Person;
let browse: Browse;
let app: Registered;

interface Registered {
  client_id: string;
  client_secret: string;
}

const callback = 'https://app.test/back?x=1';
const scope = 'read write follow push';

const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  served.ask(path, { method: 'POST', body: new URLSearchParams(fields), headers });

async function register(changes: Record<string, string> = {}): Promise<Registered> {
  const answer = await post('/api/v1/apps', {
    client_name: 'Trier',
    redirect_uris: `${callback}\n${outOfBand}`,
    scopes: scope,
    ...changes,
  });
  assert.equal(answer.status, 200);
  const { client_id, client_secret } = schemas.credentialApplication.parse(await answer.json());
  return { client_id, client_secret };
}

const ask = (changes: Record<string, string> = {}) => ({
  response_type: 'code',
  client_id: app.client_id,
  redirect_uri: callback,
  scope,
  ...changes,
});

async function getCode(): Promise<string> {
  const answer = await answerConsent(browse, ask());
  return new URL(answer.headers.get('location')!).searchParams.get('code')!;
}

const trade = (code: string, changes: Record<string, string> = {}, headers: Record<string, string> = {}) =>
  post('/oauth/token', { grant_type: 'authorization_code', code, redirect_uri: callback, ...app, ...changes }, headers);

async function getToken(): Promise<string> {
  return schemas.token.parse(await (await trade(await getCode())).json()).access_token;
}

const whoAmI = (token: string) =>
  served.ask('/api/v1/accounts/verify_credentials', { headers: { authorization: `Bearer ${token}` } });

before(async () => {
  served = await serve({ address: '127.77.40.2' });
  alice = await served.addOwner();
  const { cookie } = await served.signIn(alice);
  browse = (path, init) => served.ask(path, { ...init, headers: { cookie, ...init?.headers } });
  app = await register();
});
after(() => served.stop());

test('the metadata leads to addresses that answer', async () => {
  const answer = await served.ask('/.well-known/oauth-authorization-server');
  const metadata = (await answer.json()) as Record<string, string & string[]>;
  assert.equal(answer.headers.get('access-control-allow-origin'), '*');
  assert.deepEqual(metadata.code_challenge_methods_supported, ['S256']);
  assert.deepEqual(metadata.grant_types_supported, ['authorization_code', 'client_credentials']);
  for (const name of [
    'authorization_endpoint',
    'token_endpoint',
    'revocation_endpoint',
    'userinfo_endpoint',
    'app_registration_endpoint',
  ]) {
    const { pathname, origin } = new URL(metadata[name]!);
    assert.equal(origin, served.origin);
    assert.notEqual((await served.ask(pathname, { method: 'OPTIONS' })).status, 404, name);
  }
});

test('a stranger is led to sign in first and then finds the question', async () => {
  const asked = await served.ask(`/oauth/authorize?${new URLSearchParams(ask())}`);
  assert.equal(asked.status, 303);
  const signIn = new URL(asked.headers.get('location')!, served.origin);
  assert.equal(signIn.pathname, '/sign-in');
  const entered = await post(`/sign-in`, {
    handle: 'alice',
    passphrase: 'four odd words here',
    return_to: signIn.searchParams.get('return_to')!,
  });
  assert.equal(entered.status, 303);
  const cookie = entered.headers.getSetCookie()[0]!.split(';')[0]!;
  const shown = await served.ask(entered.headers.get('location')!, { headers: { cookie } });
  const page = await shown.text();
  assert.equal(shown.status, 200);
  assert.ok(page.includes('Trier'), 'the page names the app');
  assert.match(shown.headers.get('content-security-policy')!, /form-action 'self' https:\/\/app\.test/);
  assert.deepEqual(Object.fromEntries(readHiddenFields(page)).client_id, app.client_id);
});

test('force_login shows the form also to somebody signed in, and comes back without it', async () => {
  const asked = await browse(`/oauth/authorize?${new URLSearchParams(ask({ force_login: 'true' }))}`);
  const signIn = new URL(asked.headers.get('location')!, served.origin);
  assert.equal(signIn.pathname, '/sign-in');
  const shown = await browse(signIn.pathname + signIn.search);
  assert.equal(shown.status, 200);
  const back = readHiddenFields(await shown.text()).get('return_to')!;
  assert.equal(new URL(back, served.origin).searchParams.has('force_login'), false);
  assert.equal((await browse(back)).status, 200);
  assert.equal((await browse(`/oauth/authorize?${new URLSearchParams(ask({ force_login: 'false' }))}`)).status, 200);
});

test('a yes and a no both lead back to the app, with its state', async () => {
  const state = 'a&b=c #%';
  const yes = new URL((await answerConsent(browse, ask({ state }))).headers.get('location')!);
  assert.deepEqual(
    [yes.origin, yes.searchParams.get('x'), yes.searchParams.get('state')],
    ['https://app.test', '1', state],
  );
  assert.match(yes.searchParams.get('code')!, /^[\w-]{43}$/);
  const no = new URL((await answerConsent(browse, ask({ state }), 'deny')).headers.get('location')!);
  assert.deepEqual(
    [no.searchParams.get('error'), no.searchParams.get('code'), no.searchParams.get('state')],
    ['access_denied', null, state],
  );
  app = await register({ redirect_uris: 'oauth2redirect://com.example.app/' });
  const wakes = await answerConsent(browse, ask({ redirect_uri: 'oauth2redirect://com.example.app/' }));
  assert.match(wakes.headers.get('location')!, /^oauth2redirect:\/\/com\.example\.app\/\?code=[\w-]{43}$/);
  app = await register();
});

test('a wrong request never redirects to an address that the app has not registered', async () => {
  for (const redirect_uri of ['https://evil.test/', `${callback}&more`, 'https://app.test/back', '//evil.test', '']) {
    const answer = await browse(`/oauth/authorize?${new URLSearchParams(ask({ redirect_uri }))}`);
    assert.deepEqual([answer.status, answer.headers.get('location')], [400, null], redirect_uri);
  }
  const unknown = await browse(`/oauth/authorize?${new URLSearchParams(ask({ client_id: 'nobody' }))}`);
  assert.deepEqual([unknown.status, unknown.headers.get('location')], [400, null]);
  const greedy = await browse(`/oauth/authorize?${new URLSearchParams(ask({ scope: 'read admin:read', state: 's' }))}`);
  const told = new URL(greedy.headers.get('location')!);
  assert.deepEqual([told.searchParams.get('error'), told.searchParams.get('state')], ['invalid_scope', 's']);
});

test('only a form of our own lets an app in', async () => {
  const shown = await browse(`/oauth/authorize?${new URLSearchParams(ask())}`);
  const fields = readHiddenFields(await shown.text());
  fields.set('decision', 'allow');
  const send = (body: URLSearchParams, headers: Record<string, string> = {}) =>
    browse('/oauth/authorize', { method: 'POST', body, headers });
  assert.equal((await send(fields, { origin: 'https://evil.test' })).status, 403);
  assert.equal((await send(fields, { 'sec-fetch-site': 'cross-site' })).status, 403);
  const noToken = new URLSearchParams(fields);
  noToken.delete('form');
  assert.equal((await send(noToken)).status, 403);
  const widened = new URLSearchParams(fields);
  widened.set('redirect_uri', 'https://evil.test/');
  assert.deepEqual([(await send(widened)).status, (await send(widened)).headers.get('location')], [400, null]);
  assert.equal((await send(fields)).status, 303);
});

test('the code is shown to be typed where the app has no page', async () => {
  const answer = await answerConsent(browse, ask({ redirect_uri: outOfBand }));
  assert.equal(answer.headers.get('cache-control'), 'private, no-store');
  const code = await readShownCode(answer);
  const issued = await trade(code, { redirect_uri: outOfBand });
  assert.equal((await whoAmI(schemas.token.parse(await issued.json()).access_token)).status, 200);
});

test('a token comes for a good code only, and every failure has the words that apps know', async () => {
  const failure = async (answer: Response) => {
    const { error, error_description } = (await answer.json()) as { error: string; error_description: string };
    assert.equal(typeof error_description, 'string');
    assert.match(answer.headers.get('content-type')!, /^application\/json/);
    assert.equal(answer.headers.get('access-control-allow-origin'), '*');
    return `${answer.status} ${error}`;
  };
  const code = await getCode();
  assert.equal(await failure(await trade(code, { client_secret: 'wrong' })), '401 invalid_client');
  assert.equal(await failure(await trade(code, { client_id: 'nobody' })), '401 invalid_client');
  assert.equal(await failure(await post('/oauth/token', {})), '401 invalid_client');
  assert.equal(await failure(await trade(code, { client_secret: '' })), '401 invalid_client');
  const other = await register();
  assert.equal(await failure(await trade(code, { ...other })), '400 invalid_grant');
  assert.equal(await failure(await trade('wrong')), '400 invalid_grant');
  assert.equal(await failure(await trade(code, { redirect_uri: outOfBand })), '400 invalid_grant');
  assert.equal(
    await failure(await trade(code, { grant_type: 'password', username: 'alice', password: 'x' })),
    '400 unsupported_grant_type',
  );
  assert.equal(await failure(await trade(code, { grant_type: '' })), '400 invalid_request');
  assert.equal(await failure(await trade('')), '400 invalid_request');
  const good = await trade(code);
  assert.equal(good.headers.get('cache-control'), 'no-store');
  const { access_token } = schemas.token.parse(await good.json());
  assert.equal((await whoAmI(access_token)).status, 200);
  assert.equal(await failure(await trade(code)), '400 invalid_grant');
  assert.equal((await whoAmI(access_token)).status, 401, 'the code came twice, its token is gone');
});

test('an app may show its secret in the header, and may write JSON', async () => {
  const basic = `Basic ${Buffer.from(`${app.client_id}:${app.client_secret}`).toString('base64')}`;
  const { client_id, client_secret } = app;
  const inHeader = await post(
    '/oauth/token',
    { grant_type: 'authorization_code', code: await getCode(), redirect_uri: callback },
    { authorization: basic },
  );
  assert.equal(inHeader.status, 200);
  const asJson = await served.ask('/oauth/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'authorization_code',
      code: await getCode(),
      redirect_uri: callback,
      client_id,
      client_secret,
    }),
  });
  assert.equal(asJson.status, 200);
});

test('an app that speaks for nobody reads who it is and nothing of a person', async () => {
  const answer = await post('/oauth/token', { grant_type: 'client_credentials', ...app });
  const { access_token, scope: granted } = schemas.token.parse(await answer.json());
  assert.equal(granted, 'read');
  const bearer = { authorization: `Bearer ${access_token}` };
  const verified = await served.ask('/api/v1/apps/verify_credentials', { headers: bearer });
  assert.equal(schemas.application.parse(await verified.json()).name, 'Trier');
  assert.equal((await whoAmI(access_token)).status, 422);
  assert.equal((await served.ask('/api/v1/timelines/home', { headers: bearer })).status, 422);
});

test('a token is revoked by its app, and only by it', async () => {
  const token = await getToken();
  const other = await register();
  assert.equal((await post('/oauth/revoke', { token, ...other })).status, 403);
  assert.equal((await whoAmI(token)).status, 200);
  assert.equal((await post('/oauth/revoke', { token, ...app })).status, 200);
  assert.equal((await whoAmI(token)).status, 401);
  assert.equal((await post('/oauth/revoke', { token, ...app })).status, 200);
});

test('userinfo needs the scope for it', async () => {
  assert.equal(
    (await served.ask('/oauth/userinfo', { headers: { authorization: `Bearer ${await getToken()}` } })).status,
    403,
  );
  app = await register({ scopes: 'profile' });
  const answer = await answerConsent(browse, ask({ scope: 'profile' }));
  const code = new URL(answer.headers.get('location')!).searchParams.get('code')!;
  const { access_token } = schemas.token.parse(await (await trade(code)).json());
  const info = await served.ask('/oauth/userinfo', { headers: { authorization: `Bearer ${access_token}` } });
  const claims = (await info.json()) as Record<string, string>;
  assert.deepEqual(
    [claims.sub, claims.preferred_username, claims.iss],
    [alice.account.uri, 'alice', `${served.origin}/`],
  );
  app = await register();
});

test('registrations that are too much are refused with a sentence, in JSON', async () => {
  const wrong: Record<string, string>[] = [
    { client_name: '' },
    { client_name: 'n'.repeat(10_000) },
    { website: `https://x.test/${'w'.repeat(3_000)}` },
    { website: 'javascript:alert(1)' },
    { redirect_uris: 'javascript:alert(1)' },
    { redirect_uris: '' },
    { scopes: 'read admin:write' },
    { scopes: 'read '.repeat(10_000) },
  ];
  for (const changes of wrong) {
    const answer = await post('/api/v1/apps', {
      client_name: 'x',
      redirect_uris: callback,
      scopes: 'read',
      ...changes,
    });
    assert.equal(answer.status, 422, JSON.stringify(changes).slice(0, 60));
    schemas.apiError.parse(await answer.json());
  }
  const huge = await post('/api/v1/apps', { client_name: 'x'.repeat(10_000_000) });
  assert.equal(huge.status, 413);
});
