import { type Account, fullHandle } from '../../../model/account.ts';
import type { PostId } from '../../../model/ids.ts';
import { type Attachment, isForEveryone, type Post, type PostView } from '../../../model/post.ts';
import type { Landing } from '../../../store/place/landings.ts';
import type { RouteContext } from '../../route.ts';
import { egg, icon } from '../drawings.ts';
import { fill, type Html, html, nothing, raw } from '../html.ts';
import type { IconName } from '../icons.ts';
import { formatAge, formatMoment, formatNumber } from '../words/formats.ts';
import { formToken } from './forms.ts';

export interface PostOptions {
  /** The post that a page is about: larger, with its exact time. */
  readonly isLead?: boolean;
  readonly landed?: ReadonlyMap<PostId, Landing>;
  /** Says whom it answers; on where the lines of a thread do not show it. */
  readonly showsParent?: boolean;
}

/** Where somebody's page is here. */
export const profilePath = (account: Pick<Account, 'handle' | 'domain'>) =>
  `/@${encodeURIComponent(account.handle)}${account.domain === null ? '' : `@${encodeURIComponent(account.domain)}`}`;
export const postPath = (author: Account, post: Pick<Post, 'id'>) => `${profilePath(author)}/${post.id}`;

/** Visitors are sent to where somebody is at home: what came from elsewhere is shown here only to the people of the place. */
const linkToProfile = (account: Account, { person }: RouteContext) =>
  person || account.domain === null ? profilePath(account) : (account.url ?? account.uri);
const linkToPost = ({ author, post }: PostView, { person }: RouteContext) =>
  person || author.domain === null ? postPath(author, post) : (post.url ?? post.uri);

/** `@handle@domain`, with the place's own domain for the people here. */
export const addressOf = (account: Account, { place }: RouteContext) =>
  `@${fullHandle(account, place.identity.domain)}`;

/** The display name, or the handle where there is none. */
export const nameOf = (account: Account) => account.displayName.trim() || account.handle;

export const eggOf = (account: Account, { place }: RouteContext): Html =>
  egg(account.domain === null ? account.handle : fullHandle(account, place.identity.domain));

/** One post as everybody's eyes on this page may see it. A boost is shown as the post that it boosts, with who did it above. */
export function renderPost(context: RouteContext, view: PostView, options: PostOptions = {}): Html {
  const { words } = context;
  const shown = view.boostOf ?? view;
  const { post, author } = shown;
  const why = view.boostOf
    ? html`<p class="why"><small>${icon('repeat-2')} ${fill(words.post.boostedBy, { who: html`<a href="${linkToProfile(view.author, context)}">${nameOf(view.author)}</a>` })}</small></p>`
    : nothing;
  const profile = linkToProfile(author, context);
  return html`<article class="post${options.isLead ? ' lead' : ''}" id="p${view.post.id}">
${why}
<a class="egg" href="${profile}" tabindex="-1" aria-hidden="true">${eggOf(author, context)}</a>
<header><a href="${profile}"><b>${nameOf(author)}</b> <small>${addressOf(author, context)}</small></a> <a class="when" href="${linkToPost(shown, context)}"><small>${renderAudience(context, post)}${renderTime(context, post, options.isLead === true)}</small></a></header>
${options.showsParent || options.isLead ? renderParent(context, shown) : nothing}
${renderWords(context, shown)}
${renderActions(context, shown, { ...options, anchor: `p${view.post.id}` })}
</article>`;
}

function renderTime({ words, place, language }: RouteContext, post: Post, isExact: boolean): Html {
  const moment = formatMoment(post.publishedAtMs, language);
  const age = isExact ? moment : formatAge(post.publishedAtMs, place.clock.now(), language);
  const edited = post.editedAtMs === null ? nothing : html`, ${words.post.edited}`;
  return html`<time datetime="${new Date(post.publishedAtMs).toISOString()}" title="${moment}">${age}</time>${edited}`;
}

const audienceIcons: Record<Post['audience'], IconName | undefined> = {
  public: undefined,
  quiet: 'moon',
  followers: 'lock',
  direct: 'mail',
};

function renderAudience({ words }: RouteContext, { audience }: Post): Html {
  const name = audienceIcons[audience];
  return name ? html`${icon(name)}<span class="hidden">${words.audienceShort[audience]}, </span>` : nothing;
}

function renderParent(context: RouteContext, { post, author, mentions }: PostView): Html {
  const { words } = context;
  if (post.inReplyToUri === null) return nothing;
  if (post.inReplyToAccountId === author.id)
    return html`<p class="parent"><small>${words.post.answerToSelf}</small></p>`;
  const parent = mentions.find(({ id }) => id === post.inReplyToAccountId);
  const sentence = parent
    ? fill(words.post.answerTo, { who: html`<a href="${linkToProfile(parent, context)}">${nameOf(parent)}</a>` })
    : words.post.answerToUnknown;
  return parent || post.inReplyToAccountId === null ? html`<p class="parent"><small>${sentence}</small></p>` : nothing;
}

/** The words, folded under the content warning when there is one, with what is attached as links: nothing is loaded from elsewhere. */
export function renderWords(context: RouteContext, view: PostView): Html {
  const { post } = view;
  const title = post.title ? html`<p class="title"><b>${post.title}</b></p>` : nothing;
  const inside = html`<div class="words"${post.language ? html` lang="${post.language}"` : nothing} dir="auto">${title}${raw(linkMentions(context, view))}</div>${renderAttachments(context, post)}`;
  if (!post.contentWarning) return inside;
  return html`<details class="fold"><summary><span>${post.contentWarning}</span></summary>${inside}</details>`;
}

/** For those who are signed in, a mention leads to the profile here instead of away. */
function linkMentions({ person }: RouteContext, { post, mentions }: PostView): string {
  if (!person) return post.contentHtml;
  let text = post.contentHtml;
  for (const account of mentions) {
    for (const target of new Set([account.url, account.uri])) {
      if (!target) continue;
      const escaped = target.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
      text = text.replaceAll(`href="${escaped}"`, `href="${profilePath(account)}"`);
    }
  }
  return text;
}

function renderAttachments({ words }: RouteContext, { attachments }: Post): Html {
  if (attachments.length === 0) return nothing;
  const items = attachments.map((attachment: Attachment) => {
    const kind = words.post.attachment[attachment.kind];
    return html`<li><a href="${attachment.url}" rel="noopener noreferrer nofollow">${icon('paperclip')} <span>${kind}: ${attachment.description.trim() || words.post.noDescription}</span></a></li>`;
  });
  return html`<ul role="list" class="attached" aria-label="${words.post.attachments}">${items}</ul>`;
}

const counted = (value: number, language: string) =>
  value > 0 ? html`<span class="num">${formatNumber(value, language as 'en')}</span>` : nothing;

/** Buttons for the person, numbers for visitors. */
function renderActions(context: RouteContext, view: PostView, options: PostOptions & { anchor: string }): Html {
  const { landed, isLead, anchor } = options;
  const { post, author } = view;
  if (!context.person) return renderCounts(context, post);
  const { words, language } = context;
  const isOwn = author.id === context.person.account.id;
  const label = (action: string, n: number) => (n > 0 ? words.post.withCount(action, n) : action);
  const mayBoost = isForEveryone(post.audience) || (isOwn && post.audience === 'followers');
  const boost = view.boostedByViewer ? words.post.unboost : words.post.boost;
  const like = view.likedByViewer ? words.post.unlike : words.post.like;
  const back = `${context.url.pathname}${context.url.search}#${anchor}`;
  const own = isOwn
    ? html`<a href="/posts/${post.id}/edit" aria-label="${words.post.edit}">${icon('pencil')}</a><a href="/posts/${post.id}/delete" aria-label="${words.post.delete}">${icon('trash-2')}</a>`
    : isLead && post.url
      ? html`<a href="${post.url}" aria-label="${words.post.original}" rel="noopener noreferrer">${icon('external-link')}</a>`
      : nothing;
  return html`<form class="acts row" method="post" action="/posts/${post.id}">${formToken(context)}<input type="hidden" name="back" value="${back}">
<a href="/write?to=${post.id}" aria-label="${label(words.post.reply, post.repliesCount)}">${icon('reply')}${counted(post.repliesCount, language)}</a>
${mayBoost ? html`<button name="do" value="${view.boostedByViewer ? 'unboost' : 'boost'}" aria-pressed="${String(view.boostedByViewer)}" aria-label="${label(boost, post.boostsCount)}">${icon('repeat-2')}${counted(post.boostsCount, language)}</button>` : nothing}
<button name="do" value="${view.likedByViewer ? 'unlike' : 'like'}" aria-pressed="${String(view.likedByViewer)}" aria-label="${label(like, post.likesCount)}">${icon('heart')}${counted(post.likesCount, language)}</button>
${own}
${isOwn ? renderLanded(context, landed?.get(post.id), `${postPath(author, post)}/landings`) : nothing}</form>
${isLead ? renderDetails(context, view) : nothing}`;
}

function renderLanded({ words }: RouteContext, landed: Landing | undefined, path: string): Html {
  if (!landed || landed.sent === 0) return nothing;
  return html`<a class="landed-line end" href="${path}" title="${words.post.landing}">${icon('send')}<span>${words.post.landed(landed.accepted, landed.sent)}</span></a>`;
}

function renderCounts({ words }: RouteContext, { repliesCount, boostsCount, likesCount }: Post): Html {
  const parts: [IconName, number, string][] = [
    ['reply', repliesCount, words.post.replies(repliesCount)],
    ['repeat-2', boostsCount, words.post.boosts(boostsCount)],
    ['heart', likesCount, words.post.likes(likesCount)],
  ];
  const shown = parts.filter(([, n]) => n > 0);
  if (shown.length === 0) return nothing;
  return html`<p class="row counts">${shown.map(([name, , text]) => html`<span class="row">${icon(name)}<span>${text}</span></span>`)}</p>`;
}

function renderDetails({ words, language }: RouteContext, { post, appName }: PostView): Html {
  const parts: Value[] = [words.audienceShort[post.audience]];
  if (appName) parts.push(words.post.via(appName));
  if (post.editedAtMs !== null) {
    parts.push(
      html`<a href="/posts/${post.id}/history">${words.post.editedAt(formatMoment(post.editedAtMs, language))}</a>`,
    );
  }
  return html`<p class="details"><small>${parts.map((part, i) => html`${i > 0 ? ' · ' : ''}${part}`)}</small></p>`;
}

type Value = Html | string;
