import { isJsonObject, type JsonObject } from '../../base/json.ts';
import { limits } from '../../base/limits.ts';
import { failed, ok, type Result } from '../../base/result.ts';
import type { Attachment } from '../../model/post.ts';
import { escapeHtml, htmlToText, plainToHtml, renderUrlLink, sanitiseHtml } from '../../text/html.ts';
import { type Addressees, readAddressees } from './addressing.ts';
import { readAttachments } from './attachments.ts';
import { checkContexts } from './context.ts';
import { type ReadTags, readTags } from './tags.ts';
import {
  asList,
  cutText,
  firstId,
  idOf,
  own,
  type ReadFailure,
  readFlag,
  readLanguage,
  readLine,
  readLinks,
  readMediaType,
  readText,
  readTime,
  readTypes,
  readUri,
} from './values.ts';

/** A post as its document says it: text made safe, times made sensible. Who may see it depends on the author: `audienceOf`. */
export interface ReadPost extends ReadTags {
  readonly uri: string;
  /** The page for people, on the origin of `uri`; null when there is none. */
  readonly url: string | null;
  readonly kind: string;
  /** Id of the author. */
  readonly authorUri: string;
  readonly addressees: Addressees;
  readonly title: string | null;
  readonly contentHtml: string;
  readonly contentWarning: string;
  readonly sensitive: boolean;
  readonly language: string | null;
  readonly inReplyToUri: string | null;
  readonly conversationUri: string | null;
  readonly repliesUrl: string | null;
  readonly attachments: readonly Attachment[];
  readonly publishedAtMs: number;
  readonly editedAtMs: number | null;
}

/** What is shown as a post. The long ones have a title of their own, and their `summary` is an excerpt and no warning. */
const shortKinds = new Set(['Note', 'Question', 'ChatMessage', 'Comment', 'Status', 'Review', 'Quotation']);
const longKinds = new Set([
  'Article',
  'Page',
  'Image',
  'Video',
  'Audio',
  'Document',
  'Event',
  'Story',
  'Album',
  'Object',
]);

/** True for a document that is shown as a post. */
export const isPost = (document: JsonObject): boolean => findKind(document) !== undefined;

const findKind = (document: JsonObject) =>
  readTypes(own(document, 'type')).find((type) => shortKinds.has(type) || longKinds.has(type));

/**
 * Reads a post. That its origin served it, or its author signed it, is the caller's to check.
 * @param nowMs wall time, for posts dated in the future or before the Fediverse (THREATS 32).
 */
export function readPost(document: JsonObject, nowMs: number): Result<ReadPost, ReadFailure> {
  const context = checkContexts(document);
  if (!context.ok) return context;
  const uri = readUri(own(document, 'id'));
  if (uri === undefined) return failed({ code: 'no-id', detail: 'the post has no usable id' });
  const types = readTypes(own(document, 'type'));
  const kind = findKind(document);
  if (types.includes('Tombstone')) return failed({ code: 'tombstone', detail: `${uri} was deleted` });
  if (kind === undefined)
    return failed({ code: 'type', detail: `${types.join(', ') || 'nothing'} is not shown as a post` });
  const authorUri = readAuthor(document);
  if (authorUri === undefined) return failed({ code: 'no-author', detail: `${uri} names no author` });
  const addressees = readAddressees(document);
  if (!addressees.ok) return addressees;
  const tags = readTags(document);
  if (!tags.ok) return tags;
  if (isVote(document, kind)) return failed({ code: 'a-vote', detail: `${uri} is a vote` });
  const body = readBody(document, kind, uri);
  if (!body.ok) return body;
  return ok({
    uri,
    kind,
    authorUri,
    addressees: addressees.value,
    ...tags.value,
    ...body.value,
    inReplyToUri: firstId(own(document, 'inReplyTo')) ?? null,
    conversationUri: readConversation(document),
    repliesUrl: idOf(own(document, 'replies')) ?? null,
    ...readTimes(document, nowMs),
  });
}

/** PeerTube lists the person and the channel: a person speaks before a group does. */
function readAuthor(document: JsonObject): string | undefined {
  const authors = asList(own(document, 'attributedTo')).slice(0, 16);
  const person = authors.find((author) => isJsonObject(author) && readTypes(own(author, 'type')).includes('Person'));
  return idOf(person) ?? firstId(authors);
}

/** Answers to a poll travel as notes with a name and no content. */
const isVote = (document: JsonObject, kind: string): boolean =>
  kind === 'Note' &&
  typeof own(document, 'name') === 'string' &&
  own(document, 'content') === undefined &&
  own(document, 'contentMap') === undefined &&
  firstId(own(document, 'inReplyTo')) !== undefined &&
  asList(own(document, 'attachment')).length === 0;

function readConversation(document: JsonObject): string | null {
  const context = own(document, 'context');
  for (const value of [isJsonObject(context) ? own(context, 'id') : context, own(document, 'conversation')]) {
    if (typeof value === 'string' && value !== '' && value.length <= limits.uriChars)
      return readLine(value, limits.uriChars);
  }
  return null;
}

/** Before this there was no Fediverse: such dates are mistakes. */
const earliestMs = Date.UTC(2000, 0, 1);

function readTimes(document: JsonObject, nowMs: number): { publishedAtMs: number; editedAtMs: number | null } {
  const published = readTime(own(document, 'published'));
  const publishedAtMs = published === undefined || published < earliestMs ? nowMs : Math.min(published, nowMs);
  const updated = readTime(own(document, 'updated'));
  const isLater = updated !== undefined && updated > publishedAtMs;
  return { publishedAtMs, editedAtMs: isLater ? Math.min(updated, nowMs) : null };
}

type Body = Pick<
  ReadPost,
  'url' | 'title' | 'contentHtml' | 'contentWarning' | 'sensitive' | 'language' | 'attachments'
>;

function readBody(document: JsonObject, kind: string, uri: string): Result<Body, ReadFailure> {
  const isLong = longKinds.has(kind);
  const { text, language } = readContent(document, isLong);
  if (text.length > limits.contentChars) {
    return failed({ code: 'too-long', detail: `${text.length} characters, at most ${limits.contentChars}` });
  }
  const mediaType = readMediaType(own(document, 'mediaType'));
  const isPlain = mediaType === 'text/plain' || mediaType === 'text/markdown';
  const main = isPlain ? plainToHtml(text) : sanitiseHtml(text);
  const { media, links } = readAttachments(document, kind);
  const { url, shared } = readUrls(document, uri);
  const sensitive = readFlag(own(document, 'sensitive'));
  // An article's summary is an excerpt, unless it says that it is a warning.
  const warning =
    isLong && !sensitive ? '' : htmlToText(readText(own(document, 'summary')).slice(0, limits.nameChars * 8));
  const contentWarning = readLine(warning);
  return ok({
    url,
    title: readLine(own(document, 'name')) || null,
    contentHtml: main + renderExtras(document, kind, isLong ? [...shared, ...links] : links, main),
    contentWarning,
    sensitive: sensitive || contentWarning !== '',
    language,
    attachments: media,
  });
}

function readContent(document: JsonObject, isLong: boolean): { text: string; language: string | null } {
  const map = own(document, 'contentMap');
  const entries = isJsonObject(map) ? Object.entries(map).slice(0, 50) : [];
  const content = own(document, 'content');
  const isText = typeof content === 'string' && content !== '';
  const match =
    entries.find(([, text]) => text === content) ?? (entries.length === 1 || !isText ? entries[0] : undefined);
  const text = isText ? content : readText(match?.[1]);
  const fallback = isLong && text === '' ? readText(own(document, 'summary')) : text;
  return { text: fallback, language: readLanguage(match?.[0]) ?? readOtherLanguage(document) };
}

/** Lemmy and PeerTube: `language: {identifier}`; GNU social: in the context. */
function readOtherLanguage(document: JsonObject): string | null {
  const language = own(document, 'language');
  if (isJsonObject(language)) return readLanguage(own(language, 'identifier'));
  const contexts = asList(own(document, '@context')).filter(isJsonObject);
  return readLanguage(contexts.map((context) => own(context, '@language')).find((value) => value !== undefined));
}

/** The page of the post, and the page elsewhere that it is about: some servers put that into `url` (lotide, Friendica). */
function readUrls(document: JsonObject, uri: string): { url: string | null; shared: string[] } {
  const links = readLinks(own(document, 'url'));
  const pages = links.filter(({ mediaType }) => mediaType === '' || mediaType === 'text/html').map(({ href }) => href);
  const { origin } = new URL(uri);
  const isOwn = (href: string) => new URL(href).origin === origin;
  return { url: pages.find(isOwn) ?? null, shared: pages.filter((href) => !isOwn(href)).slice(0, 1) };
}

/** What the text alone would leave out: the choices of a poll, when and where an event is, the page that is shared. */
function renderExtras(document: JsonObject, kind: string, links: readonly string[], main: string): string {
  const lines: string[] = [];
  if (kind === 'Question') lines.push(renderChoices(document));
  if (kind === 'Event') lines.push(renderEvent(document));
  for (const href of new Set(links)) {
    if (!main.includes(`href="${escapeHtml(href)}"`)) lines.push(`<p>${renderUrlLink(href)}</p>`);
  }
  return lines.join('');
}

const mostChoices = 50;

function renderChoices(document: JsonObject): string {
  const choices = [...asList(own(document, 'oneOf')), ...asList(own(document, 'anyOf'))].slice(0, mostChoices);
  const names = choices.filter(isJsonObject).map((choice) => readLine(own(choice, 'name')));
  const items = names.filter((name) => name !== '').map((name) => `<li>${escapeHtml(name)}</li>`);
  return items.length > 0 ? `<ul>${items.join('')}</ul>` : '';
}

function renderEvent(document: JsonObject): string {
  const startMs = readTime(own(document, 'startTime'));
  const location = asList(own(document, 'location')).find(isJsonObject);
  const parts = [
    startMs === undefined ? '' : `${new Date(startMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    location ? cutText(readLine(own(location, 'name')), 200) : '',
  ].filter((part) => part !== '');
  return parts.length > 0 ? `<p>${escapeHtml(parts.join(' · '))}</p>` : '';
}
