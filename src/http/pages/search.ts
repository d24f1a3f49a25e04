import type { RemoteFailure } from '../../remote/remote.ts';
import { getPerson, type Route, type RouteContext } from '../route.ts';
import { icon } from './drawings.ts';
import { renderFailurePage } from './error.ts';
import { describeRemoteFailure } from './failure-words.ts';
import { type Html, html, nothing } from './html.ts';
import { renderPage, seeOther } from './layout.ts';
import { formToken } from './parts/forms.ts';
import { renderAccounts } from './parts/list.ts';
import { postPath, profilePath } from './parts/post.ts';

/** Accounts shown for a name. */
const mostAccounts = 20;
const longestQuery = 2_000;

function renderForm(context: RouteContext, query: string): Html {
  const { words } = context;
  return html`<form class="stack tight" method="post" action="/search" role="search">${formToken(context)}
<p class="ask"><label for="f-q">${words.search.label}</label><small id="f-q-hint">${words.search.hint}</small></p>
<div class="row keep"><input id="f-q" name="q" type="search" required maxlength="${longestQuery}" autocapitalize="none" spellcheck="false" aria-describedby="f-q-hint" value="${query}"><button class="primary">${icon('search')} ${words.search.go}</button></div>
</form>`;
}

/** Names that are known here; nothing is asked elsewhere by a mere link. */
async function show(context: RouteContext): Promise<Response> {
  const { words, place, url } = context;
  const query = (url.searchParams.get('q') ?? '').trim().slice(0, longestQuery);
  const accounts =
    query === '' ? [] : await place.store.accounts.search(query, mostAccounts, getPerson(context).account.id);
  const results =
    query === ''
      ? nothing
      : accounts.length > 0
        ? html`<section class="stack tight"><h2>${words.search.results(query)}</h2>${renderAccounts(context, accounts)}</section>`
        : html`<p>${words.search.none(query)}</p>`;
  return renderPage(context, {
    title: words.search.title,
    current: 'search',
    mainClass: 'read',
    main: html`<h1>${words.search.title}</h1>
${renderForm(context, query)}
${place.identity.federates ? nothing : html`<p class="soft">${words.search.localOnly}</p>`}
${results}`,
  });
}

/** Looks up what was typed: a link or an address is asked for at its origin, anything else is a name. */
async function find(context: RouteContext): Promise<Response> {
  const { place } = context;
  const query = ((await context.readForm()).get('q') ?? '').trim().slice(0, longestQuery);
  const { domain } = place.identity;
  const handle = /^@?([^@\s/]+)@([^@\s/]+)$/.exec(query);
  if (handle) {
    const [, name = '', host = ''] = handle;
    if (host.toLowerCase() === domain) return seeOther(context, `/@${encodeURIComponent(name)}`);
    const found = await place.remote.findAccountByHandle(`${name}@${host}`);
    return found.ok ? seeOther(context, profilePath(found.value)) : renderRemoteFailure(context, found.error, query);
  }
  if (/^https?:\/\//i.test(query)) return findByUrl(context, query);
  return seeOther(context, `/search?q=${encodeURIComponent(query)}`);
}

async function findByUrl(context: RouteContext, text: string): Promise<Response> {
  const { place } = context;
  const own = URL.parse(text);
  // One of our own addresses, as copied from the browser.
  if (own && own.origin === place.identity.origin)
    return seeOther(context, `${own.pathname.replace(/^\/+/, '/')}${own.search}`);
  const found = await place.remote.findByUrl(text);
  if (!found.ok) return renderRemoteFailure(context, found.error, text);
  if (found.value.kind === 'account') return seeOther(context, profilePath(found.value.account));
  const [view] = await place.store.views.load([found.value.post.id], getPerson(context).account.id);
  if (!view) return seeOther(context, '/search');
  return seeOther(context, postPath(view.author, view.post));
}

function renderRemoteFailure(context: RouteContext, failure: RemoteFailure, query: string): Promise<Response> {
  const isYours =
    failure.reason === 'bad-handle' || failure.reason === 'not-found' || failure.reason === 'not-federating';
  return renderFailurePage(context, describeRemoteFailure(context.words, failure), {
    status: failure.reason === 'not-found' || failure.reason === 'gone' ? 404 : 422,
    state: isYours ? 'refused' : 'resting',
    more: renderForm(context, query),
  });
}

/** Where other servers send somebody of ours who pressed Follow there. They see what it is about before anything is fetched. */
async function showInteraction(context: RouteContext): Promise<Response> {
  const { words, url } = context;
  const uri = (url.searchParams.get('uri') ?? url.searchParams.get('acct') ?? '').slice(0, longestQuery);
  return renderPage(context, {
    title: words.search.interact,
    current: 'search',
    mainClass: 'read',
    main: html`<h1>${words.search.interact}</h1><p>${words.search.interactText}</p><p><code>${uri}</code></p>
<form class="row" method="post" action="/search">${formToken(context)}<input type="hidden" name="q" value="${uri.replace(/^acct:/i, '')}"><button class="primary">${words.search.interact}</button> <a class="button" href="/home">${words.form.cancel}</a></form>`,
  });
}

const own = { who: 'signed-in', shows: 'own things', answers: 'page' } as const;

export const searchRoutes: readonly Route[] = [
  { ...own, method: 'GET', path: '/search', handler: show },
  { ...own, method: 'POST', path: '/search', handler: find },
  { ...own, method: 'GET', path: '/authorize_interaction', handler: showInteraction },
];
