import { appLimits, registerApp } from '../../people/apps.ts';
import type { Route, RouteContext } from '../route.ts';
import { getFound, getValue, invalid, json, openRoute } from './answers.ts';
import { renderApplication, renderCredentialApplication } from './entities/application.ts';
import { type Params, readParams } from './params.ts';

/** Several addresses come as a list, or as one text with a line each. */
function readRedirectUris(params: Params): string[] {
  const given = params.texts('redirect_uris') ?? params.texts('redirect_uri') ?? [];
  if (given.length > appLimits.redirectUris)
    throw invalid(`At most ${appLimits.redirectUris} redirect_uris are taken.`);
  return given
    .flatMap((text) => text.split(/\r?\n/))
    .map((uri) => uri.trim())
    .filter((uri) => uri !== '');
}

/** Scopes come as one text; some apps send a list. */
const readScopeText = (params: Params) => (params.texts('scopes') ?? params.texts('scope') ?? []).join(' ');

/** POST /api/v1/apps: an app makes itself known. */
async function register(context: RouteContext): Promise<Response> {
  const params = await readParams(context);
  const { app, clientSecret } = getValue(
    await registerApp(context.place, {
      name: params.text('client_name') ?? '',
      website: params.text('website') ?? null,
      redirectUris: readRedirectUris(params),
      scopes: readScopeText(params),
    }),
  );
  return json(renderCredentialApplication(app, clientSecret));
}

/** GET /api/v1/apps/verify_credentials: which app is behind this token. */
async function verify(context: RouteContext): Promise<Response> {
  const appId = context.app?.appId;
  return json(renderApplication(getFound(appId ? await context.place.store.apps.find(appId) : undefined)));
}

export const appsRoutes: readonly Route[] = [
  openRoute('POST', '/api/v1/apps', { scopes: [], shows: 'nothing' }, register),
  {
    method: 'GET',
    path: '/api/v1/apps/verify_credentials',
    who: 'app',
    withoutPerson: true,
    shows: 'own things',
    answers: 'json',
    cors: true,
    handler: verify,
  },
];
