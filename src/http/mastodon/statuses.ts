import type { AccountId, PostId } from '../../model/ids.ts';
import type { PostView } from '../../model/post.ts';
import type { PageRequest } from '../../store/place/page.ts';
import { htmlToText } from '../../text/html.ts';
import { getPerson, type Route, type RouteContext } from '../route.ts';
import { answerAccounts } from './accounts.ts';
import { appRoute, getFound, getViewer, json, openRoute, readId } from './answers.ts';
import { renderContext, renderHistory, renderStatus, renderStatusSource } from './entities/status.ts';
import { answerPage, pageBounds, readPage } from './paging.ts';
import { readParams } from './params.ts';

/** Statuses that one call may name; more are left out. */
const mostIds = 40;

/** The post of the path's id, as the viewer may see it; 404 else. */
export async function getView(context: RouteContext): Promise<PostView> {
  const { viewerId } = getViewer(context);
  return getFound(await context.place.store.views.find(readId<PostId>(context.params.id), viewerId));
}

/** Of a boost, what it boosts. */
export const getOriginal = async (context: RouteContext): Promise<PostView> => {
  const view = await getView(context);
  return view.boostOf ?? view;
};

async function show(context: RouteContext): Promise<Response> {
  return json(renderStatus(await getView(context), getViewer(context)));
}

async function showMany(context: RouteContext): Promise<Response> {
  const viewer = getViewer(context);
  const named = (await readParams(context)).texts('id') ?? [];
  const ids = named.slice(0, mostIds).flatMap((id) => {
    try {
      return [readId<PostId>(id)];
    } catch {
      return [];
    }
  });
  const views = await context.place.store.views.load(ids, viewer.viewerId);
  return json(views.map((view) => renderStatus(view, viewer)));
}

async function thread(context: RouteContext): Promise<Response> {
  const viewer = getViewer(context);
  const { post } = await getOriginal(context);
  const found = getFound(await context.place.store.views.thread(post.id, viewer.viewerId));
  return json(renderContext(found, viewer));
}

/** The words as typed. Of a post from elsewhere only the HTML is known, so its text stands in. */
async function source(context: RouteContext): Promise<Response> {
  const { post } = await getOriginal(context);
  return json(renderStatusSource({ ...post, sourceText: post.sourceText ?? htmlToText(post.contentHtml) }));
}

async function history(context: RouteContext): Promise<Response> {
  const view = await getOriginal(context);
  const versions = await context.place.store.posts.versions(view.post.id);
  return json(renderHistory(view, versions, getViewer(context)));
}

type Cursors = readonly { id: string; accountId: AccountId }[];

/** Those who liked or boosted a post. */
async function answerThoseWho(
  context: RouteContext,
  load: (id: PostId, page: PageRequest) => Promise<Cursors>,
): Promise<Response> {
  const { post } = await getOriginal(context);
  const rows = await load(post.id, readPage(await readParams(context), pageBounds.accounts));
  const accounts = await context.place.store.accounts.loadMany(rows.map(({ accountId }) => accountId));
  return answerAccounts(
    context,
    rows.flatMap(({ id, accountId }) => {
      const account = accounts.get(accountId);
      return account ? [{ cursor: id, account }] : [];
    }),
  );
}

const likers = (context: RouteContext) => answerThoseWho(context, context.place.store.views.likers);
const boosters = (context: RouteContext) => answerThoseWho(context, context.place.store.views.boosters);

async function liked(context: RouteContext): Promise<Response> {
  const viewer = getViewer(context);
  const page = readPage(await readParams(context), pageBounds.statuses);
  const likes = await context.place.store.views.liked(getPerson(context).account.id, page);
  return answerPage(
    context,
    likes.map(({ view }) => renderStatus(view, viewer)),
    likes.map(({ likeId }) => likeId),
  );
}

const readStatuses = { scopes: ['read:statuses'], shows: 'what the viewer may see' } as const;

export const statusRoutes: readonly Route[] = [
  openRoute('GET', '/api/v1/statuses', readStatuses, showMany),
  openRoute('GET', '/api/v1/statuses/:id', readStatuses, show),
  openRoute('GET', '/api/v1/statuses/:id/context', readStatuses, thread),
  openRoute('GET', '/api/v1/statuses/:id/history', readStatuses, history),
  appRoute('GET', '/api/v1/statuses/:id/source', readStatuses, source),
  openRoute('GET', '/api/v1/statuses/:id/favourited_by', readStatuses, likers),
  openRoute('GET', '/api/v1/statuses/:id/reblogged_by', readStatuses, boosters),
  appRoute('GET', '/api/v1/favourites', { scopes: ['read:favourites'], shows: 'what the viewer may see' }, liked),
];
