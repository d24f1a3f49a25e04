import { CanariError } from '../../base/errors.ts';
import type { PostView } from '../../model/post.ts';
import { getPerson, type Route, type RouteContext } from '../route.ts';
import { appRoute, getViewer, openRoute } from './answers.ts';
import { renderStatus } from './entities/status.ts';
import { answerPage, pageBounds, readPage } from './paging.ts';
import { type Params, readParams } from './params.ts';

/** Cursors are those of everything read, so that a page thinned out by `only_media` still leads to the next. */
function answerTimeline(context: RouteContext, params: Params, views: readonly PostView[]): Response {
  const viewer = getViewer(context);
  const shown = params.flag('only_media') ? views.filter(({ post }) => post.attachments.length > 0) : views;
  return answerPage(
    context,
    shown.map((view) => renderStatus(view, viewer)),
    views.map(({ post }) => post.id),
  );
}

async function home(context: RouteContext): Promise<Response> {
  const params = await readParams(context);
  const { store, clock } = context.place;
  const views = await store.home.page(
    getPerson(context).account.id,
    readPage(params, pageBounds.statuses),
    clock.now(),
  );
  return answerTimeline(context, params, views);
}

/**
 * Public posts that this place knows, of everyone or with one hashtag. Strangers get those of the people here only: whom they read elsewhere
 * is their own matter (`configuration.timelines_access` says so).
 */
async function ofEveryone(context: RouteContext, tag?: string): Promise<Response> {
  const params = await readParams(context);
  const { viewerId } = getViewer(context);
  const remote = params.flag('remote') ?? false;
  if (remote && viewerId === null) {
    throw new CanariError('CANARI_PERSON_NEEDED', 'This method requires an authenticated user', { status: 401 });
  }
  const views = await context.place.store.views.ofEveryone({
    ...readPage(params, pageBounds.statuses),
    viewerId,
    local: viewerId === null || (params.flag('local') ?? false),
    remote,
    tag,
  });
  return answerTimeline(context, params, views);
}

const readStatuses = { scopes: ['read:statuses'], shows: 'what the viewer may see' } as const;

export const timelineRoutes: readonly Route[] = [
  appRoute('GET', '/api/v1/timelines/home', readStatuses, home),
  openRoute('GET', '/api/v1/timelines/public', readStatuses, (context) => ofEveryone(context)),
  openRoute('GET', '/api/v1/timelines/tag/:tag', readStatuses, (context) =>
    ofEveryone(context, context.params.tag?.replace(/^#/, '').slice(0, 200)),
  ),
];
