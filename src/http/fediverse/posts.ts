import { renderCollection, renderCollectionPage } from '../../activitypub/render/collections.ts';
import { plainContext, postContext, serialise, withoutContext } from '../../activitypub/render/contexts.ts';
import { isId } from '../../base/ids.ts';
import type { AccountId, PostId } from '../../model/ids.ts';
import { isForEveryone, type PostView } from '../../model/post.ts';
import type { OpenPlace } from '../../outgoing/open-place.ts';
import { notFound } from '../errors.ts';
import type { Route, RouteContext } from '../route.ts';
import { sendDocument, sendPrivate } from './answers.ts';
import { documentsOf } from './cache.ts';
import { noteFetch } from './fetched.ts';
import { renderPost, renderSaid } from './said.ts';
import { findViewer, isBlockedHere } from './viewer.ts';

/** The post that a path names, for everyone; undefined when it is not, or is not for everyone. */
async function findPublic({ place, params }: RouteContext): Promise<PostView | undefined> {
  const { id = '', postId = '' } = params;
  if (!isId(id) || !isId(postId) || !place.identity.federates) return undefined;
  const view = await place.store.views.find(postId as PostId, null);
  return view && isOurs(view, id) && isForEveryone(view.post.audience) ? view : undefined;
}

const isOurs = (view: PostView, authorId: string) =>
  view.author.id === authorId && view.author.domain === null && view.boostOf === null;

/** For whoever signed, the post that they may see. One that does not exist costs the same as one that is not for them (THREATS 54). */
async function findForViewer(context: RouteContext): Promise<PostView | undefined> {
  const { place, params } = context;
  const { id = '', postId = '' } = params;
  const viewer = await findViewer(context);
  if (!viewer || !isId(id) || !isId(postId) || !place.identity.federates) return undefined;
  const view = await place.store.views.find(postId as PostId, viewer.id);
  return view && isOurs(view, id) ? view : undefined;
}

async function showPost(context: RouteContext): Promise<Response> {
  const { place, params } = context;
  const { id = '', postId = '' } = params;
  const rendered = await documentsOf(place).find(`post:${postId}/${id}`, async () => {
    const view = await findPublic(context);
    return view && serialise(renderPost(place, view));
  });
  if (!rendered) {
    const view = await findForViewer(context);
    if (view) noteFetch(context, [view.post.id]);
    return sendPrivate(view && serialise(renderPost(place, view)));
  }
  if (await isBlockedHere(context, id as AccountId)) throw notFound();
  noteFetch(context, [postId as PostId]);
  return sendDocument(context, rendered);
}

/** A browser that follows the id comes to the page, if it may see it. */
async function toPage({ place, params, person }: RouteContext): Promise<Response> {
  const { id = '', postId = '' } = params;
  if (!isId(id) || !isId(postId)) throw notFound();
  const view = await place.store.views.find(postId as PostId, person?.account.id ?? null);
  if (!view || !isOurs(view, id)) throw notFound();
  return new Response(null, {
    status: 302,
    headers: { Location: place.addresses.postPage(view.author.handle, postId) },
  });
}

const pageItems = 50;

/** Answers that everyone may see, oldest first: by them others complete a thread (FEP-7458). */
async function showReplies(context: RouteContext): Promise<Response> {
  const { place, url, params } = context;
  const after = url.searchParams.get('min_id') ?? undefined;
  if (after !== undefined && !isId(after)) throw notFound();
  const { id = '', postId = '' } = params;
  const isPage = url.searchParams.has('page');
  const key = `replies:${postId}/${id}/${isPage ? (after ?? 'first') : 'all'}`;
  const rendered = await documentsOf(place).find(key, async () => {
    const view = await findPublic(context);
    return view && renderReplies(place, view, isPage, after);
  });
  if (!rendered) {
    const view = await findForViewer(context);
    return sendPrivate(view && (await renderReplies(place, view, isPage, after)));
  }
  if (await isBlockedHere(context, id as AccountId)) throw notFound();
  return sendDocument(context, rendered);
}

async function renderReplies(place: OpenPlace, view: PostView, isPage: boolean, after: string | undefined) {
  const id = place.addresses.replies(view.author.id, view.post.id);
  const replies = await place.store.views.publicReplies(view.post.id, after as PostId | undefined, pageItems);
  const last = replies.at(-1);
  const page = renderCollectionPage({
    id: `${id}?page=true${after ? `&min_id=${after}` : ''}`,
    partOf: id,
    items: replies.map(({ uri }) => uri),
    next: last && replies.length === pageItems ? `${id}?page=true&min_id=${last.id}` : undefined,
  });
  if (isPage) return serialise(page);
  const collection = renderCollection({ id, totalItems: view.post.repliesCount });
  return serialise({ ...collection, '@context': plainContext, first: withoutContext(page) });
}

/**
 * An activity by its id: only of what everyone may see now, and with the words of now. A follow, a like, a block, a message: nobody but its
 * receiver has to know of it.
 */
async function showActivity(context: RouteContext): Promise<Response> {
  const { place, params } = context;
  const id = params.id ?? '';
  const view = isId(id) && place.identity.federates ? await findSaid(place, id) : undefined;
  if (!view || (await isBlockedHere(context, view.author.id))) throw notFound();
  const rendered = await documentsOf(place).find(`activity:${view.post.id}/${id}`, async () =>
    serialise({ '@context': postContext, ...(await renderSaid(place, view)) }),
  );
  if (!view.boostOf) noteFetch(context, [view.post.id]);
  return sendDocument(context, rendered);
}

async function findSaid(place: OpenPlace, id: string): Promise<PostView | undefined> {
  const boost = await place.store.views.find(id as PostId, null);
  if (boost?.boostOf && boost.author.domain === null) return boost;
  const postId = await place.store.activities.findPostId(id);
  if (postId === undefined) return undefined;
  const view = await place.store.views.find(postId, null);
  return view?.author.domain === null && view.boostOf === null ? view : undefined;
}

const common = { method: 'GET', who: 'anyone', answers: 'activity' } as const;

export const postRoutes: readonly Route[] = [
  {
    ...common,
    path: '/users/:id/posts/:postId',
    accept: 'activity',
    shows: 'what the viewer may see',
    handler: showPost,
  },
  { ...common, path: '/users/:id/posts/:postId', answers: 'page', shows: 'what the viewer may see', handler: toPage },
  { ...common, path: '/users/:id/posts/:postId/replies', shows: 'what the viewer may see', handler: showReplies },
  { ...common, path: '/activities/:id', shows: 'public documents', handler: showActivity },
];
