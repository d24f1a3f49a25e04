import { type Account, fullHandle } from '../../model/account.ts';
import type { Addresses } from '../../model/place.ts';
import type { Attachment, Audience, Post } from '../../model/post.ts';
import { type Document, everyone, isoTime, postContext } from './contexts.ts';

/** What a post needs to be written for the wire. */
export interface NoteParts {
  /** A post of a person here; not a boost (that is an Announce). */
  readonly post: Post;
  readonly author: Account;
  readonly mentions: readonly Account[];
  /** Without #, as written. */
  readonly tags: readonly string[];
  readonly addresses: Addresses;
  /** The domain of the place's handles. */
  readonly domain: string;
}

/** To whom something is addressed. */
export interface Addressing {
  readonly to: readonly string[];
  readonly cc: readonly string[];
}

/**
 * `to` and `cc` as every peer reads them: the place of `Public` tells public from quiet, the followers' collection alone means
 * followers-only, and neither of them means direct.
 * @param followersUrl the author's followers collection.
 * @param mentioned ids of the people named.
 */
export function renderAddressing(audience: Audience, followersUrl: string, mentioned: readonly string[]): Addressing {
  switch (audience) {
    case 'public':
      return { to: [everyone], cc: [followersUrl, ...mentioned] };
    case 'quiet':
      return { to: [followersUrl], cc: [everyone, ...mentioned] };
    case 'followers':
      return { to: [followersUrl], cc: [...mentioned] };
    case 'direct':
      return { to: [...mentioned], cc: [] };
  }
}

/** A post of a person here. The content warning is `summary`; the language is the key of `contentMap`. */
export function renderNote(parts: NoteParts): Document {
  const { post, author, mentions, tags, addresses } = parts;
  const { to, cc } = renderAddressing(
    post.audience,
    addresses.followers(author.id),
    mentions.map(({ uri }) => uri),
  );
  return {
    '@context': postContext,
    id: post.uri,
    type: 'Note',
    attributedTo: author.uri,
    summary: post.contentWarning === '' ? null : post.contentWarning,
    sensitive: post.sensitive,
    content: post.contentHtml,
    contentMap: post.language === null ? undefined : { [post.language]: post.contentHtml },
    source: post.sourceText === null ? undefined : { content: post.sourceText, mediaType: 'text/plain' },
    inReplyTo: post.inReplyToUri,
    context: post.conversationUri ?? undefined,
    conversation: post.conversationUri ?? undefined,
    published: isoTime(post.publishedAtMs),
    updated: post.editedAtMs === null ? undefined : isoTime(post.editedAtMs),
    url: post.url ?? addresses.postPage(author.handle, post.id),
    to,
    cc,
    tag: [
      ...mentions.map((account) => renderMention(account, parts.domain)),
      ...tags.map((tag) => ({ type: 'Hashtag', name: `#${tag}`, href: addresses.tag(tag.toLowerCase()) })),
    ],
    attachment: post.attachments.map(renderAttachment),
    replies: addresses.replies(author.id, post.id),
  };
}

const renderMention = (account: Account, domain: string): Document => ({
  type: 'Mention',
  href: account.uri,
  name: `@${fullHandle(account, domain)}`,
});

const attachmentTypes = { image: 'Image', video: 'Video', audio: 'Audio', other: 'Document' } as const;

const renderAttachment = (attachment: Attachment): Document => ({
  type: attachmentTypes[attachment.kind],
  mediaType: attachment.mediaType,
  url: attachment.url,
  name: attachment.description === '' ? null : attachment.description,
  width: attachment.width ?? undefined,
  height: attachment.height ?? undefined,
  blurhash: attachment.blurhash ?? undefined,
  focalPoint: attachment.focus ?? undefined,
});
