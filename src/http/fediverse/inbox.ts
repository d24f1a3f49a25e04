import { CanariError } from '../../base/errors.ts';
import { isId } from '../../base/ids.ts';
import { receive } from '../../incoming/inbox.ts';
import { isActivityPubType } from '../../remote/fetch.ts';
import { notFound } from '../errors.ts';
import type { Route, RouteContext } from '../route.ts';
import { findLocal } from './cache.ts';
import { signedRequestOf } from './viewer.ts';

/** Takes an activity in. Everything that decides about it is in `incoming/inbox.ts`; here is only the way in. */
async function takeIn(context: RouteContext): Promise<Response> {
  const { place, request } = context;
  if (!place.identity.federates) throw notFound();
  if (!isActivityPubType(request.headers.get('content-type') ?? '')) {
    throw new CanariError('CANARI_ACTIVITY_EXPECTED', 'An inbox takes application/activity+json.', {
      doing: 'theirs',
      status: 415,
    });
  }
  const { status, words, retryAfterSeconds } = await receive(place, signedRequestOf(context, await context.readBody()));
  const headers = new Headers({ 'Content-Type': 'text/plain; charset=utf-8' });
  if (retryAfterSeconds !== undefined) headers.set('Retry-After', String(retryAfterSeconds));
  return new Response(`${words}\n`, { status, headers });
}

/** The inbox of one person takes the same as that of all: to whom it goes is in the activity. */
async function takeInFor(context: RouteContext): Promise<Response> {
  const id = context.params.id ?? '';
  if (!isId(id) || !(await findLocal(context.place, id))) throw notFound();
  return takeIn(context);
}

const common = { method: 'POST', who: 'anyone', shows: 'nothing', answers: 'activity', body: 'inbox' } as const;

export const inboxRoutes: readonly Route[] = [
  { ...common, path: '/inbox', handler: takeIn },
  { ...common, path: '/users/:id/inbox', handler: takeInFor },
];
