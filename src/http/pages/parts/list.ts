import type { Account } from '../../../model/account.ts';
import type { PostId } from '../../../model/ids.ts';
import type { PostView } from '../../../model/post.ts';
import type { RouteContext } from '../../route.ts';
import { type Html, html, nothing, raw } from '../html.ts';
import { addressOf, eggOf, nameOf, type PostOptions, profilePath, renderPost } from './post.ts';

/** Posts, accounts or notifications on one page. */
export const pageSize = 40;

/** Posts below each other. Where the person's own are among them, it is said where they have landed. */
export async function renderPosts(
  context: RouteContext,
  views: readonly PostView[],
  options: PostOptions = {},
): Promise<Html> {
  const landed = await loadLanded(context, views);
  return html`<div class="posts">${views.map((view) => renderPost(context, view, { showsParent: true, landed, ...options }))}</div>`;
}

export function loadLanded({ place, person }: RouteContext, views: readonly PostView[]) {
  const own: PostId[] = person
    ? views.flatMap((view) => {
        const { post } = view.boostOf ?? view;
        return post.authorId === person.account.id ? [post.id] : [];
      })
    : [];
  return place.store.landings.load(own);
}

/** "Older" and "Newest" below a list that is read in pages; both links keep the rest of the query. */
export function renderPaging(
  { url, words }: RouteContext,
  list: { older: string | undefined; labels?: { older: string; newest: string } },
): Html {
  const isFirst = !url.searchParams.has('before');
  if (list.older === undefined && isFirst) return nothing;
  const labels = list.labels ?? { older: words.form.older, newest: words.form.newer };
  const pathWith = (before: string | undefined) => {
    const query = new URLSearchParams(url.searchParams);
    query.delete('before');
    query.delete('lang');
    if (before !== undefined) query.set('before', before);
    const text = query.toString();
    return `${url.pathname}${text && '?'}${text}`;
  };
  return html`<p class="row paging">${list.older === undefined ? nothing : html`<a class="button" rel="next" href="${pathWith(list.older)}">${labels.older}</a>`}${isFirst ? nothing : html` <a href="${pathWith(undefined)}">${labels.newest}</a>`}</p>`;
}

/** Accounts below each other, each with what can be done to it. */
export function renderAccounts(
  context: RouteContext,
  accounts: readonly Account[],
  actions: (account: Account) => Html = () => nothing,
): Html {
  const items = accounts.map(
    (account) =>
      html`<li class="row keep account"><a class="egg" href="${profilePath(account)}" tabindex="-1" aria-hidden="true">${eggOf(account, context)}</a><a class="name" href="${profilePath(account)}"><b>${nameOf(account)}</b><br><small>${addressOf(account, context)}</small></a>${actions(account)}</li>`,
  );
  return html`<ul role="list" class="accounts">${items}</ul>`;
}

/** Chips that choose between views of one list. */
export function renderChips(label: string, chips: readonly { href: string; text: string; isCurrent: boolean }[]): Html {
  return html`<nav class="row" aria-label="${label}">${chips.map(
    ({ href, text, isCurrent }) =>
      html`<a class="chip" href="${href}"${isCurrent ? raw(' aria-current="true"') : nothing}>${text}</a> `,
  )}</nav>`;
}
