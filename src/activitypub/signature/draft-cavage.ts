import { sign } from 'node:crypto';
import { failed, ok, type Result } from '../../base/result.ts';
import { bodyDigest, isDigestRight } from './digest.ts';
import {
  headerValues,
  type KeyAlgorithm,
  type OutgoingRequest,
  type ReadSignature,
  type SignatureFailure,
  type SignedRequest,
  type Signer,
} from './request.ts';
import { checkWindow, readHttpDate, readUnixTime } from './window.ts';

/**
 * HTTP signatures as the Fediverse signs (draft-cavage-http-signatures-12). Read strictly: what a lenient reader repairs, two readers
 * repair differently, and the difference is a forgery (CVE-2026-28432).
 */

/** No honest peer sends more. */
const mostParameters = 16;
const mostHeaders = 32;

/** `rsa-sha256` says RSA; `hs2019` (and nothing) leaves it to the key. All others, HMAC with a public key first among them, are refused. */
const algorithms = new Map<string, KeyAlgorithm | 'by-key'>([
  ['rsa-sha256', 'rsa'],
  ['ed25519', 'ed25519'],
  ['hs2019', 'by-key'],
]);

/** Reads and judges everything but the cryptography. */
export function readDraftCavage(request: SignedRequest, nowMs: number): Result<ReadSignature, SignatureFailure> {
  const lines = headerValues(request.headers, 'signature');
  if (lines.length === 0) return failed('missing');
  if (lines.length > 1) return failed('two-signatures');
  const parameters = readParameters(lines[0]!);
  if (!parameters.ok) return parameters;
  const { keyId, algorithm: claim = '', headers, signature } = Object.fromEntries(parameters.value);
  if (!keyId || !URL.canParse(keyId)) return failed('key-id');
  const kind = claim === '' ? 'by-key' : algorithms.get(claim.toLowerCase());
  if (kind === undefined) return failed('algorithm');
  if (!signature || !/^[A-Za-z0-9+/]+={0,2}$/.test(signature)) return failed('malformed');

  const names = (headers ?? '').split(' ');
  const covered = checkCovered(names, request, kind === 'rsa');
  if (!covered.ok) return covered;
  const fresh = readTime(names, parameters.value, request, nowMs);
  if (!fresh.ok) return fresh;
  const base = buildBase(names, request, parameters.value);
  if (!base.ok) return base;
  const digest = checkDigest(names, request);
  if (!digest.ok) return digest;
  return ok({
    form: 'draft-cavage',
    keyId,
    algorithm: kind === 'by-key' ? undefined : kind,
    signedAtMs: fresh.value,
    base: Buffer.from(base.value, 'latin1'),
    signature: Buffer.from(signature, 'base64'),
  });
}

/** `name="value"` or `name=123`, separated by commas. A name twice is refused: Misskey took one of the two. */
function readParameters(line: string): Result<Map<string, string>, SignatureFailure> {
  const parameters = new Map<string, string>();
  const pattern = /\s*([A-Za-z]+)=(?:"([ !#-[\]-~]*)"|(\d{1,15}))\s*(,|$)/y;
  let end = ',';
  while (end === ',') {
    const match = pattern.exec(line);
    if (!match || parameters.size >= mostParameters) return failed('malformed');
    const [, name = '', quoted, number, separator = ''] = match;
    const isNumber = name === 'created' || name === 'expires';
    if (isNumber !== (number !== undefined)) return failed('malformed');
    if (parameters.has(name)) return failed('duplicate-parameter');
    parameters.set(name, quoted ?? number!);
    end = separator;
  }
  return ok(parameters);
}

/** What must be signed, so that the signature is good for this method, path, host, moment and body and no other. */
function checkCovered(
  names: readonly string[],
  request: SignedRequest,
  isRsaSha256: boolean,
): Result<true, SignatureFailure> {
  if (names.length > mostHeaders || new Set(names).size !== names.length) return failed('malformed');
  if (!names.every((name) => /^(\([a-z-]+\)|[a-z0-9!#$%&'*+.^_`|~-]+)$/.test(name))) return failed('malformed');
  // The draft forbids (created) and (expires) with the algorithms that were there before hs2019.
  if (isRsaSha256 && names.some((name) => name === '(created)' || name === '(expires)')) return failed('algorithm');
  const isDated = names.includes('date') || names.includes('(created)');
  if (!names.includes('(request-target)') || !names.includes('host') || !isDated) return failed('not-covered');
  return hasBody(request) && !names.includes('digest') ? failed('not-covered') : ok(true);
}

const hasBody = (request: SignedRequest): boolean => {
  const method = request.method.toUpperCase();
  return (method !== 'GET' && method !== 'HEAD') || request.body.length > 0;
};

function readTime(
  names: readonly string[],
  parameters: ReadonlyMap<string, string>,
  request: SignedRequest,
  nowMs: number,
): Result<number, SignatureFailure> {
  const expires = parameters.get('expires');
  const expiresAtMs = expires === undefined ? undefined : readUnixTime(expires);
  if (expires !== undefined && expiresAtMs === undefined) return failed('date');
  const times: (number | undefined)[] = [];
  // A moment that is written and not signed proves nothing, but a wrong one is still a reason to refuse.
  const created = parameters.get('created');
  if (created !== undefined || names.includes('(created)')) times.push(readUnixTime(created ?? ''));
  if (names.includes('date')) times.push(readHttpDate(headerValues(request.headers, 'date').join(', ')));
  let signedAtMs = 0;
  for (const time of times) {
    if (time === undefined) return failed('date');
    const fresh = checkWindow(time, expiresAtMs, nowMs);
    if (!fresh.ok) return fresh;
    signedAtMs = time;
  }
  return ok(signedAtMs);
}

function buildBase(
  names: readonly string[],
  request: SignedRequest,
  parameters: ReadonlyMap<string, string>,
): Result<string, SignatureFailure> {
  const lines: string[] = [];
  for (const name of names) {
    const value = lineValue(name, request, parameters);
    if (!value.ok) return value;
    lines.push(`${name}: ${value.value}`);
  }
  return ok(lines.join('\n'));
}

/** Headers that mean one thing; two of them are refused, where the draft would join them. */
const single = ['date', 'digest', 'content-type', 'content-length'];

function lineValue(
  name: string,
  request: SignedRequest,
  parameters: ReadonlyMap<string, string>,
): Result<string, SignatureFailure> {
  if (name === '(request-target)') return ok(`${request.method.toLowerCase()} ${request.target}`);
  if (name === '(created)' || name === '(expires)') {
    const value = parameters.get(name.slice(1, -1));
    return value === undefined ? failed('header-missing') : ok(value);
  }
  if (name.startsWith('(')) return failed('malformed');
  if (name === 'host') return ok(request.host);
  const values = headerValues(request.headers, name);
  if (values.length === 0) return failed('header-missing');
  if (values.length > 1 && single.includes(name)) return failed('header-twice');
  return ok(values.join(', '));
}

function checkDigest(names: readonly string[], request: SignedRequest): Result<true, SignatureFailure> {
  if (!names.includes('digest')) return ok(true);
  return isDigestRight(headerValues(request.headers, 'digest')[0] ?? '', request.body) ? ok(true) : failed('digest');
}

/**
 * Signs a request the way every peer reads it: `(request-target) host date`, with a body also `digest content-type`.
 * @param nowMs wall time.
 * @returns the headers to send, names in lower case, `host` included.
 */
export function signDraftCavage(request: OutgoingRequest, signer: Signer, nowMs: number): Record<string, string> {
  const { url } = request;
  const headers: Record<string, string> = { host: url.host, date: new Date(nowMs).toUTCString() };
  if (request.body) {
    headers.digest = `SHA-256=${request.digest ?? bodyDigest(request.body)}`;
    headers['content-type'] = request.contentType ?? 'application/activity+json';
  }
  const names = ['(request-target)', ...Object.keys(headers)];
  const target = `${request.method.toLowerCase()} ${url.pathname}${url.search}`;
  const base = names.map((name) => `${name}: ${name === '(request-target)' ? target : headers[name]}`).join('\n');
  const isRsa = signer.privateKey.asymmetricKeyType === 'rsa';
  const signature = sign(isRsa ? 'sha256' : null, Buffer.from(base, 'latin1'), signer.privateKey).toString('base64');
  const algorithm = isRsa ? 'rsa-sha256' : 'hs2019';
  headers.signature = `keyId="${signer.keyId}",algorithm="${algorithm}",headers="${names.join(' ')}",signature="${signature}"`;
  return headers;
}
