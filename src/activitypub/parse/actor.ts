import { isJsonObject, type JsonObject } from '../../base/json.ts';
import { limits } from '../../base/limits.ts';
import { failed, ok, type Result } from '../../base/result.ts';
import type { AccountKind, Emoji, ProfileField } from '../../model/account.ts';
import { sanitiseHtml, sanitiseInlineHtml } from '../../text/html.ts';
import { checkContexts } from './context.ts';
import { readTags } from './tags.ts';
import {
  asList,
  firstId,
  idOf,
  own,
  type ReadFailure,
  readFlag,
  readLine,
  readLinks,
  readText,
  readTime,
  readTypes,
  readUri,
} from './values.ts';

/** What an actor's document says of itself. */
export interface ReadActor {
  readonly uri: string;
  readonly kind: AccountKind;
  readonly handle: string;
  /** `name@host` as the document claims (FEP-2c59); WebFinger has to confirm it. */
  readonly claimedHandle: string | null;
  readonly displayName: string;
  readonly bioHtml: string;
  readonly url: string | null;
  readonly avatarUrl: string | null;
  readonly headerUrl: string | null;
  readonly inboxUrl: string;
  readonly sharedInboxUrl: string | null;
  readonly outboxUrl: string | null;
  readonly followersUrl: string | null;
  readonly featuredUrl: string | null;
  readonly locked: boolean;
  readonly discoverable: boolean;
  readonly fields: readonly ProfileField[];
  readonly emojis: readonly Emoji[];
  readonly alsoKnownAs: readonly string[];
  readonly movedTo: string | null;
  readonly publishedAtMs: number | null;
  /** Ids of the keys it lists. */
  readonly keyIds: readonly string[];
}

const kinds = new Set<string>(['Person', 'Service', 'Group', 'Organization', 'Application'] satisfies AccountKind[]);
/** Mastodon shows 4, Misskey 16. */
const mostFields = 16;
const bioChars = 20_000;

/** True for a document of an account. */
export const isActor = (document: JsonObject): boolean => findKind(document) !== undefined;

const findKind = (document: JsonObject) =>
  readTypes(own(document, 'type')).find((type): type is AccountKind => kinds.has(type));

/** Reads an actor. Its origin has to have served it: that is the caller's to check. */
export function readActor(document: JsonObject): Result<ReadActor, ReadFailure> {
  const context = checkContexts(document);
  if (!context.ok) return context;
  const uri = readUri(own(document, 'id'));
  if (uri === undefined) return failed({ code: 'no-id', detail: 'the actor has no usable id' });
  const kind = findKind(document);
  if (kind === undefined) return failed({ code: 'type', detail: 'not an actor' });
  const handle = readHandle(own(document, 'preferredUsername'));
  if (handle === undefined) return failed({ code: 'no-handle', detail: `${uri} has no usable preferredUsername` });
  const inboxUrl = idOf(own(document, 'inbox'));
  if (inboxUrl === undefined) return failed({ code: 'no-inbox', detail: `${uri} has no inbox` });
  const endpoints = own(document, 'endpoints');
  const tags = readTags(document);
  return ok({
    uri,
    kind,
    handle,
    claimedHandle: readClaim(own(document, 'webfinger')),
    displayName: readLine(own(document, 'name')),
    bioHtml: sanitiseHtml(readText(own(document, 'summary')).slice(0, bioChars)),
    url: readPage(own(document, 'url')),
    avatarUrl: readImage(own(document, 'icon')),
    headerUrl: readImage(own(document, 'image')),
    inboxUrl,
    // Discourse has it beside the endpoints, not in them.
    sharedInboxUrl:
      (isJsonObject(endpoints) ? idOf(own(endpoints, 'sharedInbox')) : undefined) ??
      idOf(own(document, 'sharedInbox')) ??
      null,
    outboxUrl: idOf(own(document, 'outbox')) ?? null,
    followersUrl: idOf(own(document, 'followers')) ?? null,
    featuredUrl: idOf(own(document, 'featured')) ?? null,
    locked: readFlag(own(document, 'manuallyApprovesFollowers')),
    discoverable: readFlag(own(document, 'discoverable')),
    fields: readFields(own(document, 'attachment')),
    emojis: tags.ok ? tags.value.emojis : [],
    alsoKnownAs: asList(own(document, 'alsoKnownAs'))
      .slice(0, 32)
      .flatMap((item) => readUri(item) ?? []),
    movedTo: firstId(own(document, 'movedTo')) ?? null,
    publishedAtMs: readTime(own(document, 'published')) ?? null,
    keyIds: [own(document, 'publicKey'), own(document, 'assertionMethod')]
      .flatMap((keys) => asList(keys).slice(0, 16))
      .flatMap((key) => idOf(key) ?? []),
  });
}

/** A handle without @ and host. Letters of any language, and the signs that servers allow in names. */
export function readHandle(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\p{L}\p{N}\p{M}_.~!$&'*+,;=-]{1,200}$/u.test(value) ? value : undefined;
}

function readClaim(value: unknown): string | null {
  const claim = typeof value === 'string' ? value.replace(/^acct:/, '').replace(/^@/, '') : '';
  return claim.length <= limits.nameChars && /^[^@\s/]+@[^@\s/]+$/.test(claim) ? claim : null;
}

/** The page for people: the first link that is HTML, or that does not say what it is. */
function readPage(value: unknown): string | null {
  const links = readLinks(value);
  const page =
    links.find(({ mediaType }) => mediaType === 'text/html') ?? links.find(({ mediaType }) => mediaType === '');
  return page?.href ?? null;
}

function readImage(value: unknown): string | null {
  // PeerTube lists several sizes, the largest last.
  for (const item of [...asList(value).slice(0, 16)].reverse()) {
    const href = readLinks(isJsonObject(item) ? (own(item, 'url') ?? own(item, 'href')) : item)[0]?.href;
    if (href !== undefined) return href;
  }
  return null;
}

function readFields(value: unknown): ProfileField[] {
  return asList(value)
    .filter((item): item is JsonObject => isJsonObject(item) && readTypes(own(item, 'type')).includes('PropertyValue'))
    .slice(0, mostFields)
    .map((item) => ({
      name: readLine(own(item, 'name')),
      valueHtml: sanitiseInlineHtml(readText(own(item, 'value')).slice(0, limits.uriChars * 2)),
    }))
    .filter(({ name, valueHtml }) => name !== '' || valueHtml !== '');
}
