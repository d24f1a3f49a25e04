import { randomBytes } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import type { Clock } from '../base/clock.ts';
import { CanariError } from '../base/errors.ts';
import { logger } from '../base/log.ts';
import type { Network } from '../base/net/address.ts';
import type { Person } from '../model/account.ts';
import type { OpenPlace } from '../outgoing/open-place.ts';
import { findBearer } from '../people/apps.ts';
import { covers } from '../people/scopes.ts';
import { findSession } from '../people/sign-in.ts';
import { browserSession, findCookie, findSessionToken, languageCookieName, renderLanguageCookie } from './cookies.ts';
import { addFailureHeaders, answersAt, asCanariError, notFound, renderJsonFailure } from './errors.ts';
import type { OpenPerAddress } from './limits-per-address.ts';
import { renderErrorPage } from './pages/error.ts';
import { catalogue, type Language } from './pages/words/words.ts';
import {
  bodyLimit,
  canonicalAuthority,
  clientAddress,
  isTrusted,
  pickLanguage,
  plainAddress,
  prefersActivity,
  readBody,
  readForm,
  readRawHeaders,
} from './request.ts';
import { type AppCaller, type BrowserSession, getPerson, type Route, type RouteContext } from './route.ts';
import type { Router } from './router.ts';
import { checkFormOrigin, checkFormToken, securityHeaders } from './security.ts';

const log = logger('http');

/** Finds the place that a request is for. `host/` is one; a test may be another. */
export interface PlaceFinder {
  /** `hostname`: in lower case, without port. Undefined when no place here is called so. */
  findPlace(hostname: string): OpenPlace | undefined;
}

export interface AnswerOptions {
  readonly places: PlaceFinder;
  readonly router: Router;
  readonly clock: Clock;
  readonly trustedProxies: readonly Network[];
  /** For a browser that asks for none of ours. */
  readonly language: Language;
  /** Requests under way per client address. */
  readonly openRequests: OpenPerAddress;
}

/** What is known of a request before its route is. */
interface Arrived {
  readonly place: OpenPlace;
  readonly request: Request;
  readonly url: URL;
  readonly address: string;
  readonly isSecure: boolean;
  readonly rawHeaders: RouteContext['rawHeaders'];
}

/** One request to its answer. Never rejects; whatever comes in, a 5xx means that the shortage is ours. */
export async function answer(options: AnswerOptions, request: Request, env: HttpBindings): Promise<Response> {
  const startedAt = options.clock.monotonic();
  const socketAddress = plainAddress(env.incoming.socket.remoteAddress ?? '');
  const address = clientAddress(socketAddress, request.headers.get('x-forwarded-for') ?? '', options.trustedProxies);
  const giveBack = options.openRequests.take(address);
  if (!giveBack) return tooManyAtOnce();
  // The share is held until the answer has gone out, not only until it is made.
  env.outgoing.once('close', giveBack);
  const found = findPlace(options, request, env, socketAddress);
  if (found instanceof Response) return found;
  // Joined as text: `//evil.example/` resolved against the origin would be another host.
  const url = new URL(found.identity.origin + request.url.slice(new URL(request.url).origin.length));
  const arrived: Arrived = {
    place: found,
    request,
    url,
    address,
    isSecure: found.identity.origin.startsWith('https:'),
    rawHeaders: readRawHeaders(env.incoming),
  };
  const response = await answerFor(options, arrived);
  log.debug('{method} {path} {status} in {ms} ms', {
    method: request.method,
    path: url.pathname,
    status: response.status,
    ms: Math.round(options.clock.monotonic() - startedAt),
  });
  return response;
}

function tooManyAtOnce(): Response {
  return new Response('Too many requests at once from your address.\n', {
    status: 429,
    headers: { 'Retry-After': '5', 'Content-Type': 'text/plain; charset=utf-8' },
  });
}

/**
 * The place by the Host header, or by X-Forwarded-Host when a trusted proxy rewrote Host. Several Host lines, an absolute request line that says
 * something else, an unknown name or another port: 421, and nothing of any place (THREATS 65).
 */
function findPlace(
  { places, trustedProxies }: AnswerOptions,
  request: Request,
  env: HttpBindings,
  socketAddress: string,
): OpenPlace | Response {
  const names = readRawHeaders(env.incoming).flatMap(([name, value]) => (name.toLowerCase() === 'host' ? [value] : []));
  const isOneHost = names.length === 1;
  const line = env.incoming.url ?? '/';
  if (!line.startsWith('/')) names.push(URL.parse(line)?.host ?? '');
  const authorities = new Set(names.map(canonicalAuthority));
  if (isOneHost && authorities.size === 1) {
    const place = findByAuthority(places, [...authorities][0]);
    if (place) return place;
    const forwarded = request.headers.get('x-forwarded-host');
    if (forwarded !== null && isTrusted(socketAddress, trustedProxies)) {
      const behind = findByAuthority(places, canonicalAuthority(forwarded.trim()));
      if (behind) return behind;
    }
    const local = byNumber([...authorities][0]) ? places.findPlace('localhost') : undefined;
    if (local && line.startsWith('/') && (request.method === 'GET' || request.method === 'HEAD')) {
      return new Response(null, { status: 302, headers: { Location: `${local.identity.origin}${line}` } });
    }
  }
  return new Response('No place is kept here under the name that you asked for.\n', {
    status: 421,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' },
  });
}

/** This machine by its number: somebody who tries a place that has no domain yet may type that, and is led to its name. */
const byNumber = (authority: string | undefined) => /^(127\.0\.0\.1|\[::1\])(:\d+)?$/.test(authority ?? '');

function findByAuthority(places: PlaceFinder, authority: string | undefined): OpenPlace | undefined {
  if (authority === undefined) return undefined;
  const place = places.findPlace(authority.replace(/:\d+$/, ''));
  return place && canonicalAuthority(new URL(place.identity.origin).host) === authority ? place : undefined;
}

async function answerFor(options: AnswerOptions, arrived: Arrived): Promise<Response> {
  const { request, url, isSecure } = arrived;
  const wantsActivity = prefersActivity(request.headers.get('accept') ?? '');
  if (request.method === 'OPTIONS') return finish(preflight(options.router, url.pathname), { isSecure, kind: 'json' });
  const match = options.router.match(request.method, url.pathname, wantsActivity);
  const kind = match.kind === 'nothing' ? answersAt(url.pathname) : match.route.answers;
  const cookies: string[] = [];
  const cookieHeader = request.headers.get('cookie') ?? '';
  const language = pickVisitorLanguage(options, arrived, cookieHeader, cookies);
  let context: RouteContext = makeContext(arrived, language, cookies, match.kind === 'route' ? match : undefined);
  let response: Response;
  try {
    if (match.kind === 'nothing') {
      const bare = redirectBare(request.method, url);
      if (bare) return finish(bare, { isSecure, kind });
      context = await recognise(context, kind, cookieHeader, isSecure).catch(() => context);
      throw notFound();
    }
    if (match.kind === 'wrong-method') throw wrongMethod(match.allowed);
    context = await recognise(context, kind, cookieHeader, isSecure);
    await admit(context, match.route, arrived.place.identity.origin);
    response = await match.route.handler(context);
  } catch (error) {
    response = await renderFailure(error, context, kind, request.method);
    if (match.kind === 'wrong-method') response.headers.set('Allow', [...match.allowed, 'OPTIONS'].join(', '));
  }
  for (const cookie of cookies) response.headers.append('Set-Cookie', cookie);
  if (match.kind === 'route' && match.varies) response.headers.append('Vary', 'Accept');
  if (match.kind !== 'nothing' && match.route.cors) addCors(response.headers);
  return finish(response, { isSecure, kind, isPrivate: context.session !== undefined || context.app !== undefined });
}

/** `?lang=fr` chooses for good (a year), the cookie remembers, else the browser's own wish. */
function pickVisitorLanguage(
  options: AnswerOptions,
  arrived: Arrived,
  cookieHeader: string,
  cookies: string[],
): Language {
  const chosen = arrived.url.searchParams.get('lang');
  if (arrived.request.method === 'GET' && (chosen === 'en' || chosen === 'fr')) {
    cookies.push(renderLanguageCookie(chosen, arrived.isSecure));
    return chosen;
  }
  const kept = findCookie(cookieHeader, languageCookieName);
  if (kept === 'en' || kept === 'fr') return kept;
  return pickLanguage(arrived.request.headers.get('accept-language') ?? '', options.language);
}

function makeContext(
  arrived: Arrived,
  language: Language,
  cookies: string[],
  match: { route: Route; params: Record<string, string> } | undefined,
): RouteContext {
  let body: Promise<Uint8Array> | undefined;
  const read = () => (body ??= readBody(arrived.request, bodyLimit(match?.route.body ?? 'form')));
  return {
    place: arrived.place,
    request: arrived.request,
    rawHeaders: arrived.rawHeaders,
    params: match?.params ?? {},
    url: arrived.url,
    address: arrived.address,
    language,
    words: catalogue(language),
    readBody: read,
    readForm: async () => readForm(await read(), arrived.request.headers.get('content-type') ?? ''),
    setCookie: (header) => void cookies.push(header),
  };
}

/** Who asks: pages know people by cookie, the API by token, and never the other way round. */
async function recognise(
  context: RouteContext,
  kind: Route['answers'],
  cookieHeader: string,
  isSecure: boolean,
): Promise<RouteContext> {
  if (kind === 'page') {
    const token = findSessionToken(cookieHeader, isSecure);
    const person = token === undefined ? undefined : await findSession(context.place, token);
    if (!person || token === undefined) return context;
    const hasChosen = context.url.searchParams.has('lang') && context.request.method === 'GET';
    return asPerson(context, person, browserSession(token), hasChosen);
  }
  if (kind === 'json') {
    const token = /^Bearer +([^ ]+) *$/i.exec(context.request.headers.get('authorization') ?? '')?.[1];
    const app: AppCaller | undefined = token === undefined ? undefined : await findBearer(context.place, token);
    if (!app) return context;
    const person = app.personId === null ? undefined : await context.place.store.people.find(app.personId);
    return { ...context, app, person };
  }
  return context;
}

function asPerson(context: RouteContext, person: Person, session: BrowserSession, hasChosen: boolean): RouteContext {
  const language = hasChosen ? context.language : person.language;
  return { ...context, person, session, language, words: catalogue(language) };
}

/** Lets a request through to its handler, or throws what it lacks. */
async function admit(context: RouteContext, route: Route, origin: string): Promise<void> {
  if (route.answers === 'page' && route.method !== 'GET') checkFormOrigin(context.request.headers, origin);
  if (route.who === 'signed-in') {
    getPerson(context);
    if (route.method !== 'GET') checkFormToken(context.session!, (await context.readForm()).get('form'));
  }
  if (route.who === 'app') admitApp(context, route);
}

function admitApp({ app, person }: RouteContext, route: Route): void {
  if (!app) throw new CanariError('CANARI_TOKEN_INVALID', 'The access token is invalid', { status: 401 });
  const isCovered = !route.scopes?.length || route.scopes.some((scope) => covers(app.scopes, scope));
  if (!isCovered) {
    throw new CanariError('CANARI_SCOPE_MISSING', 'This action is outside the authorized scopes', { status: 403 });
  }
  if (!person && !route.withoutPerson) {
    throw new CanariError('CANARI_PERSON_NEEDED', 'This method requires an authenticated user', { status: 422 });
  }
}

function wrongMethod(allowed: readonly string[]): CanariError {
  return new CanariError('CANARI_WRONG_METHOD', `This address takes ${allowed.join(', ')}.`, { status: 405 });
}

/** `/@alice/` is `/@alice`. */
function redirectBare(method: string, url: URL): Response | undefined {
  if ((method !== 'GET' && method !== 'HEAD') || !/[^/]\/+$/.test(url.pathname)) return undefined;
  const location = `${url.origin}${url.pathname.replace(/\/+$/, '').replace(/^\/+/, '/')}${url.search}`;
  return new Response(null, { status: 308, headers: { Location: location } });
}

/** Everything that failed, in the way of its route. A page that needs a person leads to signing in instead. */
async function renderFailure(
  failure: unknown,
  context: RouteContext,
  kind: Route['answers'],
  method: string,
): Promise<Response> {
  const error = asCanariError(failure, randomBytes(4).toString('hex'));
  if (kind !== 'page') return renderJsonFailure(error);
  if (error.code === 'CANARI_SIGN_IN_NEEDED') {
    const back = method === 'GET' ? `${context.url.pathname}${context.url.search}` : '/home';
    return new Response(null, {
      status: 303,
      headers: { Location: `/sign-in?return_to=${encodeURIComponent(back)}`, 'Cache-Control': 'no-store' },
    });
  }
  const response = await renderErrorPage(context, error);
  addFailureHeaders(response.headers, error);
  return response;
}

const corsHeaders = [
  ['Access-Control-Allow-Origin', '*'],
  [
    'Access-Control-Expose-Headers',
    'Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Mastodon-Async-Refresh',
  ],
] as const;

function addCors(headers: Headers): void {
  for (const [name, value] of corsHeaders) headers.set(name, value);
}

/** OPTIONS: what the address takes, and for the API what browsers may send there. */
function preflight(router: Router, path: string): Response {
  const routes = router.routesAt(path);
  if (routes.length === 0) return renderJsonFailure(notFound());
  const methods = [...new Set(routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))];
  const headers = new Headers({ Allow: [...methods, 'OPTIONS'].join(', ') });
  if (routes.some(({ cors }) => cors)) {
    addCors(headers);
    headers.set(
      'Access-Control-Allow-Methods',
      routes
        .filter(({ cors }) => cors)
        .map(({ method }) => method)
        .join(', '),
    );
    headers.set('Access-Control-Allow-Headers', 'Authorization, Content-Type, Idempotency-Key');
    headers.set('Access-Control-Max-Age', '7200');
  }
  return new Response(null, { status: 204, headers });
}

/** The headers that every answer has. A handler's own Cache-Control or policy stays; what is somebody's own is never kept by a cache. */
function finish(
  response: Response,
  about: { isSecure: boolean; kind: Route['answers']; isPrivate?: boolean },
): Response {
  const { headers } = response;
  for (const [name, value] of securityHeaders(about.isSecure)) if (!headers.has(name)) headers.set(name, value);
  // The stylesheet and the like are the same for everyone, for ever.
  if (headers.get('Cache-Control')?.includes('immutable')) return response;
  if (about.isPrivate) headers.set('Cache-Control', 'private, no-store');
  else if (!headers.has('Cache-Control')) headers.set('Cache-Control', about.kind === 'page' ? 'no-cache' : 'no-store');
  if (about.kind === 'page') headers.append('Vary', 'Cookie, Accept-Language');
  return response;
}
