import { hash } from 'node:crypto';

/** Base64 of the SHA-256 of a body: what `Digest` and `Content-Digest` carry. Hash once for all deliveries of one activity. */
export const bodyDigest = (body: Uint8Array): string => hash('sha256', body, 'base64');

const algorithms = new Map([
  ['sha-256', 'sha256'],
  ['sha-512', 'sha512'],
]);

/**
 * Checks `SHA-256=…` (RFC 3230, as draft-cavage signs it). Exactly one value: with two, one reader takes the first and another the last.
 * The algorithm's name may be in either case, as peers write both.
 */
export function isDigestRight(header: string, body: Uint8Array): boolean {
  const match = /^([A-Za-z0-9-]{1,16})=([A-Za-z0-9+/]{1,100}={0,2})$/.exec(header);
  return match !== null && isHash(match[1]!, match[2]!, body);
}

/** Checks `sha-256=:…:` (RFC 9530). Exactly one member, for the same reason. */
export function isContentDigestRight(header: string, body: Uint8Array): boolean {
  const match = /^([a-z0-9-]{1,16})=:([A-Za-z0-9+/]{1,100}={0,2}):$/.exec(header);
  return match !== null && isHash(match[1]!, match[2]!, body);
}

function isHash(algorithm: string, expected: string, body: Uint8Array): boolean {
  const name = algorithms.get(algorithm.toLowerCase());
  return name !== undefined && hash(name, body, 'base64') === expected;
}
