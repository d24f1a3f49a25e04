import { CanariError } from '../../base/errors.ts';
import { isId } from '../../base/ids.ts';
import { asId, type PostId } from '../../model/ids.ts';
import { type Audience, audiences, type PostView } from '../../model/post.ts';
import { reaches } from '../../model/reach.ts';
import { composePost, postNotFound } from '../../outgoing/compose.ts';
import { getPerson, type Route, type RouteContext } from '../route.ts';
import { type Html, html, nothing } from './html.ts';
import { renderEmpty, renderLocalBanner, renderPage, seeOther } from './layout.ts';
import { type ComposerState, renderComposer } from './parts/composer.ts';
import { pageSize, renderPaging, renderPosts } from './parts/list.ts';
import { addressOf, postPath } from './parts/post.ts';

/** The `before` of a list's address; what is no id counts as none. */
export function readBefore({ url }: RouteContext): string | undefined {
  const before = url.searchParams.get('before');
  return before !== null && isId(before) ? before : undefined;
}

async function showHome(context: RouteContext): Promise<Response> {
  const { words, place } = context;
  const person = getPerson(context);
  const before = readBefore(context);
  const views = await place.store.home.page(person.account.id, { limit: pageSize, maxId: before }, place.clock.now());
  const list =
    views.length > 0
      ? html`${await renderPosts(context, views)}${renderPaging(context, { older: views.length === pageSize ? views.at(-1)!.post.id : undefined })}`
      : before
        ? html`<p class="soft">${words.home.end}</p>${renderPaging(context, { older: undefined })}`
        : renderEmpty(
            words.home.emptyTitle,
            words.home.emptyText,
            html`<p class="row"><a class="button" href="/search">${words.home.find}</a></p>`,
          );
  return renderPage(context, {
    title: words.home.title,
    current: 'home',
    aside: { label: words.home.today, content: await renderAside(context) },
    main: html`<h1 class="hidden">${words.home.title}</h1>
${renderLocalBanner(context)}
${before ? nothing : await renderComposer(context, {})}
<section aria-labelledby="latest" class="stack tight"><h2 id="latest">${words.home.latest}</h2>
${list}</section>`,
  });
}

async function renderAside(context: RouteContext): Promise<Html> {
  const { words, place } = context;
  const { account } = getPerson(context);
  const requests = await place.store.follows.countRequests(account.id);
  return html`<section class="stack tight"><h2>${words.home.today}</h2>
<p>${addressOf(account, context)}</p>
<p><a href="/@${account.handle}/followers">${words.home.followers(account.followersCount)}</a><br><a href="/@${account.handle}/following">${words.home.following(account.followingCount)}</a><br><a href="/@${account.handle}">${words.home.posts(account.postsCount)}</a></p>
${requests > 0 ? html`<p><a class="state way" href="/requests">${words.home.requests(requests)}</a></p>` : nothing}</section>
<section class="stack tight"><h2>${words.home.appsTitle}</h2><p class="soft">${words.home.appsText(new URL(place.identity.origin).host)}</p></section>`;
}

/** `/write?to=…` answers a post, `/write?text=…` begins with words from elsewhere (a share link). */
async function showWrite(context: RouteContext): Promise<Response> {
  const person = getPerson(context);
  const answered = await findAnswered(context, context.url.searchParams.get('to'));
  const shared = context.url.searchParams.get('text')?.slice(0, 10_000);
  const text = answered ? renderNames(answered, person.account.id, context) : shared;
  return renderWrite(context, { ...(answered && { answered }), ...(text !== undefined && { text }) });
}

async function findAnswered({ place, person }: RouteContext, id: string | null): Promise<PostView | undefined> {
  if (!id) return undefined;
  const view = isId(id) ? await place.store.views.find(asId<PostId>(id), person!.account.id) : undefined;
  if (!view) throw postNotFound();
  return view.boostOf ?? view;
}

/** Whom an answer names first: the author, then those named in the post. Nobody is told who is not named. */
function renderNames({ author, mentions }: PostView, ownId: string, context: RouteContext): string {
  const named = [author, ...mentions].filter(
    (account, i, all) => account.id !== ownId && all.findIndex(({ id }) => id === account.id) === i,
  );
  const address = (account: (typeof named)[number]) =>
    account.domain === null ? `@${account.handle}` : addressOf(account, context);
  return named.length === 0 ? '' : `${named.map(address).join(' ')} `;
}

async function renderWrite(context: RouteContext, state: ComposerState, status = 200): Promise<Response> {
  const title = context.words.composer.title;
  return renderPage(context, {
    title,
    status,
    mainClass: 'read',
    main: await renderComposer(context, { ...state, isPage: true }),
  });
}

/** The fields of the composer, as typed. */
export function readComposer(fields: URLSearchParams) {
  const wanted = fields.get('audience');
  return {
    text: (fields.get('text') ?? '').replaceAll('\r\n', '\n'),
    contentWarning: (fields.get('warning') ?? '').trim(),
    language: fields.get('language') ?? undefined,
    reach: reaches.find((one) => one === fields.get('reach')),
    audience: audiences.includes(wanted as Audience) ? (wanted as Audience) : undefined,
  };
}

async function publish(context: RouteContext): Promise<Response> {
  const person = getPerson(context);
  const fields = await context.readForm();
  const draft = readComposer(fields);
  const answered = await findAnswered(context, fields.get('to'));
  const published = await composePost(context.place, person, { ...draft, inReplyToId: answered?.post.id });
  if (!published.ok) {
    return renderWrite(
      context,
      { ...draft, ...(answered && { answered }), error: published.error },
      published.error.status,
    );
  }
  if (answered) return seeOther(context, `${postPath(person.account, published.value)}`, 'answered');
  return seeOther(context, '/home', 'published');
}

/** A form that lost its way back. */
export const unknownAction = () =>
  new CanariError('CANARI_FORM_UNREADABLE', 'The form names no action that we know.', { status: 400 });

const own = { who: 'signed-in', shows: 'what the viewer may see', answers: 'page' } as const;

export const homeRoutes: readonly Route[] = [
  { ...own, method: 'GET', path: '/home', handler: showHome },
  { ...own, method: 'GET', path: '/write', handler: showWrite },
  { ...own, method: 'POST', path: '/write', handler: publish },
];
