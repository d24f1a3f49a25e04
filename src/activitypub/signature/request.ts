import type { KeyObject } from 'node:crypto';

/** A request as it came in, with every header line visible: two lines of one name are what an attacker would hide. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query exactly as on the request line. */
  readonly target: string;
  /**
   * The place's own host, with its port when that is not the usual one: what a signature for us must name. Never the Host header
   * of the request: behind a proxy that may say anything, and a signature for another place of this process must fail here.
   */
  readonly host: string;
  readonly scheme: 'https' | 'http';
  readonly headers: readonly (readonly [string, string])[];
  /** The bytes as received; empty for a GET. */
  readonly body: Uint8Array;
}

/** Makes pairs of Node's flat `rawHeaders`. */
export function headerPairs(rawHeaders: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2)
    pairs.push([rawHeaders[index]!, rawHeaders[index + 1]!]);
  return pairs;
}

/** All values of a header, in order, trimmed; `name` in lower case. */
export function headerValues(headers: SignedRequest['headers'], name: string): string[] {
  return headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value.trim());
}

export type SignatureForm = 'draft-cavage' | 'rfc9421';
export type KeyAlgorithm = 'rsa' | 'ed25519';

/** A signature that says all it must and is fresh; what is left is to check it with the key. */
export interface ReadSignature {
  readonly form: SignatureForm;
  /** An absolute URL, as written. */
  readonly keyId: string;
  /** What kind of key the request claims; undefined when it leaves that to the key (`hs2019`). */
  readonly algorithm: KeyAlgorithm | undefined;
  readonly signedAtMs: number;
  /** What was signed. */
  readonly base: Buffer;
  readonly signature: Buffer;
}

/** Why a request is not believed. Each is answered 401 with its words. */
export type SignatureFailure =
  | 'missing'
  | 'two-signatures'
  | 'malformed'
  | 'duplicate-parameter'
  | 'key-id'
  | 'algorithm'
  | 'not-covered'
  | 'header-missing'
  | 'header-twice'
  | 'digest'
  | 'date'
  | 'too-old'
  | 'in-the-future'
  | 'expired'
  | 'key-kind'
  | 'mismatch';

/** Who signs: the key's public URL and the key itself, parsed once (a PEM parsed at each call doubles the cost). */
export interface Signer {
  readonly keyId: string;
  readonly privateKey: KeyObject;
}

/** A request that goes out. */
export interface OutgoingRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  /** Absent for a GET. */
  readonly body?: Uint8Array;
  /** Signed with a body; `application/activity+json` when absent. */
  readonly contentType?: string;
  /** `bodyDigest(body)`, when 3,000 requests share one body and it should be hashed once. */
  readonly digest?: string;
}
