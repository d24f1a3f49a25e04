import type { Account } from '../../../model/account.ts';
import type { Post, PostView } from '../../../model/post.ts';
import { type AccountEntity, renderAccount } from './account.ts';
import { renderEmoji } from './emoji.ts';
import { renderAttachment } from './media-attachment.ts';
import { renderShallowTag } from './tag.ts';
import { isoTime, type Viewer } from './viewer.ts';
import { visibilities } from './visibility.ts';

const renderMention = (account: Account) => ({
  id: account.id,
  username: account.handle,
  url: account.url ?? account.uri,
  acct: account.domain === null ? account.handle : `${account.handle}@${account.domain}`,
});

const escapeText = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

/** The words of a post. Apps have no field for the title of an article, so it stands above the text. */
const renderContent = (post: Post) =>
  post.title ? `<p><strong>${escapeText(post.title)}</strong></p>${post.contentHtml}` : post.contentHtml;

/** What depends on who asks; a stranger gets none of it. */
function renderViewerState(view: PostView, viewer: Viewer) {
  if (viewer.viewerId === null) return {};
  const own = view.post.authorId === viewer.viewerId;
  return {
    favourited: view.likedByViewer,
    reblogged: view.boostedByViewer,
    muted: false,
    bookmarked: false,
    filtered: [],
    ...(own && view.post.boostOfId === null ? { pinned: false, canari: { reach: view.post.reach } } : {}),
  };
}

export interface StatusEntity extends Record<string, unknown> {
  id: string;
  account: AccountEntity;
  reblog: StatusEntity | null;
}

/**
 * Mastodon's Status, for posts from here and elsewhere. A boost is a status of its own whose `reblog` is the post; its counts and what the viewer
 * did are the post's. Lists are never null, whatever is not there is null.
 */
export function renderStatus(view: PostView, viewer: Viewer): StatusEntity {
  const { post, author } = view;
  const shown = view.boostOf ?? view;
  const local = author.domain === null;
  return {
    id: post.id,
    created_at: isoTime(post.publishedAtMs),
    in_reply_to_id: post.inReplyToId,
    in_reply_to_account_id: post.inReplyToAccountId,
    sensitive: post.sensitive,
    spoiler_text: post.contentWarning,
    visibility: visibilities[post.audience],
    language: post.language,
    uri: post.uri,
    url: post.url ?? post.uri,
    replies_count: shown.post.repliesCount,
    reblogs_count: shown.post.boostsCount,
    favourites_count: shown.post.likesCount,
    quotes_count: 0,
    edited_at: post.editedAtMs === null ? null : isoTime(post.editedAtMs),
    content: renderContent(post),
    reblog: view.boostOf === null ? null : renderStatus(view.boostOf, viewer),
    ...(local && view.appName !== null ? { application: { name: view.appName, website: view.appWebsite } } : {}),
    account: renderAccount(author, viewer),
    media_attachments: post.attachments.map((attachment, index) => renderAttachment(attachment, post.id, index)),
    mentions: view.mentions.map(renderMention),
    tags: view.tags.map((tag) => renderShallowTag(tag, viewer)),
    emojis: post.emojis.map(renderEmoji),
    card: null,
    poll: null,
    quote: null,
    ...renderViewerState(shown, viewer),
  };
}

/** What an app gets when it deletes a post: the words as they were typed, so that the person can write it anew. */
export function renderDeletedStatus(view: PostView, viewer: Viewer) {
  return { ...renderStatus(view, viewer), text: view.post.sourceText ?? '' };
}

/** StatusSource: the words as they were typed, for editing. */
export const renderStatusSource = (post: Post) => ({
  id: post.id,
  text: post.sourceText ?? '',
  spoiler_text: post.contentWarning,
});

/** One wording of a post. */
export interface Wording {
  readonly atMs: number;
  readonly contentHtml: string;
  readonly contentWarning: string;
  readonly sensitive: boolean;
}

/** The StatusEdits of a post, the first wording first and the present one last. Earlier attachments are not kept. */
export function renderHistory(view: PostView, earlier: readonly Wording[], viewer: Viewer) {
  const { post } = view;
  const account = renderAccount(view.author, viewer);
  const present: Wording = {
    atMs: post.editedAtMs ?? post.publishedAtMs,
    contentHtml: renderContent(post),
    contentWarning: post.contentWarning,
    sensitive: post.sensitive,
  };
  return [...earlier, present].map((wording, index) => ({
    content: wording.contentHtml,
    spoiler_text: wording.contentWarning,
    sensitive: wording.sensitive,
    created_at: isoTime(wording.atMs),
    account,
    media_attachments:
      index === earlier.length ? post.attachments.map((attachment, n) => renderAttachment(attachment, post.id, n)) : [],
    emojis: post.emojis.map(renderEmoji),
  }));
}

/** Context: what a post answers and what answers it. */
export const renderContext = (
  thread: { ancestors: readonly PostView[]; descendants: readonly PostView[] },
  viewer: Viewer,
) => ({
  ancestors: thread.ancestors.map((view) => renderStatus(view, viewer)),
  descendants: thread.descendants.map((view) => renderStatus(view, viewer)),
});
