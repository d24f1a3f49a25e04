import type { Result } from '../../base/result.ts';
import {
  authenticateApp,
  exchangeCode,
  type IssuedToken,
  issueAppToken,
  type OAuthFailure,
  revokeToken,
} from '../../people/apps.ts';
import { allScopes } from '../../people/scopes.ts';
import type { App } from '../../store/place/apps.ts';
import { getPerson, type Route, type RouteContext } from '../route.ts';
import { appRoute, json, openRoute } from './answers.ts';
import { renderAccount } from './entities/account.ts';
import { renderToken } from './entities/application.ts';
import { type Params, readParams } from './params.ts';

/** RFC 6749 5.1 and 5.2: no cache keeps a token, and a client that is not known is told how to say who it is. */
function answerFailure(failure: OAuthFailure): Response {
  const headers: Record<string, string> = { 'Cache-Control': 'no-store', Pragma: 'no-cache' };
  if (failure.status === 401) headers['WWW-Authenticate'] = 'Basic realm="Canari"';
  return json({ error: failure.error, error_description: failure.description }, { status: failure.status, headers });
}

/** `client_id` and `client_secret`, from the Authorization header (client_secret_basic) or the body (client_secret_post). */
function readClient(context: RouteContext, params: Params): { id: string; secret: string | null } | undefined {
  const basic = /^Basic +([A-Za-z0-9+/=_-]+)$/i.exec(context.request.headers.get('authorization') ?? '')?.[1];
  if (basic) {
    const text = Buffer.from(basic, 'base64').toString();
    const colon = text.indexOf(':');
    if (colon < 0) return undefined;
    return { id: decodeFormText(text.slice(0, colon)), secret: decodeFormText(text.slice(colon + 1)) };
  }
  const id = params.text('client_id');
  return id ? { id, secret: params.text('client_secret') || null } : undefined;
}

/** RFC 6749 2.3.1: both halves are form-encoded. Ours need no escaping, so a broken one is just wrong. */
function decodeFormText(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

async function findClient(
  context: RouteContext,
  params: Params,
): Promise<Result<{ app: App; proven: boolean }, OAuthFailure>> {
  const client = readClient(context, params);
  return authenticateApp(context.place, client?.id ?? '', client?.secret ?? null);
}

/** POST /oauth/token. There is no password grant: an app never sees the passphrase. */
async function token(context: RouteContext): Promise<Response> {
  const params = await readParams(context);
  const client = await findClient(context, params);
  if (!client.ok) return answerFailure(client.error);
  const issued = await grant(context, params, client.value);
  if (!issued.ok) return answerFailure(issued.error);
  return json(renderToken(issued.value), { headers: { 'Cache-Control': 'no-store', Pragma: 'no-cache' } });
}

async function grant(
  context: RouteContext,
  params: Params,
  client: { app: App; proven: boolean },
): Promise<Result<IssuedToken, OAuthFailure>> {
  const fail = (error: OAuthFailure['error'], description: string) =>
    ({ ok: false, error: { error, description, status: 400 } }) as const;
  const grantType = params.text('grant_type');
  if (grantType === 'client_credentials') {
    return issueAppToken(context.place, { ...client, scope: params.text('scope') ?? '' });
  }
  if (grantType === 'authorization_code') {
    const code = params.text('code');
    const redirectUri = params.text('redirect_uri');
    if (!code || !redirectUri) return fail('invalid_request', 'code and redirect_uri are needed.');
    const codeVerifier = params.text('code_verifier') || null;
    return exchangeCode(context.place, { ...client, code, redirectUri, codeVerifier });
  }
  if (!grantType) return fail('invalid_request', 'grant_type is missing.');
  return fail('unsupported_grant_type', 'grant_type must be authorization_code or client_credentials.');
}

/** POST /oauth/revoke (RFC 7009): answers alike whether the token was there or not. */
async function revoke(context: RouteContext): Promise<Response> {
  const params = await readParams(context);
  const client = await findClient(context, params);
  if (!client.ok) return answerFailure(client.error);
  const revoked = await revokeToken(context.place, client.value.app, params.text('token') ?? '');
  return revoked.ok ? json({}) : answerFailure(revoked.error);
}

/** RFC 8414: what an app may find out before it asks. */
function renderMetadata({ place }: RouteContext): Response {
  const { origin } = place.identity;
  return json(
    {
      issuer: `${origin}/`,
      authorization_endpoint: `${origin}/oauth/authorize`,
      token_endpoint: `${origin}/oauth/token`,
      revocation_endpoint: `${origin}/oauth/revoke`,
      userinfo_endpoint: `${origin}/oauth/userinfo`,
      app_registration_endpoint: `${origin}/api/v1/apps`,
      scopes_supported: allScopes,
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: ['authorization_code', 'client_credentials'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
      code_challenge_methods_supported: ['S256'],
    },
    { headers: { 'Cache-Control': 'public, max-age=3600' } },
  );
}

/** GET and POST /oauth/userinfo: the claims of OpenID Connect about the person, for apps that were given `profile`. */
function userInfo(context: RouteContext): Response {
  const { account } = getPerson(context);
  const { origin } = context.place.identity;
  const rendered = renderAccount(account, { place: context.place, viewerId: account.id });
  return json({
    iss: `${origin}/`,
    sub: account.uri,
    name: account.displayName || account.handle,
    preferred_username: account.handle,
    profile: rendered.url,
    picture: rendered.avatar,
  });
}

export const oauthRoutes: readonly Route[] = [
  openRoute('POST', '/oauth/token', { scopes: [], shows: 'nothing' }, token),
  openRoute('POST', '/oauth/revoke', { scopes: [], shows: 'nothing' }, revoke),
  openRoute('GET', '/.well-known/oauth-authorization-server', { scopes: [], shows: 'nothing written' }, renderMetadata),
  appRoute('GET', '/oauth/userinfo', { scopes: ['profile'], shows: 'own things' }, userInfo),
  appRoute('POST', '/oauth/userinfo', { scopes: ['profile'], shows: 'own things' }, userInfo),
];
