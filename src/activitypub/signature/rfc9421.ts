import { sign } from 'node:crypto';
import { failed, ok, type Result } from '../../base/result.ts';
import { bodyDigest, isContentDigestRight } from './digest.ts';
import {
  headerValues,
  type KeyAlgorithm,
  type OutgoingRequest,
  type ReadSignature,
  type SignatureFailure,
  type SignedRequest,
  type Signer,
} from './request.ts';
import {
  readSignatureBytes,
  readSignatureInput,
  renderSignatureParams,
  type SignatureInput,
} from './signature-input.ts';
import { checkWindow } from './window.ts';

/**
 * HTTP Message Signatures (RFC 9421) as Mastodon 4.5 and Fedify write them. We sign in this form only as a second knock: snac answers
 * 202 to such a POST and drops it.
 */

const algorithms = new Map<string | number, KeyAlgorithm>([
  ['rsa-v1_5-sha256', 'rsa'],
  ['ed25519', 'ed25519'],
]);

/** Reads and judges everything but the cryptography. The caller has seen that `Signature-Input` is there. */
export function readRfc9421(request: SignedRequest, nowMs: number): Result<ReadSignature, SignatureFailure> {
  const inputs = headerValues(request.headers, 'signature-input');
  const signatures = headerValues(request.headers, 'signature');
  if (inputs.length === 0 || signatures.length === 0) return failed('missing');
  if (inputs.length > 1 || signatures.length > 1) return failed('two-signatures');
  const input = readSignatureInput(inputs[0]!);
  if (!input.ok) return input;
  const signature = readSignatureBytes(signatures[0]!, input.value.label);
  if (!signature.ok) return signature;

  const { parameters } = input.value;
  const keyId = parameters.get('keyid');
  if (typeof keyId !== 'string' || !URL.canParse(keyId)) return failed('key-id');
  const algorithm = readAlgorithm(parameters.get('alg'));
  if (!algorithm.ok) return algorithm;
  const covered = checkCovered(input.value.components, request);
  if (!covered.ok) return covered;
  const fresh = readTime(parameters, nowMs);
  if (!fresh.ok) return fresh;
  const base = buildBase(input.value, request);
  if (!base.ok) return base;
  const isDigested = input.value.components.includes('content-digest');
  if (isDigested && !isContentDigestRight(headerValues(request.headers, 'content-digest')[0]!, request.body)) {
    return failed('digest');
  }
  return ok({
    form: 'rfc9421',
    keyId,
    algorithm: algorithm.value,
    signedAtMs: fresh.value,
    base: Buffer.from(base.value, 'latin1'),
    signature: signature.value,
  });
}

function readAlgorithm(name: string | number | undefined): Result<KeyAlgorithm | undefined, SignatureFailure> {
  if (name === undefined) return ok(undefined);
  const algorithm = algorithms.get(name);
  return algorithm === undefined ? failed('algorithm') : ok(algorithm);
}

/** Method, whole target and body must be signed; `@request-target` alone names no host, so it does not count. */
function checkCovered(components: readonly string[], request: SignedRequest): Result<true, SignatureFailure> {
  const has = (name: string) => components.includes(name);
  const hasPath = has('@path') && (has('@query') || !request.target.includes('?'));
  const hasTarget = has('@target-uri') || ((has('@authority') || has('host')) && (hasPath || has('@request-target')));
  if (!has('@method') || !hasTarget) return failed('not-covered');
  const method = request.method.toUpperCase();
  const hasBody = (method !== 'GET' && method !== 'HEAD') || request.body.length > 0;
  return hasBody && !has('content-digest') ? failed('not-covered') : ok(true);
}

function readTime(parameters: SignatureInput['parameters'], nowMs: number): Result<number, SignatureFailure> {
  const created = parameters.get('created');
  const expires = parameters.get('expires');
  if (typeof created !== 'number' || (expires !== undefined && typeof expires !== 'number')) return failed('date');
  return checkWindow(created * 1_000, expires === undefined ? undefined : expires * 1_000, nowMs);
}

function buildBase(input: SignatureInput, request: SignedRequest): Result<string, SignatureFailure> {
  const lines: string[] = [];
  for (const component of input.components) {
    const value = componentValue(component, request);
    if (!value.ok) return value;
    lines.push(`"${component}": ${value.value}`);
  }
  lines.push(`"@signature-params": ${renderSignatureParams(input)}`);
  return ok(lines.join('\n'));
}

/** Headers that mean one thing; two of them are refused, where RFC 9421 would join them. */
const single = ['date', 'content-digest', 'content-type', 'content-length'];

function componentValue(component: string, request: SignedRequest): Result<string, SignatureFailure> {
  if (component.startsWith('@')) return derivedValue(component, request);
  if (component === 'host') return ok(request.host);
  const values = headerValues(request.headers, component);
  if (values.length === 0) return failed('header-missing');
  if (values.length > 1 && single.includes(component)) return failed('header-twice');
  return ok(values.join(', '));
}

function derivedValue(component: string, request: SignedRequest): Result<string, SignatureFailure> {
  const queryAt = request.target.indexOf('?');
  const path = queryAt < 0 ? request.target : request.target.slice(0, queryAt);
  switch (component) {
    case '@method':
      return ok(request.method.toUpperCase());
    case '@target-uri':
      return ok(`${request.scheme}://${request.host}${request.target}`);
    case '@authority':
      return ok(request.host);
    case '@scheme':
      return ok(request.scheme);
    case '@path':
      return ok(path);
    case '@query':
      return ok(queryAt < 0 ? '?' : request.target.slice(queryAt));
    case '@request-target':
      return ok(request.target);
    default:
      return failed('malformed');
  }
}

/**
 * Signs a request in the newer form: method, target and host, with a body also its digest and type.
 * @param nowMs wall time.
 * @returns the headers to send, names in lower case, `host` included.
 */
export function signRfc9421(request: OutgoingRequest, signer: Signer, nowMs: number): Record<string, string> {
  const { url } = request;
  const headers: Record<string, string> = { host: url.host, date: new Date(nowMs).toUTCString() };
  const components = ['@method', '@target-uri', '@authority', 'host', 'date'];
  if (request.body) {
    headers['content-digest'] = `sha-256=:${request.digest ?? bodyDigest(request.body)}:`;
    headers['content-type'] = request.contentType ?? 'application/activity+json';
    components.push('content-digest', 'content-type');
  }
  const isRsa = signer.privateKey.asymmetricKeyType === 'rsa';
  const parameters = new Map<string, string | number>([
    ['created', Math.floor(nowMs / 1_000)],
    ['keyid', signer.keyId],
    ['alg', isRsa ? 'rsa-v1_5-sha256' : 'ed25519'],
  ]);
  const params = renderSignatureParams({ components, parameters });
  const values: Record<string, string> = {
    ...headers,
    '@method': request.method,
    '@target-uri': url.href.replace(/#.*$/, ''),
    '@authority': url.host,
  };
  const lines = [...components.map((name) => `"${name}": ${values[name]}`), `"@signature-params": ${params}`];
  const signature = sign(isRsa ? 'sha256' : null, Buffer.from(lines.join('\n'), 'latin1'), signer.privateKey);
  headers['signature-input'] = `sig1=${params}`;
  headers.signature = `sig1=:${signature.toString('base64')}:`;
  return headers;
}
