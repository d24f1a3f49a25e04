import { CanariError } from '../../base/errors.ts';
import { type AuthorizationRequest, checkAuthorization, issueCode, outOfBand } from '../../people/apps.ts';
import { renderConsent, renderOobCode } from '../pages/consent.ts';
import { getPerson, type Route, type RouteContext } from '../route.ts';
import { Params } from './params.ts';

/** `state` comes back to the app as it was; longer than this is no state but a load. */
const longestState = 4_096;

const names = [
  'response_type',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'code_challenge',
  'code_challenge_method',
] as const;

/** What an app asks, from the query (GET) or from the hidden fields of our own consent page (POST). A field that comes twice is read once: the first. */
function readRequest(fields: URLSearchParams): AuthorizationRequest & { state: string | null } {
  const state = fields.get('state');
  if (state !== null && state.length > longestState) {
    throw new CanariError('CANARI_APP_STATE', 'The app sent a state that is too long.', {
      doing: 'theirs',
      status: 400,
    });
  }
  return {
    clientId: fields.get('client_id') ?? '',
    redirectUri: fields.get('redirect_uri') ?? '',
    responseType: fields.get('response_type') ?? '',
    scope: fields.get('scope') ?? '',
    codeChallenge: fields.get('code_challenge') || null,
    codeChallengeMethod: fields.get('code_challenge_method') || null,
    state,
  };
}

/**
 * Back to the app. Its address may be one of an app's own scheme, which `URL` would rewrite, so the answer is added to the text:
 * it was compared with the registered one letter by letter.
 */
function goBack(redirectUri: string, answer: Record<string, string>, state: string | null): Response {
  const query = new URLSearchParams(answer);
  if (state !== null) query.set('state', state);
  const location = `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${query}`;
  return new Response(null, { status: 303, headers: { Location: location, 'Cache-Control': 'no-store' } });
}

/** The checked request, or the answer to a wrong one: to the app when its address is right, else to the person. */
async function check(context: RouteContext, fields: URLSearchParams) {
  const request = readRequest(fields);
  const checked = await checkAuthorization(context.place, request);
  if (checked.ok) return { request, ...checked.value };
  const { error, description, mayRedirect } = checked.error;
  if (mayRedirect && request.redirectUri !== outOfBand) {
    return goBack(request.redirectUri, { error, error_description: description }, request.state);
  }
  throw new CanariError('CANARI_APP_REQUEST', description, {
    doing: 'theirs',
    status: 400,
    hint: 'Go back to the app and sign in again; if it stays so, the app is at fault.',
    values: { error },
  });
}

/** `force_login`: the app wants the person to choose whom they are, though the browser is signed in. The session stays until they have. */
function signInAgain({ url }: RouteContext): Response {
  const back = new URL(url);
  back.searchParams.delete('force_login');
  const query = new URLSearchParams({ return_to: back.pathname + back.search, again: 'yes' });
  return new Response(null, { status: 303, headers: { Location: `/sign-in?${query}`, 'Cache-Control': 'no-store' } });
}

/** GET /oauth/authorize: asks the person, who has signed in, whether the app may. */
async function ask(context: RouteContext): Promise<Response> {
  getPerson(context);
  if (new Params({ force_login: context.url.searchParams.get('force_login') }).flag('force_login'))
    return signInAgain(context);
  const checked = await check(context, context.url.searchParams);
  if (checked instanceof Response) return checked;
  const { app, scopes, request } = checked;
  const hiddenFields = names.flatMap((name): [string, string][] => {
    const value = context.url.searchParams.get(name);
    return value === null ? [] : [[name, value]];
  });
  return renderConsent(context, {
    appName: app.name,
    website: app.website,
    scopes,
    redirectUri: request.redirectUri,
    hiddenFields,
  });
}

/** POST /oauth/authorize: the person's answer. Only a form of ours gets here; what it carries is checked again. */
async function decide(context: RouteContext): Promise<Response> {
  const person = getPerson(context);
  const fields = await context.readForm();
  const checked = await check(context, fields);
  if (checked instanceof Response) return checked;
  const { app, scopes, request } = checked;
  if (fields.get('decision') !== 'allow') {
    if (request.redirectUri === outOfBand) {
      return new Response(null, { status: 303, headers: { Location: '/home', 'Cache-Control': 'no-store' } });
    }
    const refusal = { error: 'access_denied', error_description: 'The person said no.' };
    return goBack(request.redirectUri, refusal, request.state);
  }
  const code = await issueCode(context.place, {
    app,
    personId: person.account.id,
    redirectUri: request.redirectUri,
    scopes,
    codeChallenge: request.codeChallenge,
  });
  if (request.redirectUri === outOfBand) return renderOobCode(context, code, app.name);
  return goBack(request.redirectUri, { code }, request.state);
}

export const authorizeRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/oauth/authorize',
    who: 'signed-in',
    shows: 'nothing written',
    answers: 'page',
    handler: ask,
  },
  {
    method: 'POST',
    path: '/oauth/authorize',
    who: 'signed-in',
    shows: 'nothing written',
    answers: 'page',
    handler: decide,
  },
];
