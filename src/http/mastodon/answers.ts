import { CanariError } from '../../base/errors.ts';
import { isId } from '../../base/ids.ts';
import type { Result } from '../../base/result.ts';
import { asId } from '../../model/ids.ts';
import { covers, type Scope } from '../../people/scopes.ts';
import type { Handler, Route, RouteContext, Shows } from '../route.ts';
import type { Viewer } from './entities/viewer.ts';

/** A JSON answer to an app. Nobody keeps it: most of them differ by who asks. */
export const json = (body: unknown, more: { status?: number; headers?: Record<string, string> } = {}): Response =>
  new Response(JSON.stringify(body), {
    status: more.status ?? 200,
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'Cache-Control': 'private, no-store',
      ...more.headers,
    },
  });

/** The value of an outcome; a failure is thrown and answered by the server as the route says. */
export function getValue<T>(result: Result<T, CanariError>): T {
  if (result.ok) return result.value;
  throw result.error;
}

/** Same words whether a thing does not exist or is not for this viewer (THREATS 54). */
export const notFound = () => new CanariError('CANARI_API_NOT_FOUND', 'Record not found', { status: 404 });

export const invalid = (message: string, hint = '') => new CanariError('CANARI_API_INVALID', message, { hint });

/** A value that was found, or 404. */
export function getFound<T>(value: T | undefined | null): T {
  if (value === undefined || value === null) throw notFound();
  return value;
}

/** An id from outside; what is none names nothing, so 404. */
export function readId<T extends string>(text: string | undefined): T {
  if (text === undefined || !isId(text)) throw notFound();
  return asId<T>(text);
}

/** The viewer behind a call: a stranger, a person's app, or an app that speaks for nobody. */
export const getViewer = (context: RouteContext): Viewer => ({
  place: context.place,
  viewerId: context.person?.account.id ?? null,
});

interface Row {
  readonly scopes: readonly Scope[];
  readonly shows: Shows;
}

/** A route for apps with a person behind them. */
export const appRoute = (method: Route['method'], path: string, { scopes, shows }: Row, handler: Handler): Route => ({
  method,
  path,
  who: 'app',
  scopes,
  shows,
  answers: 'json',
  cors: true,
  handler,
});

/**
 * A route for strangers too. An app that shows a token must have the scope all the same, or a token that may only write would read what
 * its person may see (CVE-2025-62176, THREATS 57).
 */
export const openRoute = (method: Route['method'], path: string, { scopes, shows }: Row, handler: Handler): Route => ({
  method,
  path,
  who: 'anyone',
  scopes,
  shows,
  answers: 'json',
  cors: true,
  handler: (context) => {
    const granted = context.app?.scopes as readonly Scope[] | undefined;
    if (granted && scopes.length > 0 && !scopes.some((scope) => covers(granted, scope))) throw outsideScopes();
    return handler(context);
  },
});

/** The words that apps know for it. */
export const outsideScopes = () =>
  new CanariError('CANARI_OUTSIDE_SCOPES', 'This action is outside the authorized scopes', {
    status: 403,
    hint: 'Let the app ask for more: sign in with it again.',
  });
