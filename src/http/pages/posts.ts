import type { CanariError } from '../../base/errors.ts';
import { isId } from '../../base/ids.ts';
import type { Result } from '../../base/result.ts';
import { asId, type PostId } from '../../model/ids.ts';
import type { Post, PostView } from '../../model/post.ts';
import { boostPost, unboostPost } from '../../outgoing/boost.ts';
import { postNotFound } from '../../outgoing/compose.ts';
import { deletePost } from '../../outgoing/delete.ts';
import { editPost } from '../../outgoing/edit.ts';
import { likePost, unlikePost } from '../../outgoing/like.ts';
import { getPerson, type Route, type RouteContext } from '../route.ts';
import { localPath } from '../security.ts';
import { readComposer, unknownAction } from './home.ts';
import { html, raw } from './html.ts';
import { renderPage, seeOther } from './layout.ts';
import { renderComposer } from './parts/composer.ts';
import { formToken } from './parts/forms.ts';
import { nameOf, postPath, renderPost } from './parts/post.ts';
import { formatMoment } from './words/formats.ts';

/** The post of the address as this viewer sees it; for one that may not be seen the same 404 as for none. */
export async function findPost({ place, person, params }: RouteContext): Promise<PostView> {
  const view = isId(params.id!)
    ? await place.store.views.find(asId<PostId>(params.id!), person?.account.id ?? null)
    : undefined;
  if (!view) throw postNotFound();
  return view.boostOf ?? view;
}

async function findOwnPost(context: RouteContext): Promise<PostView> {
  const view = await findPost(context);
  if (view.author.id !== getPerson(context).account.id) throw postNotFound();
  return view;
}

const verbs: Record<string, (...args: Parameters<typeof likePost>) => Promise<Result<Post, CanariError>>> = {
  like: likePost,
  unlike: unlikePost,
  boost: boostPost,
  unboost: unboostPost,
};

/** The buttons below a post. */
async function act(context: RouteContext): Promise<Response> {
  const { post } = await findPost(context);
  const fields = await context.readForm();
  const wanted = fields.get('do') ?? '';
  if (!Object.hasOwn(verbs, wanted)) throw unknownAction();
  const done = await verbs[wanted]!(context.place, getPerson(context), post.id);
  if (!done.ok) throw done.error;
  return seeOther(context, localPath(fields.get('back'), '/home'));
}

async function showEdit(context: RouteContext): Promise<Response> {
  const edited = await findOwnPost(context);
  const { sourceText, contentWarning, language } = edited.post;
  return renderPage(context, {
    title: context.words.composer.titleEdit,
    mainClass: 'read',
    main: await renderComposer(context, {
      edited,
      isPage: true,
      text: sourceText ?? '',
      contentWarning,
      ...(language && { language }),
    }),
  });
}

async function edit(context: RouteContext): Promise<Response> {
  const edited = await findOwnPost(context);
  const { audience: _unchanged, ...draft } = readComposer(await context.readForm());
  const done = await editPost(context.place, getPerson(context), edited.post.id, draft);
  if (!done.ok) {
    return renderPage(context, {
      title: context.words.composer.titleEdit,
      mainClass: 'read',
      status: done.error.status,
      main: await renderComposer(context, { ...draft, edited, isPage: true, error: done.error }),
    });
  }
  return seeOther(context, postPath(edited.author, edited.post), 'edited');
}

async function showDelete(context: RouteContext): Promise<Response> {
  const { words } = context;
  const view = await findOwnPost(context);
  return renderPage(context, {
    title: words.remove.title,
    mainClass: 'read',
    main: html`<div class="stack tight"><h1>${words.remove.title}</h1><p>${words.remove.text}</p></div>
<blockquote class="whole">${raw(view.post.contentHtml)}</blockquote>
<form class="row" method="post" action="/posts/${view.post.id}/delete">${formToken(context)}<button class="wrong">${words.remove.go}</button> <a class="button" href="${postPath(view.author, view.post)}">${words.remove.keep}</a></form>`,
  });
}

async function remove(context: RouteContext): Promise<Response> {
  const view = await findOwnPost(context);
  const done = await deletePost(context.place, getPerson(context), view.post.id);
  if (!done.ok) throw done.error;
  return seeOther(context, '/home', 'deleted');
}

/** How a post was corrected, newest first; for everyone who may see the post. */
async function showHistory(context: RouteContext): Promise<Response> {
  const { words, language, place } = context;
  const view = await findPost(context);
  const versions = await place.store.posts.versions(view.post.id);
  const earlier = versions
    .toReversed()
    .map(
      ({ atMs, contentHtml, contentWarning }) =>
        html`<section class="stack tight version"><h2>${formatMoment(atMs, language)}</h2>${contentWarning ? html`<p><b>${contentWarning}</b></p>` : ''}<div class="words" dir="auto">${raw(contentHtml)}</div></section>`,
    );
  return renderPage(context, {
    title: words.post.historyTitle,
    mainClass: 'read',
    main: html`<div class="stack tight"><p class="soft"><a href="${postPath(view.author, view.post)}">${words.thread.title(nameOf(view.author))}</a></p><h1>${words.post.historyTitle}</h1></div>
<section class="stack tight"><h2>${words.post.historyNow}</h2>${renderPost(context, view)}</section>${earlier}`,
  });
}

const own = { who: 'signed-in', shows: 'what the viewer may see', answers: 'page' } as const;

export const postRoutes: readonly Route[] = [
  { ...own, method: 'POST', path: '/posts/:id', handler: act },
  { ...own, method: 'GET', path: '/posts/:id/edit', handler: showEdit },
  { ...own, method: 'POST', path: '/posts/:id/edit', handler: edit },
  { ...own, method: 'GET', path: '/posts/:id/delete', handler: showDelete },
  { ...own, method: 'POST', path: '/posts/:id/delete', handler: remove },
  { ...own, who: 'anyone', method: 'GET', path: '/posts/:id/history', handler: showHistory },
];
