import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { CanariError } from '../base/errors.ts';
import { failed, ok, type Result } from '../base/result.ts';
import { type AccountId, type AppId, asId } from '../model/ids.ts';
import type { OpenPlace } from '../outgoing/open-place.ts';
import type { App, AppToken } from '../store/place/apps.ts';
import { allCovered, defaultScopes, readScopes, type Scope, storedScopes } from './scopes.ts';

/** The address that means: show the code to the person, who types it into the app (a command line has no page to come back to). */
export const outOfBand = 'urn:ietf:wg:oauth:2.0:oob';

/** RFC 6749 4.1.2 recommends ten minutes at most. */
export const codeLifeMs = 10 * 60_000;

/** Bounds of a registration. Hollo caps the website at 2,048 after somebody sent 10 MB (THREATS 57). */
export const appLimits = { nameChars: 100, websiteChars: 2_048, redirectUriChars: 2_048, redirectUris: 20 } as const;

/** Registrations that nobody has used yet; beyond, the oldest go, and a flood is refused. */
const unusedApps = { atMost: 1_000, keptMs: 24 * 3_600_000, keptInFloodMs: 3 * codeLifeMs } as const;

/** How exact "last used" is: a write per call would cost a disk flush each. */
const lastUsedExactToMs = 3_600_000;

/** Schemes that run or read something in the browser that is sent there, instead of waking an app. */
const forbiddenSchemes = new Set(['javascript:', 'data:', 'vbscript:', 'file:', 'blob:', 'about:', 'view-source:']);

/** RFC 6749 5.2 and 4.1.2.1. */
export interface OAuthFailure {
  readonly error:
    | 'invalid_request'
    | 'invalid_client'
    | 'invalid_grant'
    | 'invalid_scope'
    | 'unauthorized_client'
    | 'unsupported_grant_type'
    | 'unsupported_response_type';
  readonly description: string;
  readonly status: 400 | 401 | 403;
}

/** Who speaks with a token, as a route wants to know it. */
export interface TokenBearer {
  readonly appId: AppId | null;
  readonly tokenHash: string;
  readonly personId: AccountId | null;
  readonly scopes: readonly Scope[];
}

/** A token as the app gets it, this once. */
export interface IssuedToken {
  readonly token: string;
  readonly scopes: readonly Scope[];
  readonly createdAtMs: number;
}

/** 256 bits that nobody guesses, in letters that need no escaping. */
const makeSecret = () => randomBytes(32).toString('base64url');

/** Secrets of 256 random bits need no slow hash: there is nothing to guess. */
const hashOf = (secret: string) => createHash('sha256').update(secret).digest('base64url');

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** A registration as the app writes it. */
export interface AppDraft {
  readonly name: string;
  readonly website: string | null;
  readonly redirectUris: readonly string[];
  /** Words between spaces; empty means `read`. */
  readonly scopes: string;
}

/**
 * Registers an app. Anyone may: it can do nothing until a person lets it in.
 * @returns the app and its secret, which is not stored and cannot be shown again.
 */
export async function registerApp(
  place: OpenPlace,
  draft: AppDraft,
): Promise<Result<{ app: App; clientSecret: string }, CanariError>> {
  const problem = findProblem(draft);
  if (problem) return failed(problem);
  const scopes = readScopes(draft.scopes);
  if (!scopes.ok) {
    return failed(
      new CanariError('CANARI_APP_SCOPES', `There is no scope "${scopes.error}" here.`, {
        hint: 'GET /.well-known/oauth-authorization-server lists the scopes.',
        values: { scope: scopes.error },
      }),
    );
  }
  const nowMs = place.clock.now();
  if ((await place.store.apps.countUnused()) >= unusedApps.atMost) {
    await place.store.apps.pruneUnused(nowMs - unusedApps.keptMs);
    if ((await place.store.apps.countUnused()) >= unusedApps.atMost) {
      await place.store.apps.pruneUnused(nowMs - unusedApps.keptInFloodMs);
    }
    if ((await place.store.apps.countUnused()) >= unusedApps.atMost) {
      return failed(
        new CanariError('CANARI_APPS_TOO_MANY', 'Too many apps have registered here in the last minutes.', {
          doing: 'theirs',
          status: 429,
          hint: 'Try again in half an hour.',
        }),
      );
    }
  }
  const clientSecret = makeSecret();
  const app: App = {
    id: asId<AppId>(place.ids.next()),
    clientId: makeSecret(),
    clientSecretHash: hashOf(clientSecret),
    name: draft.name.trim(),
    website: draft.website?.trim() || null,
    redirectUris: [...new Set(draft.redirectUris)],
    scopes: (scopes.value.length > 0 ? scopes.value : defaultScopes).join(' '),
    createdAtMs: nowMs,
  };
  await place.store.apps.add(app);
  return ok({ app, clientSecret });
}

function findProblem(draft: AppDraft): CanariError | undefined {
  const name = draft.name.trim();
  if (name === '' || [...name].length > appLimits.nameChars) {
    return new CanariError('CANARI_APP_NAME', `client_name must have 1 to ${appLimits.nameChars} characters.`, {
      values: { limit: appLimits.nameChars },
    });
  }
  const website = draft.website?.trim() ?? '';
  if (website !== '' && (website.length > appLimits.websiteChars || !isWebUrl(website))) {
    return new CanariError(
      'CANARI_APP_WEBSITE',
      `website must be an http or https address of at most ${appLimits.websiteChars} characters.`,
      { values: { limit: appLimits.websiteChars } },
    );
  }
  if (draft.redirectUris.length === 0 || draft.redirectUris.length > appLimits.redirectUris) {
    return new CanariError('CANARI_APP_REDIRECT', `redirect_uris must have 1 to ${appLimits.redirectUris} addresses.`, {
      hint: `A program without a page of its own uses ${outOfBand}.`,
      values: { limit: appLimits.redirectUris },
    });
  }
  const bad = draft.redirectUris.find((uri) => !isRedirectUri(uri));
  if (bad !== undefined) {
    return new CanariError('CANARI_APP_REDIRECT', 'redirect_uris must be absolute addresses without a fragment.', {
      values: { redirectUri: bad.slice(0, 200) },
    });
  }
  return undefined;
}

const isWebUrl = (text: string) => ['http:', 'https:'].includes(URL.parse(text)?.protocol ?? '');

/** RFC 6749 3.1.2: absolute and without fragment; RFC 8252 allows an app's own scheme. */
function isRedirectUri(uri: string): boolean {
  if (uri === outOfBand) return true;
  if (uri.length > appLimits.redirectUriChars || /[\s#\\]/.test(uri)) return false;
  const url = URL.parse(uri);
  if (!url || forbiddenSchemes.has(url.protocol)) return false;
  const isWeb = url.protocol === 'http:' || url.protocol === 'https:';
  return !isWeb || (url.username === '' && url.password === '' && url.hostname !== '');
}

/** What an app asks the person for. */
export interface AuthorizationRequest {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly responseType: string;
  /** Words between spaces; empty means `read`. */
  readonly scope: string;
  readonly codeChallenge: string | null;
  readonly codeChallengeMethod: string | null;
}

/** A failure of an authorization request: only one whose address was right may be sent back to the app (THREATS 57: no open redirect). */
export interface AuthorizationFailure extends OAuthFailure {
  readonly mayRedirect: boolean;
}

/** Checks what an app asks for, before a person is asked and again when they have answered. */
export async function checkAuthorization(
  place: OpenPlace,
  request: AuthorizationRequest,
): Promise<Result<{ app: App; scopes: Scope[] }, AuthorizationFailure>> {
  const fail = (error: OAuthFailure['error'], description: string, mayRedirect: boolean) =>
    failed({ error, description, status: 400 as const, mayRedirect });
  const app = await place.store.apps.findByClientId(request.clientId);
  if (!app) return fail('invalid_client', 'This app is not registered here.', false);
  if (!app.redirectUris.includes(request.redirectUri)) {
    return fail('invalid_request', 'redirect_uri is not one that this app has registered.', false);
  }
  if (request.responseType !== 'code') {
    return fail('unsupported_response_type', 'response_type must be "code".', true);
  }
  const scopes = readScopes(request.scope);
  if (!scopes.ok) return fail('invalid_scope', `There is no scope "${scopes.error}" here.`, true);
  const asked = scopes.value.length > 0 ? scopes.value : [...defaultScopes];
  if (!allCovered(storedScopes(app.scopes), asked)) {
    return fail('invalid_scope', 'This app asks for more than it has registered for.', true);
  }
  if (request.codeChallenge !== null || request.codeChallengeMethod !== null) {
    if (request.codeChallengeMethod !== 'S256') {
      return fail('invalid_request', 'code_challenge_method must be "S256".', true);
    }
    if (!/^[A-Za-z0-9_-]{43}$/.test(request.codeChallenge ?? '')) {
      return fail('invalid_request', 'code_challenge must be a SHA-256 in base64url.', true);
    }
  }
  return ok({ app, scopes: asked });
}

/** The person said yes: makes the code that the app trades for a token. */
export async function issueCode(
  place: OpenPlace,
  grant: {
    app: App;
    personId: AccountId;
    redirectUri: string;
    scopes: readonly Scope[];
    codeChallenge: string | null;
  },
): Promise<string> {
  const code = makeSecret();
  const nowMs = place.clock.now();
  // Used codes are kept a day longer than they live: one that turns up again still takes its token back.
  await place.store.apps.pruneCodes(nowMs - 24 * 3_600_000);
  await place.store.apps.addCode({
    codeHash: hashOf(code),
    appId: grant.app.id,
    personId: grant.personId,
    redirectUri: grant.redirectUri,
    scopes: grant.scopes.join(' '),
    challenge: grant.codeChallenge,
    expiresAtMs: nowMs + codeLifeMs,
    usedAtMs: null,
  });
  return code;
}

const unknownClient: OAuthFailure = {
  error: 'invalid_client',
  description: 'The app is not registered here, or its secret is wrong.',
  status: 401,
};

/**
 * Finds the app that speaks at the token endpoint.
 * Without a secret it is known only by its name: enough for a code that PKCE protects, nothing else (`exchangeCode`).
 */
export async function authenticateApp(
  place: OpenPlace,
  clientId: string,
  clientSecret: string | null,
): Promise<Result<{ app: App; proven: boolean }, OAuthFailure>> {
  const app = await place.store.apps.findByClientId(clientId);
  if (!app) return failed(unknownClient);
  if (clientSecret === null) return ok({ app, proven: false });
  return isSame(app.clientSecretHash, hashOf(clientSecret)) ? ok({ app, proven: true }) : failed(unknownClient);
}

const invalidGrant = (description: string): OAuthFailure => ({ error: 'invalid_grant', description, status: 400 });

/**
 * Trades a code for a token: once, by the app it was made for, within `codeLifeMs`, for the same address, with the PKCE verifier when there was a
 * challenge and without one when there was none (RFC 9700 4.8.2, downgrade). A code that comes twice takes its token back.
 */
export function exchangeCode(
  place: OpenPlace,
  request: { app: App; proven: boolean; code: string; redirectUri: string; codeVerifier: string | null },
): Promise<Result<IssuedToken, OAuthFailure>> {
  const codeHash = hashOf(request.code);
  const nowMs = place.clock.now();
  return place.store.transaction(async (tx): Promise<Result<IssuedToken, OAuthFailure>> => {
    const code = await tx.apps.findCode(codeHash);
    if (!code || code.appId !== request.app.id) return failed(invalidGrant('This code is not valid for this app.'));
    if (!request.proven && code.challenge === null) return failed(unknownClient);
    if (code.usedAtMs !== null) {
      await tx.apps.removeTokensOfCode(codeHash);
      return failed(invalidGrant('This code was used before; what it gave is taken back.'));
    }
    if (code.expiresAtMs <= nowMs) return failed(invalidGrant('This code has expired.'));
    if (code.redirectUri !== request.redirectUri) {
      return failed(invalidGrant('redirect_uri is not the one that the code was made for.'));
    }
    if (!verifierFits(code.challenge, request.codeVerifier)) return failed(invalidGrant('code_verifier does not fit.'));
    await tx.apps.markCodeUsed(codeHash, nowMs);
    const issued = makeToken(storedScopes(code.scopes), nowMs);
    await tx.apps.addToken({
      ...issued.row,
      appId: request.app.id,
      personId: code.personId,
      codeHash,
    });
    return ok(issued.token);
  });
}

function verifierFits(challenge: string | null, verifier: string | null): boolean {
  if (challenge === null || verifier === null) return challenge === verifier;
  return /^[A-Za-z0-9._~-]{43,128}$/.test(verifier) && isSame(hashOf(verifier), challenge);
}

function makeToken(scopes: readonly Scope[], createdAtMs: number) {
  const token = makeSecret();
  return {
    token: { token, scopes, createdAtMs },
    row: { tokenHash: hashOf(token), scopes: scopes.join(' '), createdAtMs, lastUsedAtMs: null },
  };
}

/** A token with which an app speaks for nobody (client_credentials). Needs its secret. */
export async function issueAppToken(
  place: OpenPlace,
  request: { app: App; proven: boolean; scope: string },
): Promise<Result<IssuedToken, OAuthFailure>> {
  if (!request.proven) return failed(unknownClient);
  const asked = readScopes(request.scope);
  if (!asked.ok || !allCovered(storedScopes(request.app.scopes), asked.value)) {
    return failed({ error: 'invalid_scope', description: 'This app has not registered for that.', status: 400 });
  }
  const issued = makeToken(asked.value.length > 0 ? asked.value : defaultScopes, place.clock.now());
  await place.store.apps.addToken({ ...issued.row, appId: request.app.id, personId: null, codeHash: null });
  return ok(issued.token);
}

/** A token that the operator makes for a person, without any app (`canari token`). */
export async function issuePersonToken(
  place: OpenPlace,
  personId: AccountId,
  scopes: readonly Scope[],
): Promise<IssuedToken> {
  const issued = makeToken(scopes, place.clock.now());
  await place.store.apps.addToken({ ...issued.row, appId: null, personId, codeHash: null });
  return issued.token;
}

/** Who speaks with this token; undefined when it was never given or has been taken back. */
export async function findBearer(place: OpenPlace, token: string): Promise<TokenBearer | undefined> {
  if (!/^[A-Za-z0-9_-]{43}$/.test(token)) return undefined;
  const found = await place.store.apps.findToken(hashOf(token));
  if (!found) return undefined;
  await noteUse(place, found);
  return {
    appId: found.appId,
    tokenHash: found.tokenHash,
    personId: found.personId,
    scopes: storedScopes(found.scopes),
  };
}

async function noteUse(place: OpenPlace, token: AppToken) {
  const nowMs = place.clock.now();
  if (token.lastUsedAtMs === null || nowMs - token.lastUsedAtMs > lastUsedExactToMs) {
    await place.store.apps.markTokenUsed(token.tokenHash, nowMs);
  }
}

/**
 * Takes a token back (RFC 7009). One that does not exist is taken back already; another app's stays.
 * An app that shows no secret may still give up its own token: whoever holds a token can only lose it by this.
 */
export async function revokeToken(place: OpenPlace, app: App, token: string): Promise<Result<undefined, OAuthFailure>> {
  const found = await place.store.apps.findToken(hashOf(token));
  if (!found) return ok(undefined);
  if (found.appId !== app.id) {
    return failed({
      error: 'unauthorized_client',
      description: 'This app was not given this token, so it cannot take it back.',
      status: 403,
    });
  }
  await place.store.apps.removeToken(found.tokenHash);
  return ok(undefined);
}
