import { isJsonObject, type JsonObject } from '../../base/json.ts';
import { limits } from '../../base/limits.ts';

/** Single values of compacted ActivityStreams, read strictly: what is not what it should be is not there. */

/** Why a document is not taken. `code` is for tests and counters, `detail` for whoever reads the parked line. */
export interface ReadFailure {
  readonly code:
    | 'context'
    | 'no-id'
    | 'no-type'
    | 'type'
    | 'no-actor'
    | 'no-author'
    | 'no-object'
    | 'no-handle'
    | 'no-inbox'
    | 'too-many-addressees'
    | 'too-many-tags'
    | 'too-long'
    | 'a-vote'
    | 'tombstone';
  readonly detail: string;
}

/** One value or several; `null` and absent are none. */
export function asList(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** A property by its own name; nothing inherited is ever read. */
export const own = (object: JsonObject, key: string): unknown => (Object.hasOwn(object, key) ? object[key] : undefined);

/**
 * An absolute http(s) address in its one spelling: lower-case host, no user name, no default port, no trailing dot, no disguise
 * (CVE-2023-42451). Whether we would speak to it is the fetcher's question.
 */
export function readUri(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > limits.uriChars) return undefined;
  const host = /^https?:\/\/([^/?#\\\s]+)(?=[/?#]|$)/.exec(value)?.[1];
  if (host === undefined || host.includes('@') || hasControls(value) || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  return url.host === host && !url.hostname.endsWith('.') ? value : undefined;
}

function hasControls(text: string): boolean {
  for (const character of text) if (character <= ' ' || character === '\u007f') return true;
  return false;
}

/** The id of a value that is an id or an object with one. */
export const idOf = (value: unknown): string | undefined => readUri(isJsonObject(value) ? own(value, 'id') : value);

/** The id of the first value that has one. */
export function firstId(value: unknown): string | undefined {
  for (const item of asList(value)) {
    const id = idOf(item);
    if (id !== undefined) return id;
  }
  return undefined;
}

/** Text of one line: control characters and line ends become spaces, cut to `most` characters, overrides of writing direction taken out. */
export function readLine(value: unknown, most: number = limits.nameChars): string {
  if (typeof value !== 'string') return '';
  const line = value
    .slice(0, most * 4)
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replaceAll(/[\u202d\u202e]/g, '')
    .trim();
  return cutText(line, most);
}

/** At most `most` UTF-16 units, never half a letter. */
export function cutText(text: string, most: number): string {
  return text.length <= most ? text : text.slice(0, most).replace(/[\ud800-\udbff]$/, '');
}

/** Text that may have several lines. */
export const readText = (value: unknown): string => (typeof value === 'string' ? value : '');

/** `true` only for true; some peers write it as text. */
export const readFlag = (value: unknown): boolean => value === true || value === 'true';

/** A time of the wire in milliseconds; undefined for what is none (years outside 1000 to 9999 as well). */
export function readTime(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(value) || value.length > 64) return undefined;
  const atMs = Date.parse(value);
  return Number.isFinite(atMs) ? atMs : undefined;
}

/** A positive whole number up to a million (width, height). */
export const readCount = (value: unknown): number | null =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 1_000_000 ? value : null;

/** A type's name, or several: no document has more than a few. */
export function readTypes(value: unknown): readonly string[] {
  return asList(value)
    .slice(0, 8)
    .filter((type): type is string => typeof type === 'string' && type.length <= 100);
}

/** A link of `url`: text, a Link object, or several of them. */
export interface ReadLink {
  readonly href: string;
  readonly mediaType: string;
  readonly height: number | null;
  readonly width: number | null;
}

/** All usable links of a property, at most 32. */
export function readLinks(value: unknown): readonly ReadLink[] {
  return asList(value)
    .slice(0, 32)
    .flatMap((item) => {
      const isObject = isJsonObject(item);
      const href = readWebUrl(isObject ? (own(item, 'href') ?? own(item, 'url')) : item);
      if (href === undefined) return [];
      const read = (key: string) => (isObject ? own(item, key) : undefined);
      return [
        {
          href,
          mediaType: readMediaType(read('mediaType')),
          height: readCount(read('height')),
          width: readCount(read('width')),
        },
      ];
    });
}

/** An address that people open or that a picture lies at: http(s), any spelling of the host, no user name. */
export function readWebUrl(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > limits.uriChars) return undefined;
  if (!/^https?:\/\/[^/\\]/i.test(value) || hasControls(value) || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  return url.username === '' && url.password === '' ? url.href : undefined;
}

/** `type/subtype`, lower case, without parameters; empty when it is none. */
export function readMediaType(value: unknown): string {
  const type = typeof value === 'string' ? value.slice(0, 200).split(';')[0]!.trim().toLowerCase() : '';
  return /^[a-z]+\/[a-z0-9.+-]+$/.test(type) ? type : '';
}

/** A language tag as posts have it (`en`, `pt-BR`); null for none and for `und`. */
export function readLanguage(value: unknown): string | null {
  if (typeof value !== 'string' || !/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}$/.test(value)) return null;
  const [first = '', ...rest] = value.split('-');
  return first.toLowerCase() === 'und' ? null : [first.toLowerCase(), ...rest].join('-');
}
