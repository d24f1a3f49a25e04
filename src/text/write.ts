import { LinkifyIt } from 'linkify-it';
import { parse as parseDomain } from 'tldts';

/** Finds URLs in plain words: with a scheme, or a bare domain under a country's or one of the old top-level domains. */
const linkify = new LinkifyIt()
  .add('mailto:', null)
  .add('ftp:', null)
  .add('//', null)
  .set({ fuzzyEmail: false, fuzzyLink: true });

/** A handle in a text: `@name` or `@name@domain`. */
export interface WrittenMention {
  /** As typed, without the first @. */
  readonly handle: string;
  readonly domain: string | null;
}

type Piece =
  | { readonly kind: 'words'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly url: string }
  | { readonly kind: 'mention'; readonly text: string; readonly mention: WrittenMention }
  | { readonly kind: 'tag'; readonly text: string; readonly tag: string };

const mentionPattern =
  /(?<![\p{L}\p{N}_/@.])@([a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?)(?:@([\p{L}\p{N}](?:[\p{L}\p{N}.-]*[\p{L}\p{N}])?(?::\d{1,5})?))?/giu;
const tagPattern = /(?<![\p{L}\p{N}_&/])#([\p{L}\p{N}_][\p{L}\p{N}\p{M}_·-]*)/gu;

/** What was typed, in pieces. Links first, so that an @ or # inside an address stays part of it. */
export function readPieces(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of linkify.match(text) ?? []) {
    if (!isLink(match.schema, match.url, text, match.index)) continue;
    pieces.push(...readMarks(text.slice(at, match.index)));
    pieces.push({ kind: 'link', text: match.raw, url: match.url });
    at = match.lastIndex;
  }
  pieces.push(...readMarks(text.slice(at)));
  return pieces;
}

/** A bare `name.example` counts only under a registered top-level domain and never right after an @: that is a handle. */
function isLink(schema: string, url: string, text: string, index: number): boolean {
  if (schema === 'http:' || schema === 'https:') return true;
  if (schema !== '') return false;
  if (/[@\p{L}\p{N}_.-]$/u.test(text.slice(0, index))) return false;
  return parseDomain(url).isIcann === true;
}

function readMarks(text: string): Piece[] {
  const marks = [
    ...[...text.matchAll(mentionPattern)].map((match) => ({
      index: match.index,
      piece: {
        kind: 'mention' as const,
        text: match[0],
        mention: { handle: match[1]!, domain: match[2]?.toLowerCase() ?? null },
      },
    })),
    ...[...text.matchAll(tagPattern)]
      // A tag of digits alone is a number (#1), not a subject.
      .filter((match) => /\p{L}/u.test(match[1]!))
      .map((match) => ({ index: match.index, piece: { kind: 'tag' as const, text: match[0], tag: match[1]! } })),
  ].sort((a, b) => a.index - b.index);
  const pieces: Piece[] = [];
  let at = 0;
  for (const { index, piece } of marks) {
    if (index < at) continue;
    if (index > at) pieces.push({ kind: 'words', text: text.slice(at, index) });
    pieces.push(piece);
    at = index + piece.text.length;
  }
  if (at < text.length) pieces.push({ kind: 'words', text: text.slice(at) });
  return pieces;
}

/** The handles in a text, each once, in order. */
export function readMentions(text: string): WrittenMention[] {
  const found = new Map<string, WrittenMention>();
  for (const piece of readPieces(text)) {
    if (piece.kind === 'mention') found.set(mentionKey(piece.mention), piece.mention);
  }
  return [...found.values()];
}

/** The same for every spelling of one handle. */
export const mentionKey = ({ handle, domain }: WrittenMention) => `${handle.toLowerCase()}@${domain ?? ''}`;

/** The hashtags in a text without #, each once (letters' case does not count), as first typed. */
export function readTags(text: string): string[] {
  const found = new Map<string, string>();
  for (const piece of readPieces(text)) {
    if (piece.kind === 'tag' && !found.has(piece.tag.toLowerCase())) found.set(piece.tag.toLowerCase(), piece.tag);
  }
  return [...found.values()];
}

/** Who is behind a handle, for the link: found before, since this is pure. */
export interface MentionLink {
  readonly url: string;
  readonly handle: string;
}

/**
 * The HTML of what was typed: paragraphs at empty lines, line breaks, links, mentions and hashtags with the classes that every peer knows.
 * Everything typed is escaped; nothing typed becomes markup.
 * @param mentions by `mentionKey`; a handle that is not in it stays words.
 */
export function renderText(
  text: string,
  mentions: ReadonlyMap<string, MentionLink>,
  tagUrl: (tag: string) => string,
): string {
  return text
    .replace(/\r\n?/g, '\n')
    .trim()
    .split(/\n[ \t]*\n\s*/)
    .filter((paragraph) => paragraph.trim() !== '')
    .map(
      (paragraph) =>
        `<p>${readPieces(paragraph)
          .map((piece) => renderPiece(piece, mentions, tagUrl))
          .join('')}</p>`,
    )
    .join('');
}

function renderPiece(
  piece: Piece,
  mentions: ReadonlyMap<string, MentionLink>,
  tagUrl: (tag: string) => string,
): string {
  switch (piece.kind) {
    case 'words':
      return escapeHtml(piece.text).replaceAll('\n', '<br>');
    case 'link':
      return `<a href="${escapeHtml(piece.url)}" rel="nofollow noopener noreferrer">${escapeHtml(shorten(piece.url))}</a>`;
    case 'tag':
      return `<a href="${escapeHtml(tagUrl(piece.tag))}" class="mention hashtag" rel="tag">#<span>${escapeHtml(piece.tag)}</span></a>`;
    case 'mention': {
      const link = mentions.get(mentionKey(piece.mention));
      if (!link) return escapeHtml(piece.text);
      return `<span class="h-card"><a href="${escapeHtml(link.url)}" class="u-url mention">@<span>${escapeHtml(link.handle)}</span></a></span>`;
    }
  }
}

/** What is shown of an address: its real host always, the rest cut at 48 characters. */
function shorten(url: string): string {
  const shown = url.replace(/^https?:\/\/(www\.)?/, '').replace(/\/$/, '');
  return shown.length <= 48 ? shown : `${shown.slice(0, 47)}…`;
}

/** For text inside HTML and inside attribute values in double quotes. */
export const escapeHtml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
