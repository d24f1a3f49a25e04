import { CanariError } from '../base/errors.ts';
import { logger } from '../base/log.ts';
import type { Route } from './route.ts';

const log = logger('http');

/** SQLITE_FULL: the disk is full. Writing is over for the moment, reading goes on (fault F4). */
const sqliteFull = 13;

/**
 * Any failure as one that can be told. What nobody expected becomes "our doing" with a reference that stands in the log as well; its own words
 * stay here, since they may hold what is private.
 */
export function asCanariError(error: unknown, reference: string): CanariError {
  if (error instanceof CanariError) return error;
  if ((error as { errcode?: unknown } | null)?.errcode === sqliteFull) {
    log.error('No room left on the disk ({reference})', { reference });
    return new CanariError('CANARI_OUT_OF_ROOM', 'The disk is full; nothing was lost, and reading still works.', {
      doing: 'ours',
      status: 503,
      cause: error,
    });
  }
  log.error('A request failed ({reference}): {error}', { reference, error });
  return new CanariError('CANARI_UNEXPECTED', 'Something went wrong on our side.', {
    doing: 'ours',
    status: 500,
    values: { reference },
    cause: error,
  });
}

/** The failure as an app or a peer reads it: Mastodon's form (`error`), with our stable code and hint beside it. */
export function renderJsonFailure(error: CanariError): Response {
  const body: Record<string, string> = { error: error.message, code: error.code };
  if (error.hint) body.error_description = error.hint;
  const headers = new Headers({ 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' });
  addFailureHeaders(headers, error);
  return new Response(JSON.stringify(body), { status: error.status, headers });
}

/** What a status asks for beside the words. */
export function addFailureHeaders(headers: Headers, error: CanariError): void {
  if (error.status === 401) headers.set('WWW-Authenticate', 'Bearer realm="Canari"');
  if (error.status === 503 || error.status === 429) {
    headers.set('Retry-After', String(error.values.retryAfterSeconds ?? 30));
  }
  if (error.status === 413 || error.code === 'CANARI_BODY_BROKEN') headers.set('Connection', 'close');
}

/** How a failure is answered where no route was found: by the part of the address space. */
export function answersAt(path: string): Route['answers'] {
  if (/^\/(api|oauth)(\/|$)/.test(path)) return 'json';
  if (/^\/(\.well-known|nodeinfo|users|activities|inbox)(\/|$)/.test(path)) return 'activity';
  return 'page';
}

export const notFound = () => new CanariError('CANARI_NOT_FOUND', 'There is nothing here.', { status: 404 });
