import type { Account } from '../../model/account.ts';
import type { AccountId } from '../../model/ids.ts';
import { accountNotFound } from '../../people/follow.ts';
import type { Relationship } from '../../store/place/relationships.ts';
import type { Route, RouteContext } from '../route.ts';
import { readBefore } from './home.ts';
import { fill, type Html, html, nothing, raw } from './html.ts';
import { renderEmpty, renderPage } from './layout.ts';
import { renderAccountActions, renderFollowButton } from './parts/account-actions.ts';
import { plainText } from './parts/composer.ts';
import { pageSize, renderAccounts, renderPaging, renderPosts } from './parts/list.ts';
import { addressOf, eggOf, nameOf, profilePath } from './parts/post.ts';
import { checkVisitor, readAddress } from './thread.ts';
import { formatDate } from './words/formats.ts';

/** The account of an address. Of people elsewhere only those that this place has met; the search page asks for others. */
async function findAccount(context: RouteContext): Promise<Account> {
  const { place, params } = context;
  const { handle, domain } = readAddress(params.address!, place.identity.domain);
  checkVisitor(context, domain);
  const account = await place.store.accounts.findByHandle(handle, domain);
  if (!account) throw accountNotFound();
  return account;
}

async function show(context: RouteContext): Promise<Response> {
  return renderProfile(context, await findAccount(context));
}

/** The page of one account: who they are, what they publish, and what one can do. */
export async function renderProfile(context: RouteContext, account: Account): Promise<Response> {
  const { words, place, person, url } = context;
  const withReplies = url.searchParams.has('with-replies');
  const views = await place.store.views.ofAuthor({
    authorId: account.id,
    viewerId: person?.account.id ?? null,
    limit: pageSize,
    maxId: readBefore(context),
    excludeReplies: !withReplies,
  });
  const isLocal = account.domain === null;
  const relationship = await loadRelationship(context, account.id);
  const path = profilePath(account);
  const tabs = html`<nav class="tabs row" aria-label="${words.profile.tabs}"><a href="${path}"${withReplies ? nothing : raw(' aria-current="page"')}>${words.profile.posts}</a> <a href="${path}?with-replies"${withReplies ? raw(' aria-current="page"') : nothing}>${words.profile.withReplies}</a></nav>`;
  const list =
    views.length === 0
      ? renderEmpty(words.profile.emptyTitle, words.profile.emptyText)
      : html`${await renderPosts(context, views)}${renderPaging(context, { older: views.length === pageSize ? views.at(-1)!.post.id : undefined, labels: words.profile })}`;
  const bio = plainText(account.bioHtml);
  return renderPage(context, {
    title: words.profile.title(nameOf(account), addressOf(account, context)),
    isListed: isLocal && account.discoverable,
    current: person?.account.id === account.id ? 'profile' : undefined,
    ...(isLocal && { description: bio.slice(0, 200) || nameOf(account), head: renderHead(context, account) }),
    aside: person
      ? undefined
      : { label: words.profile.followFrom(nameOf(account)), content: renderFollowFrom(context, account) },
    main: html`${await renderHeader(context, account, relationship)}
<div class="stack tight">${tabs}
${isLocal ? nothing : html`<p class="soft"><small>${words.profile.onlyKnown}</small></p>`}
${list}</div>`,
  });
}

async function loadRelationship({ place, person }: RouteContext, id: AccountId): Promise<Relationship | undefined> {
  if (!person || person.account.id === id) return undefined;
  return (await place.store.relationships.load(person.account.id, [id], place.clock.now()))[0];
}

async function renderHeader(
  context: RouteContext,
  account: Account,
  relationship: Relationship | undefined,
): Promise<Html> {
  const { words, person, language } = context;
  const isOwn = person?.account.id === account.id;
  const notes = [
    relationship?.followedBy && words.profile.followsYou,
    account.locked && words.profile.locked,
    (account.kind === 'Service' || account.kind === 'Application') && words.profile.bot,
    relationship?.blocking && words.profile.blocking,
    relationship?.blockedBy && words.profile.blockedBy,
    relationship?.muting && words.profile.muting,
    account.goneAtMs !== null && words.profile.gone,
  ].filter((note) => typeof note === 'string');
  const path = profilePath(account);
  const isLocal = account.domain === null;
  const showsFollows = isOwn || (isLocal && (await context.place.store.people.find(account.id))?.showsFollows);
  const counts = showsFollows
    ? html`<a href="${path}/followers">${words.profile.followers(account.followersCount)}</a>, <a href="${path}/following">${words.profile.following(account.followingCount)}</a>, ${words.profile.postCount(account.postsCount)}`
    : html`${words.profile.followers(account.followersCount)}, ${words.profile.following(account.followingCount)}, ${words.profile.postCount(account.postsCount)}`;
  const edit = isOwn ? html`<p class="row"><a class="button" href="/settings">${words.profile.edit}</a></p>` : nothing;
  return html`<header class="stack profile">
<div class="row who"><span class="egg big">${eggOf(account, context)}</span><div><h1>${nameOf(account)}</h1><p class="soft address">${addressOf(account, context)}</p></div></div>
${account.bioHtml ? html`<div class="words" dir="auto">${raw(account.bioHtml)}</div>` : nothing}
<dl class="facts">${account.fields.map(({ name, valueHtml }) => html`<dt dir="auto">${name}</dt><dd dir="auto">${raw(valueHtml)}</dd>`)}<dt>${words.profile.here}</dt><dd>${counts}${isLocal ? html`<br><small>${words.profile.joined(formatDate(account.createdAtMs, language))}</small>` : nothing}</dd></dl>
${account.movedTo ? html`<p>${fill(words.profile.moved, { to: html`<a href="${account.movedTo}" rel="noopener noreferrer">${account.movedTo}</a>` })}</p>` : nothing}
${notes.length > 0 ? html`<ul role="list" class="notes">${notes.map((note) => html`<li>${note}</li>`)}</ul>` : nothing}
${edit}
${relationship ? html`<div class="row">${renderFollowButton(context, account, relationship)}${account.url && !isLocal ? html` <a href="${account.url}" rel="noopener noreferrer">${words.profile.original}</a>` : nothing}</div>${renderAccountActions(context, account, relationship)}` : nothing}
</header>`;
}

/** For strangers: the address to copy into their own server, and the feed. */
function renderFollowFrom({ words, place }: RouteContext, account: Account): Html {
  const feed = html`<a href="${profilePath(account)}/feed.atom">${words.foot.feed}</a>`;
  const address = `@${account.handle}@${place.identity.domain}`;
  return html`<section class="sheet"><h2>${words.profile.followFrom(nameOf(account))}</h2>
${
  place.identity.federates
    ? html`<p>${words.profile.followFromText}</p><p class="ask"><label for="f-address">${words.profile.address}</label><input id="f-address" readonly value="${address}"></p>`
    : html`<p>${words.profile.local}</p>`
}
<p>${fill(words.profile.orFeed, { feed })}</p></section>`;
}

function renderHead({ place }: RouteContext, account: Account): Html {
  const page = place.addresses.profile(account.handle);
  return html`<link rel="canonical" href="${page}">
<link rel="alternate" type="application/activity+json" href="${account.uri}">
<link rel="alternate" type="application/atom+xml" title="${nameOf(account)}" href="${page}/feed.atom">
<meta property="og:type" content="profile"><meta property="og:title" content="${nameOf(account)}"><meta property="og:url" content="${page}">`;
}

/** Who follows, and who is followed: shown to others only when the person allows it. */
function showFollows(side: 'followers' | 'following') {
  return async (context: RouteContext): Promise<Response> => {
    const { place, words, person } = context;
    const account = await findAccount(context);
    const owner = account.domain === null ? await place.store.people.find(account.id) : undefined;
    const isOwn = person !== undefined && person.account.id === account.id;
    if (!owner || (!isOwn && !owner.showsFollows)) throw accountNotFound();
    const page = await place.store.follows[side](account.id, { limit: pageSize, maxId: readBefore(context) });
    const title = words.profile[side === 'followers' ? 'followersTitle' : 'followingTitle'](nameOf(account));
    return renderPage(context, {
      title,
      main: html`<div class="stack tight"><p class="soft"><a href="${profilePath(account)}">${nameOf(account)}</a></p><h1>${title}</h1></div>
${
  page.length === 0
    ? html`<p class="soft">${words.profile.nobody}</p>`
    : renderAccounts(
        context,
        page.map((entry) => entry.account),
      )
}
${renderPaging(context, { older: page.length === pageSize ? page.at(-1)!.cursor : undefined })}`,
    });
  };
}

/** `/`: for the person the way home; for visitors who lives here. */
async function showFirst(context: RouteContext): Promise<Response> {
  const { place, words, person } = context;
  if (person) return new Response(null, { status: 302, headers: { Location: '/home' } });
  const people = await place.store.people.all();
  if (people.length === 1) return renderProfile(context, people[0]!.account);
  if (people.length === 0) {
    return renderPage(context, {
      title: words.start.emptyTitle,
      main: html`<h1 class="hidden">${words.start.emptyTitle}</h1>${renderEmpty(words.start.emptyTitle, words.start.emptyText)}`,
    });
  }
  return renderPage(context, {
    title: words.profile.people,
    isListed: true,
    main: html`<h1>${words.profile.people}</h1>${renderAccounts(
      context,
      people.map(({ account }) => account),
    )}`,
  });
}

/** Peers that were given the address of the page find the actor. */
async function toActivity({ place, params }: RouteContext): Promise<Response> {
  const { handle, domain } = readAddress(params.address!, place.identity.domain);
  const person = domain === null ? await place.store.people.findByHandle(handle) : undefined;
  if (!person) throw accountNotFound();
  return new Response(null, { status: 302, headers: { Location: person.account.uri } });
}

const common = { method: 'GET', who: 'anyone', shows: 'what the viewer may see', answers: 'page' } as const;

export const profileRoutes: readonly Route[] = [
  { ...common, path: '/', handler: showFirst },
  { ...common, path: '/@:address', handler: show },
  { ...common, path: '/@:address', answers: 'activity', accept: 'activity', handler: toActivity },
  { ...common, path: '/@:address/followers', handler: showFollows('followers') },
  { ...common, path: '/@:address/following', handler: showFollows('following') },
];
