import { findCookie } from '../cookies.ts';
import type { RouteContext } from '../route.ts';
import { favicon, stylesheet } from './assets.ts';
import { egg, emptyWire, icon, mark, symbolsOf } from './drawings.ts';
import { fill, type Html, html, nothing, raw } from './html.ts';
import type { IconName } from './icons.ts';

/** What a page puts into the frame that all pages share. */
export interface Page {
  /** Without the place's name, which follows in the window's title. */
  readonly title: string;
  readonly main: Html;
  readonly aside?: { readonly label: string; readonly content: Html };
  /** Which of the person's own ways this page is. */
  readonly current?: Way;
  readonly mainClass?: 'read' | 'narrow';
  readonly status?: number;
  readonly head?: Html;
  /** For search engines and link previews; only of what everyone may read. */
  readonly description?: string;
  /** False for what search engines shall not keep. */
  readonly isListed?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Way = 'home' | 'notifications' | 'deliveries' | 'search' | 'profile' | 'settings';

/** Words that the next page says once, after a form led there. */
export type Said = keyof RouteContext['words']['toasts'];
const saidCookie = 'canari-said';

const isSecure = (context: RouteContext) => context.place.identity.origin.startsWith('https:');

/** Leads to `path` after a form; the page there says `said` once. */
export function seeOther(context: RouteContext, path: string, said?: Said): Response {
  if (said) {
    context.setCookie(
      `${saidCookie}=${said}; Path=/; HttpOnly; SameSite=Lax; Max-Age=60${isSecure(context) ? '; Secure' : ''}`,
    );
  }
  return new Response(null, { status: 303, headers: { Location: path, 'Cache-Control': 'no-store' } });
}

/** The toast of the last form, once. */
function renderToast(context: RouteContext): Html {
  const said = findCookie(context.request.headers.get('cookie') ?? '', saidCookie);
  if (said === undefined) return nothing;
  context.setCookie(`${saidCookie}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`);
  if (!Object.hasOwn(context.words.toasts, said)) return nothing;
  return html`<p class="toast" role="status">${icon('check')}<span>${context.words.toasts[said as Said]}</span></p>`;
}

/** The whole document. Signed in: the person's own ways stand beside (below on a narrow screen); for visitors only the place's name. */
export async function renderPage(context: RouteContext, page: Page): Promise<Response> {
  const { words, place, person } = context;
  const { domain } = place.identity;
  const isOwn = person !== undefined;
  const toast = renderToast(context);
  const ways = isOwn ? await renderWays(context, page.current) : nothing;
  const columns = page.aside ? (isOwn ? ' three' : ' two') : '';
  const body = html`<a class="hidden" href="#main">${words.skip}</a>
<header class="top row"><a class="brand row" href="${isOwn ? '/home' : '/'}">${mark} ${domain}</a>${renderMenu(context)}</header>
<div class="page${columns}">
${ways}
<main id="main"${page.mainClass ? raw(` class="${page.mainClass}"`) : nothing}>
${toast}
${page.main}
</main>
${page.aside ? html`<aside aria-label="${page.aside.label}">${page.aside.content}</aside>` : nothing}
</div>
${renderFoot(context)}`;
  const document = html`<!doctype html>
<html lang="${words.code}">
<head>
<meta charset="utf-8">
<title>${words.pageTitle(page.title, domain)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Canari">
${page.description ? html`<meta name="description" content="${page.description}">` : nothing}
${page.isListed ? nothing : html`<meta name="robots" content="noindex">`}
<link rel="icon" href="${favicon.path}" type="image/svg+xml">
<link rel="stylesheet" href="${stylesheet.path}">
${page.head ?? nothing}
</head>
<body${isOwn ? raw(' class="own"') : nothing}>
${body}
${symbolsOf(body.toString())}
</body>
</html>
`;
  return new Response(document.toString(), {
    status: page.status ?? 200,
    headers: { 'Content-Type': 'text/html; charset=utf-8', ...page.headers },
  });
}

function renderMenu({ words, person, url }: RouteContext): Html {
  if (person) {
    const { handle, displayName } = person.account;
    return html`<nav class="row end" aria-label="${words.menu}"><a class="row" href="/@${handle}"><span class="egg tiny">${egg(handle)}</span> <span class="who">${displayName}</span></a></nav>`;
  }
  const { code, name } = words.otherLanguage;
  const other = new URLSearchParams(url.searchParams);
  other.set('lang', code);
  // The path is percent-encoded by URL; two slashes at its start would name another host.
  const path = url.pathname.replace(/^\/+/, '/');
  return html`<nav class="row end" aria-label="${words.menu}"><a href="${`${path}?${other}`}" hreflang="${code}" lang="${code}" rel="nofollow">${name}</a> <a href="/sign-in">${words.ways.signIn}</a></nav>`;
}

const wayIcons: Record<Way, IconName> = {
  home: 'house',
  notifications: 'bell',
  deliveries: 'send',
  search: 'search',
  profile: 'user-round',
  settings: 'settings',
};

/** How many notifications are counted for the badge; beyond, it says so. */
const mostUnread = 99;

async function renderWays(context: RouteContext, current: Way | undefined): Promise<Html> {
  const { words, place } = context;
  const person = context.person!;
  const seen = await place.store.people.notificationsSeen(person.account.id);
  const unread =
    current === 'notifications'
      ? 0
      : await place.store.notifications.countNewerThan(person.account.id, seen, mostUnread + 1);
  const paths: Record<Way, string> = {
    home: '/home',
    notifications: '/notifications',
    deliveries: '/deliveries',
    search: '/search',
    profile: `/@${person.account.handle}`,
    settings: '/settings',
  };
  const badge =
    unread > 0
      ? html` <span class="num" aria-hidden="true">${unread > mostUnread ? `${mostUnread}+` : unread}</span><span class="hidden">, ${words.unread(unread)}</span>`
      : nothing;
  const items = (Object.keys(paths) as Way[]).map(
    (way) =>
      html`<li${way === 'deliveries' ? raw(' class="wide"') : nothing}><a href="${paths[way]}"${way === current ? raw(' aria-current="page"') : nothing}>${icon(wayIcons[way])} <span>${words.ways[way]}</span>${way === 'notifications' ? badge : nothing}</a></li>`,
  );
  return html`<nav class="ways" aria-label="${words.yourPlace}"><ul role="list">${items}</ul></nav>`;
}

function renderFoot({ words }: RouteContext): Html {
  return html`<footer class="foot row"><span>${fill(words.foot.kept, { canari: html`<a href="/about#canari">${words.foot.canari}</a>` })}</span> <a href="/about">${words.foot.about}</a></footer>`;
}

/** "This place is at home only", with the way out. */
export function renderLocalBanner({ words, place }: RouteContext): Html {
  if (place.identity.federates) return nothing;
  return html`<div class="banner">${icon('house')}<p><b>${words.local.title}</b></p><p>${words.local.text}</p><p class="scroll" tabindex="0" role="region" aria-label="${words.about.domainTitle}"><code>${words.local.command}</code></p><p><a href="/about#domain">${words.local.more}</a></p></div>`;
}

/** Nothing to show: a wire, one bird, a sentence, a door. */
export function renderEmpty(title: string, text: string, door: Html = nothing): Html {
  return html`<div class="stack empty">${emptyWire}<p><b>${title}</b></p><p class="soft">${text}</p>${door}</div>`;
}
