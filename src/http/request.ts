import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';
import { CanariError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { classifyAddress, type Network } from '../base/net/address.ts';
import type { Language } from './pages/words/words.ts';

/**
 * The host of a request in the one form that is compared: lower case, without a final dot and without the port that its scheme implies.
 * Undefined when it is no host at all (credentials, spaces, percent signs: THREATS 30, 65).
 */
export function canonicalAuthority(text: string): string | undefined {
  const match = /^(\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9_])?\.?)(?::(\d{1,5}))?$/.exec(text);
  if (!match) return undefined;
  const host = match[1]!.toLowerCase().replace(/\.$/, '');
  const port = match[3] === undefined ? undefined : Number(match[3]);
  if (port !== undefined && port > 65_535) return undefined;
  return port === undefined || port === 80 || port === 443 ? host : `${host}:${port}`;
}

/** The header lines of a request as they came, duplicates too. */
export function readRawHeaders(incoming: Pick<IncomingMessage, 'rawHeaders'>): (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
    pairs.push([incoming.rawHeaders[i]!, incoming.rawHeaders[i + 1]!]);
  }
  return pairs;
}

/** An IPv4 address that came over a socket of both families is that IPv4 address. */
export const plainAddress = (address: string) => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');

export const isTrusted = (address: string, trusted: readonly Network[]) =>
  classifyAddress(address, trusted) === 'allowed';

/**
 * Who speaks to us: the socket's address, or behind trusted proxies the last address of X-Forwarded-For that is not a trusted proxy itself.
 * What a stranger writes there is never believed (CVE-2023-49952, THREATS 6 and 60).
 */
export function clientAddress(socketAddress: string, forwardedFor: string, trusted: readonly Network[]): string {
  let address = plainAddress(socketAddress);
  const hops = forwardedFor.split(',').map((hop) => plainAddress(hop.trim()));
  while (isTrusted(address, trusted)) {
    const next = hops.pop();
    if (next === undefined || classifyAddress(next) === 'unreadable') break;
    address = next;
  }
  return address;
}

/** What limits count by: an IPv4 address, or the /64 that one subscriber has whole (rotation inside it costs nothing: THREATS 60). */
export function limitKey(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.toLowerCase().split('%')[0]!.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups =
    tail === undefined ? before : [...before, ...Array<string>(8).fill('0')].slice(0, 8 - after.length).concat(after);
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

const tooBig = (limitBytes: number) =>
  new CanariError('CANARI_BODY_TOO_BIG', `The request's body is longer than ${limitBytes} bytes.`, {
    status: 413,
    values: { limitBytes },
  });

/**
 * Reads the body while counting, so that no more than the limit is ever held (THREATS 43). The rest of a longer one is not read: the
 * answer closes the connection. A compressed body is refused (THREATS 42).
 */
export async function readBody(request: Request, limitBytes: number): Promise<Uint8Array> {
  const encoding = request.headers.get('content-encoding');
  if (encoding !== null && encoding.trim().toLowerCase() !== 'identity') {
    throw new CanariError('CANARI_BODY_ENCODED', 'A compressed body is not read here.', { status: 415 });
  }
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > limitBytes) throw tooBig(limitBytes);
  if (request.body === null) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new CanariError('CANARI_BODY_BROKEN', 'The request ended before its body did.', { status: 400 });
    });
    if (done) break;
    sizeBytes += value.byteLength;
    if (sizeBytes > limitBytes) {
      reader.releaseLock();
      throw tooBig(limitBytes);
    }
    chunks.push(value);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, sizeBytes);
}

/** More fields than any form of ours or any app has; each costs a little work. */
const fieldsPerForm = 1_000;

/** The text fields of a form. Files are left out: nothing here takes them. */
export async function readForm(body: Uint8Array, contentType: string): Promise<URLSearchParams> {
  const kind = contentType.split(';')[0]!.trim().toLowerCase();
  let fields: URLSearchParams;
  if (kind === 'application/x-www-form-urlencoded' || (kind === '' && body.byteLength === 0)) {
    fields = new URLSearchParams(new TextDecoder().decode(body));
  } else if (kind === 'multipart/form-data') {
    fields = await readMultipart(body, contentType);
  } else {
    throw new CanariError('CANARI_FORM_EXPECTED', 'This address takes a form.', { status: 415 });
  }
  if (fields.size > fieldsPerForm) {
    throw new CanariError('CANARI_FORM_UNREADABLE', 'The form has too many fields.', { status: 400 });
  }
  return fields;
}

async function readMultipart(body: Uint8Array, contentType: string): Promise<URLSearchParams> {
  const fields = new URLSearchParams();
  try {
    const form = await new Response(Buffer.from(body), { headers: { 'content-type': contentType } }).formData();
    form.forEach((value, name) => {
      if (typeof value === 'string') fields.append(name, value);
    });
    return fields;
  } catch (cause) {
    throw new CanariError('CANARI_FORM_UNREADABLE', 'The form could not be read.', { status: 400, cause });
  }
}

export const bodyLimit = (body: 'form' | 'inbox') => (body === 'inbox' ? limits.inboxBodyBytes : limits.formBodyBytes);

/** The best of our languages for an Accept-Language; `preset` when it wants none of them. */
export function pickLanguage(acceptLanguage: string, preset: Language): Language {
  let best: { language: Language; quality: number } | undefined;
  for (const part of acceptLanguage.slice(0, 500).split(',')) {
    const match = /^\s*(en|fr)(?:-[a-z0-9-]+)?\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?\s*$/i.exec(part);
    if (!match) continue;
    const quality = Number(match[2] ?? 1);
    if (quality > (best?.quality ?? 0)) best = { language: match[1]!.toLowerCase() as Language, quality };
  }
  return best?.language ?? preset;
}

/**
 * True when the reader wants ActivityStreams rather than a page: its Accept names activity+json or ld+json with a better quality than HTML.
 * A bare ld+json counts as well: peers ask with it.
 */
export function prefersActivity(accept: string): boolean {
  let activity = 0;
  let html = 0;
  for (const part of accept.toLowerCase().slice(0, 2_000).split(',')) {
    const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    const quality = q === undefined ? 1 : Number(q.slice(2)) || 0;
    if (type === 'application/activity+json' || type === 'application/ld+json') activity = Math.max(activity, quality);
    if (type === 'text/html' || type === 'application/xhtml+xml') html = Math.max(html, quality);
  }
  return activity > 0 && activity >= html;
}
