import {
  createHash,
  createPublicKey,
  createSign,
  createVerify,
  type KeyObject,
  verify as verifyBytes,
} from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/**
 * HTTP signatures written once more, from the specifications and with node:crypto only: what Canari signs must convince somebody
 * else's reader, and what it verifies must come from somebody else's writer.
 * draft-cavage-http-signatures-12 (what the Fediverse speaks) and RFC 9421 (rsa-v1_5-sha256).
 */

/** How a fake peer signs. The options make wrong signatures as well. */
export interface SignOptions {
  readonly key: KeyObject;
  readonly keyId: string;
  /** Names in the order of the signature; the usual ones by default. */
  readonly signed?: readonly string[];
  /** The Date header; now by default. */
  readonly date?: Date;
  /** A Digest header other than the body's own, signed as it is. */
  readonly digest?: string;
  /** Header values that replace what is sent, after signing: a swapped body, another host. */
  readonly swap?: Readonly<Record<string, string>>;
  readonly algorithm?: string;
}

/** The headers of a signed request (draft-cavage), Host included. */
export function signRequest(
  method: string,
  url: string,
  body: string | undefined,
  options: SignOptions,
): Record<string, string> {
  const { host, pathname, search } = new URL(url);
  const headers: Record<string, string> = { host, date: (options.date ?? new Date()).toUTCString() };
  if (body !== undefined) headers.digest = options.digest ?? `SHA-256=${sha256(Buffer.from(body))}`;
  const names = options.signed ?? ['(request-target)', ...Object.keys(headers)];
  const target = `${method.toLowerCase()} ${pathname}${search}`;
  const text = names.map((name) => `${name}: ${name === '(request-target)' ? target : headers[name]}`).join('\n');
  const signature = createSign('sha256').update(text).sign(options.key, 'base64');
  const algorithm = options.algorithm ?? 'rsa-sha256';
  headers.signature = `keyId="${options.keyId}",algorithm="${algorithm}",headers="${names.join(' ')}",signature="${signature}"`;
  return { ...headers, ...options.swap };
}

const sha256 = (body: Buffer) => createHash('sha256').update(body).digest('base64');

/** What a request says about who sent it. */
export type Verification =
  | { readonly kind: 'none' }
  | { readonly kind: 'valid'; readonly form: 'draft-cavage' | 'rfc9421'; readonly keyId: string }
  | { readonly kind: 'wrong'; readonly reason: string };

/** A request as a peer received it. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const wrong = (reason: string): Verification => ({ kind: 'wrong', reason });

/** Verifies either form; `fetchKey` gives the PEM of a keyId and throws when there is none. */
export async function verifyRequest(
  request: SignedRequest,
  fetchKey: (keyId: string) => Promise<string>,
): Promise<Verification> {
  if (request.headers['signature-input'] !== undefined) return verifyRfc9421(request, fetchKey);
  if (request.headers.signature !== undefined) return verifyCavage(request, fetchKey);
  return { kind: 'none' };
}

async function verifyCavage(
  request: SignedRequest,
  fetchKey: (keyId: string) => Promise<string>,
): Promise<Verification> {
  const field = (name: string) => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(String(request.headers.signature))?.[1];
  const [keyId, names, signature] = [field('keyId'), field('headers')?.split(' ') ?? [], field('signature')];
  if (!keyId || !signature) return wrong('no keyId or signature');
  const needed = ['(request-target)', 'host', 'date', ...(request.method === 'POST' ? ['digest'] : [])];
  const absent = needed.filter((name) => !names.includes(name));
  if (absent.length > 0) return wrong(`not signed: ${absent.join(' ')}`);
  const age = Math.abs(Date.now() - Date.parse(String(request.headers.date)));
  if (!(age < 5 * 60_000)) return wrong(`the date is ${request.headers.date}`);
  if (request.method === 'POST' && request.headers.digest !== `SHA-256=${sha256(request.body)}`) return wrong('digest');
  const target = `${request.method.toLowerCase()} ${request.path}`;
  const text = names
    .map((name) => `${name}: ${name === '(request-target)' ? target : request.headers[name]}`)
    .join('\n');
  const isGood = createVerify('sha256')
    .update(text)
    .verify(await fetchKey(keyId), signature, 'base64');
  return isGood ? { kind: 'valid', form: 'draft-cavage', keyId } : wrong('signature');
}

async function verifyRfc9421(
  request: SignedRequest,
  fetchKey: (keyId: string) => Promise<string>,
): Promise<Verification> {
  const input = /^([a-z*][\w.*-]*)=(\(([^)]*)\)(.*))$/.exec(String(request.headers['signature-input']));
  if (!input) return wrong('Signature-Input cannot be read');
  const [, label, parameters = '', list = '', rest = ''] = input;
  const keyId = /;keyid="([^"]*)"/.exec(rest)?.[1];
  const created = Number(/;created=(\d+)/.exec(rest)?.[1]);
  const signature = new RegExp(`(?:^|, *)${label}=:([^:]*):`).exec(String(request.headers.signature))?.[1];
  if (!keyId || !signature) return wrong('no keyid or signature');
  if (!(Math.abs(Date.now() / 1000 - created) < 300)) return wrong('created');
  const names = [...list.matchAll(/"([^"]*)"/g)].map((match) => match[1]!);
  const covers = names.includes('@method') && (names.includes('@target-uri') || names.includes('@path'));
  if (!covers || (request.method === 'POST' && !names.includes('content-digest'))) return wrong(`covers only ${list}`);
  const digest = `sha-256=:${sha256(request.body)}:`;
  if (request.method === 'POST' && request.headers['content-digest'] !== digest) return wrong('content-digest');
  const lines = names.map((name) => `"${name}": ${componentOf(request, name)}`);
  const base = Buffer.from([...lines, `"@signature-params": ${parameters}`].join('\n'));
  const key = createPublicKey(await fetchKey(keyId));
  const isGood = verifyBytes('sha256', base, key, Buffer.from(signature, 'base64'));
  return isGood ? { kind: 'valid', form: 'rfc9421', keyId } : wrong('signature');
}

/** A derived component (RFC 9421 section 2.2) or a header. */
function componentOf(request: SignedRequest, name: string): string {
  const host = String(request.headers.host);
  const [path = '', query] = request.path.split('?');
  if (name === '@method') return request.method;
  if (name === '@authority') return host;
  if (name === '@target-uri') return `http://${host}${request.path}`;
  if (name === '@path') return path;
  if (name === '@query') return `?${query ?? ''}`;
  return String(request.headers[name]);
}
