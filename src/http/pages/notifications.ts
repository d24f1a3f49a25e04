import type { Account } from '../../model/account.ts';
import type { NotificationKind, PostView } from '../../model/post.ts';
import type { NotificationView } from '../../store/place/notifications.ts';
import { getPerson, type Route, type RouteContext } from '../route.ts';
import { icon } from './drawings.ts';
import { readBefore } from './home.ts';
import { fill, type Html, html, joinNames, nothing } from './html.ts';
import type { IconName } from './icons.ts';
import { renderEmpty, renderPage } from './layout.ts';
import { excerptOf } from './parts/composer.ts';
import { loadLanded, renderChips, renderPaging } from './parts/list.ts';
import { eggOf, nameOf, postPath, profilePath, renderPost } from './parts/post.ts';
import { formatAge } from './words/formats.ts';

/** Rows read for one page; grouping makes far fewer lines of them. */
const rowsPerPage = 80;
/** Eggs shown of a group, and names spelt out. */
const mostEggs = 8;
const mostNames = 2;

const filters: Readonly<Record<string, readonly NotificationKind[]>> = {
  mentions: ['mention', 'edit'],
  follows: ['follow', 'follow-request'],
  reactions: ['like', 'boost'],
};

/** What is told in one line: a hundred likes of one post are one group. */
export interface NotificationGroup {
  readonly kind: NotificationKind;
  readonly accounts: readonly Account[];
  readonly post: PostView | null;
  readonly newestId: string;
  readonly newestAtMs: number;
}

/** Likes and boosts of one post together, follows of one page together; everything else stands alone. The newest of a group gives its place. */
export function groupNotifications(rows: readonly NotificationView[]): NotificationGroup[] {
  const groups = new Map<
    string,
    { -readonly [K in keyof NotificationGroup]: NotificationGroup[K] } & { accounts: Account[] }
  >();
  for (const { id, kind, account, post, createdAtMs } of rows) {
    const isGrouped = kind === 'like' || kind === 'boost' || kind === 'follow' || kind === 'follow-request';
    const key = isGrouped ? `${kind} ${post?.post.id ?? ''}` : id;
    const group = groups.get(key);
    if (group) group.accounts.push(account);
    else groups.set(key, { kind, accounts: [account], post, newestId: id, newestAtMs: createdAtMs });
  }
  return [...groups.values()];
}

async function show(context: RouteContext): Promise<Response> {
  const { words, place, url, request } = context;
  const { account } = getPerson(context);
  const wanted = url.searchParams.get('only') ?? '';
  const only = Object.hasOwn(filters, wanted) ? wanted : '';
  const seen = await place.store.people.notificationsSeen(account.id);
  const rows = await place.store.notifications.page(account.id, {
    limit: rowsPerPage,
    maxId: readBefore(context),
    ...(only && { kinds: filters[only]! }),
  });
  // Looking is reading; but not for a browser that only fetches ahead.
  if (only === '' && !url.searchParams.has('before') && !request.headers.has('sec-purpose'))
    await markSeen(context, seen);
  const groups = groupNotifications(rows);
  const landed = await loadLanded(
    context,
    rows.flatMap(({ post }) => post ?? []),
  );
  const chips = (['', 'mentions', 'follows', 'reactions'] as const).map((one) => ({
    href: one ? `/notifications?only=${one}` : '/notifications',
    text: one ? words.notifications[one] : words.notifications.all,
    isCurrent: one === only,
  }));
  const list =
    groups.length === 0
      ? renderEmpty(words.notifications.emptyTitle, words.notifications.emptyText)
      : html`<ul role="list" class="news">${groups.map((group) => renderGroup(context, group, { isNew: group.newestId > (seen ?? ''), landed }))}</ul>${renderPaging(context, { older: rows.length === rowsPerPage ? rows.at(-1)!.id : undefined })}`;
  return renderPage(context, {
    title: words.notifications.title,
    current: 'notifications',
    main: html`<h1>${words.notifications.title}</h1>${renderChips(words.notifications.sort, chips)}${list}`,
    aside: {
      label: words.notifications.groupedTitle,
      content: html`<section class="stack tight"><h2>${words.notifications.groupedTitle}</h2><p class="soft">${words.notifications.groupedText}</p></section>`,
    },
  });
}

async function markSeen(context: RouteContext, seen: string | undefined): Promise<void> {
  const { place } = context;
  const { account } = getPerson(context);
  const newest = await place.store.notifications.newestId(account.id);
  if (newest !== undefined && newest !== seen) await place.store.people.setNotificationsSeen(account.id, newest);
}

const icons: Record<NotificationKind, IconName> = {
  mention: 'reply',
  boost: 'repeat-2',
  like: 'heart',
  follow: 'user-plus',
  'follow-request': 'user-plus',
  edit: 'pencil',
};

function renderGroup(
  context: RouteContext,
  group: NotificationGroup,
  about: { isNew: boolean; landed: Awaited<ReturnType<typeof loadLanded>> },
): Html {
  const { words, place, language } = context;
  const { kind, accounts, post } = group;
  const sentence = words.notifications[kind];
  const text = typeof sentence === 'string' ? sentence : sentence(accounts.length);
  const decide =
    kind === 'follow-request'
      ? html`<p class="row"><a class="button" href="/requests">${words.notifications.decide}</a></p>`
      : nothing;
  const isTalk = kind === 'mention' || kind === 'edit';
  const quote =
    post && !isTalk
      ? html`<blockquote><p><a href="${postPath(post.author, post.post)}">${excerptOf(post)}</a></p></blockquote>`
      : nothing;
  return html`<li${about.isNew ? html` class="new"` : nothing}>${icon(icons[kind])}${isTalk ? nothing : html`<div class="nest" aria-hidden="true">${accounts.slice(0, mostEggs).map((account) => html`<span class="egg tiny">${eggOf(account, context)}</span>`)}</div>`}
<p${kind === 'mention' ? html` class="hidden"` : nothing}>${fill(text, { who: renderWho(context, accounts) })} <small class="soft">${formatAge(group.newestAtMs, place.clock.now(), language)}</small></p>
${quote}${post && isTalk ? renderPost(context, post, { showsParent: true, landed: about.landed }) : nothing}${decide}</li>`;
}

/** "Hortense, Basile and 229 other people". */
function renderWho({ words }: RouteContext, accounts: readonly Account[]): Html {
  const spelt = accounts.length === mostNames + 1 ? mostNames + 1 : mostNames;
  const names = accounts
    .slice(0, spelt)
    .map((account) => html`<a href="${profilePath(account)}"><b>${nameOf(account)}</b></a>`);
  const others = accounts.length - names.length;
  return joinNames(others > 0 ? [...names, html`${words.notifications.others(others)}`] : names, words.code);
}

export const notificationRoutes: readonly Route[] = [
  { method: 'GET', path: '/notifications', who: 'signed-in', shows: 'own things', answers: 'page', handler: show },
];
