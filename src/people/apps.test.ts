import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Clock, systemClock } from '../base/clock.ts';
import { testDesk } from '../delivery/testing/desk.ts';
import type { Person } from '../model/account.ts';
import type { OpenPlace } from '../outgoing/open-place.ts';
import { openPlace } from '../place/open.ts';
import type { Remote } from '../remote/remote.ts';
import type { App } from '../store/place/apps.ts';
import {
  appLimits,
  authenticateApp,
  checkAuthorization,
  codeLifeMs,
  exchangeCode,
  findBearer,
  issueAppToken,
  issueCode,
  issuePersonToken,
  outOfBand,
  registerApp,
  revokeToken,
} from './apps.ts';
import type { Scope } from './scopes.ts';
import { addPerson } from './set-up.ts';

let nowMs = Date.UTC(2026, 10, 3);
const clock: Clock = { ...systemClock, now: () => nowMs };
const folder = mkdtempSync(join(tmpdir(), 'canari-apps-'));
let place: OpenPlace;
let person: Person;

before(async () => {
  place = await openPlace(
    folder,
    { clock, connectRemote: () => ({}) as Remote, wake: () => {}, heardFrom: () => {}, deskOf: testDesk },
    { domain: 'alice.test', origin: 'https://alice.test', federates: true },
  );
  const added = await addPerson(place, { handle: 'alice', passphrase: 'correct horse battery', language: 'en' });
  assert.ok(added.ok);
  person = added.value.person;
});
after(async () => {
  await place.store.close();
  rmSync(folder, { recursive: true });
});

const callback = 'https://app.test/back';
const draft = { name: 'An app', website: null, redirectUris: [callback, outOfBand], scopes: 'read write' };

async function register(changes: Partial<typeof draft> = {}) {
  const registered = await registerApp(place, { ...draft, ...changes });
  assert.ok(registered.ok);
  return registered.value;
}

const grant = (app: App, codeChallenge: string | null = null, scopes: Scope[] = ['read']) =>
  issueCode(place, { app, personId: person.account.id, redirectUri: callback, scopes, codeChallenge });

const exchange = (
  app: App,
  code: string,
  more: { proven?: boolean; redirectUri?: string; codeVerifier?: string } = {},
) => exchangeCode(place, { app, proven: true, code, redirectUri: callback, codeVerifier: null, ...more });

test('registration keeps its bounds at limit - 1, limit and limit + 1', async () => {
  const codeOf = async (changes: Partial<Parameters<typeof registerApp>[1]>) => {
    const registered = await registerApp(place, { ...draft, ...changes });
    return registered.ok ? 'taken' : registered.error.code;
  };
  const named = (length: number) => codeOf({ name: 'n'.repeat(length) });
  assert.deepEqual(await Promise.all([99, 100, 101, 0].map(named)), [
    'taken',
    'taken',
    'CANARI_APP_NAME',
    'CANARI_APP_NAME',
  ]);
  const site = (length: number) => codeOf({ website: `https://app.test/${'w'.repeat(length - 17)}` });
  assert.deepEqual(await Promise.all([2_047, 2_048, 2_049].map(site)), ['taken', 'taken', 'CANARI_APP_WEBSITE']);
  const many = (count: number) => codeOf({ redirectUris: Array.from({ length: count }, (_, n) => `${callback}/${n}`) });
  const most = appLimits.redirectUris;
  assert.deepEqual(await Promise.all([most - 1, most, most + 1, 0].map(many)), [
    'taken',
    'taken',
    'CANARI_APP_REDIRECT',
    'CANARI_APP_REDIRECT',
  ]);
  for (const uri of [
    'javascript:alert(1)',
    'data:text/html,x',
    '/back',
    'https://app.test/#x',
    'https://a:b@app.test/',
    'no scheme',
  ]) {
    assert.equal(await codeOf({ redirectUris: [uri] }), 'CANARI_APP_REDIRECT', uri);
  }
  for (const uri of ['oauth2redirect://com.keylesspalace.tusky/', 'icecubesapp:', 'http://localhost:3000/cb?x=1']) {
    assert.equal(await codeOf({ redirectUris: [uri] }), 'taken', uri);
  }
  assert.equal(await codeOf({ website: 'javascript:alert(1)' }), 'CANARI_APP_WEBSITE');
  assert.equal(await codeOf({ scopes: 'read admin:write' }), 'CANARI_APP_SCOPES');
});

test('neither secret nor code nor token can be read in the file', async () => {
  const { app, clientSecret } = await register();
  const code = await grant(app);
  const issued = await exchange(app, code);
  assert.ok(issued.ok);
  const stored = JSON.stringify([
    await place.store.apps.findByClientId(app.clientId),
    await place.store.apps.findCode(createHash('sha256').update(code).digest('base64url')),
    await place.store.apps.findToken(createHash('sha256').update(issued.value.token).digest('base64url')),
  ]);
  for (const secret of [clientSecret, code, issued.value.token]) assert.ok(!stored.includes(secret));
});

test('an authorization is checked: app, exact address, scopes, challenge', async () => {
  const { app } = await register();
  const good = {
    clientId: app.clientId,
    redirectUri: callback,
    responseType: 'code',
    scope: 'read write:statuses',
    codeChallenge: null,
    codeChallengeMethod: null,
  };
  const outcome = async (changes: Partial<Parameters<typeof checkAuthorization>[1]>) => {
    const checked = await checkAuthorization(place, { ...good, ...changes });
    return checked.ok ? checked.value.scopes.join(' ') : `${checked.error.error} ${checked.error.mayRedirect}`;
  };
  assert.equal(await outcome({}), 'read write:statuses');
  assert.equal(await outcome({ scope: '' }), 'read');
  assert.equal(await outcome({ clientId: 'nobody' }), 'invalid_client false');
  // THREATS 57: not a prefix, not another case, not another query.
  for (const redirectUri of [`${callback}/`, `${callback}?x`, 'https://app.test/', callback.toUpperCase(), '']) {
    assert.equal(await outcome({ redirectUri }), 'invalid_request false', redirectUri);
  }
  assert.equal(await outcome({ responseType: 'token' }), 'unsupported_response_type true');
  assert.equal(await outcome({ scope: 'read push' }), 'invalid_scope true');
  assert.equal(await outcome({ scope: 'everything' }), 'invalid_scope true');
  const challenge = createHash('sha256').update('v').digest('base64url');
  assert.equal(await outcome({ codeChallenge: challenge, codeChallengeMethod: 'S256' }), 'read write:statuses');
  assert.equal(await outcome({ codeChallenge: challenge, codeChallengeMethod: 'plain' }), 'invalid_request true');
  assert.equal(await outcome({ codeChallenge: challenge }), 'invalid_request true');
  assert.equal(await outcome({ codeChallenge: 'short', codeChallengeMethod: 'S256' }), 'invalid_request true');
});

test('a code works once; the second time takes its token back', async () => {
  const { app } = await register();
  const code = await grant(app);
  const first = await exchange(app, code);
  assert.ok(first.ok);
  assert.equal((await findBearer(place, first.value.token))?.personId, person.account.id);
  const second = await exchange(app, code);
  assert.equal(!second.ok && second.error.error, 'invalid_grant');
  assert.equal(await findBearer(place, first.value.token), undefined);
});

test('four exchanges of one code at once give at most one token, which does not live', async () => {
  const { app } = await register();
  const code = await grant(app);
  const all = await Promise.all([1, 2, 3, 4].map(() => exchange(app, code)));
  const issued = all.filter((one) => one.ok);
  assert.equal(issued.length, 1);
  assert.equal(await findBearer(place, issued[0]!.value.token), undefined);
});

test('a code is bound to its app, its address and ten minutes', async () => {
  const { app } = await register();
  const other = (await register()).app;
  const code = await grant(app);
  for (const wrong of [await exchange(other, code), await exchange(app, code, { redirectUri: `${callback}/` })]) {
    assert.equal(!wrong.ok && wrong.error.error, 'invalid_grant');
  }
  nowMs += codeLifeMs - 1;
  assert.ok((await exchange(app, code)).ok);
  const late = await grant(app);
  nowMs += codeLifeMs;
  const expired = await exchange(app, late);
  assert.equal(!expired.ok && expired.error.description, 'This code has expired.');
});

test('PKCE is verified, cannot be left out and cannot be added later', async () => {
  const { app } = await register();
  const codeVerifier = 'a'.repeat(43);
  const challenge = createHash('sha256').update(codeVerifier).digest('base64url');
  const refused = async (codeChallenge: string | null, more: Parameters<typeof exchange>[2]) => {
    const issued = await exchange(app, await grant(app, codeChallenge), more);
    return issued.ok ? 'given' : issued.error.error;
  };
  assert.equal(await refused(challenge, { codeVerifier }), 'given');
  assert.equal(await refused(challenge, { codeVerifier, proven: false }), 'given');
  assert.equal(await refused(challenge, { codeVerifier: 'b'.repeat(43) }), 'invalid_grant');
  assert.equal(await refused(challenge, {}), 'invalid_grant');
  assert.equal(await refused(challenge, { codeVerifier: challenge }), 'invalid_grant');
  assert.equal(await refused(null, { codeVerifier }), 'invalid_grant');
  assert.equal(await refused(null, { proven: false }), 'invalid_client');
});

test('an app proves itself with its secret, and alone may speak for nobody', async () => {
  const { app, clientSecret } = await register();
  assert.deepEqual(await authenticateApp(place, app.clientId, clientSecret), {
    ok: true,
    value: { app, proven: true },
  });
  for (const secret of ['wrong', '', `${clientSecret}x`]) {
    const known = await authenticateApp(place, app.clientId, secret);
    assert.equal(!known.ok && known.error.status, 401);
  }
  assert.equal((await issueAppToken(place, { app, proven: false, scope: 'read' })).ok, false);
  const issued = await issueAppToken(place, { app, proven: true, scope: '' });
  assert.ok(issued.ok);
  const bearer = await findBearer(place, issued.value.token);
  assert.deepEqual([bearer?.personId, bearer?.scopes], [null, ['read']]);
  const greedy = await issueAppToken(place, { app, proven: true, scope: 'follow' });
  assert.equal(!greedy.ok && greedy.error.error, 'invalid_scope');
});

test('a token is taken back by its own app only, and again without harm', async () => {
  const { app } = await register();
  const other = (await register()).app;
  const issued = await exchange(app, await grant(app));
  assert.ok(issued.ok);
  const { token } = issued.value;
  const foreign = await revokeToken(place, other, token);
  assert.equal(!foreign.ok && foreign.error.status, 403);
  assert.ok(await findBearer(place, token));
  assert.ok((await revokeToken(place, app, token)).ok);
  assert.equal(await findBearer(place, token), undefined);
  assert.ok((await revokeToken(place, app, token)).ok);
});

test('a token of the operator needs no app, and a new passphrase locks all of them out', async () => {
  const issued = await issuePersonToken(place, person.account.id, ['read', 'write']);
  const bearer = await findBearer(place, issued.token);
  assert.deepEqual([bearer?.appId, bearer?.personId], [null, person.account.id]);
  for (const wrong of ['', 'short', `${issued.token}x`, issued.token.toLowerCase()]) {
    assert.equal(await findBearer(place, wrong), undefined);
  }
  await place.store.apps.revokeAllOf(person.account.id);
  assert.equal(await findBearer(place, issued.token), undefined);
});

test('registrations that nobody uses are bounded; used ones stay', async () => {
  const { app: used } = await register();
  await grant(used);
  for (let n = await place.store.apps.countUnused(); n < 1_000; n++) await register();
  const flood = await registerApp(place, draft);
  assert.equal(!flood.ok && flood.error.status, 429);
  nowMs += 3 * codeLifeMs + 1;
  assert.ok((await registerApp(place, draft)).ok);
  assert.equal(await place.store.apps.countUnused(), 1);
  assert.ok(await place.store.apps.find(used.id));
});
