import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { limits } from '../../base/limits.ts';
import { failed, ok, type Result } from '../../base/result.ts';
import { decodeBase58, encodeBase58 } from './base58.ts';
import type { KeyAlgorithm } from './request.ts';

/** A key that signatures are checked with. */
export interface PublicKey {
  readonly algorithm: KeyAlgorithm;
  readonly key: KeyObject;
  /** SPKI, in one spelling, so that equal keys are equal strings. */
  readonly pem: string;
}

/** Why a key is not used. */
export type KeyFailure = 'not-a-key' | 'trailing-bytes' | 'too-short' | 'too-long' | 'exponent' | 'kind';

/** Bytes of the largest RSA key that we take, with room for its wrapping. */
const longestPem = 4_096;

/**
 * Reads a public key in PEM, SPKI or PKCS#1. RSA between `limits.rsaBits` and Ed25519; nothing before or after the block and nothing
 * after the key inside it (CVE-2026-28432's relatives: two readers, two keys).
 */
export function readPublicKey(pem: string): Result<PublicKey, KeyFailure> {
  if (pem.length > longestPem) return failed('too-long');
  const match = /^-----BEGIN (RSA )?PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END (RSA )?PUBLIC KEY-----$/.exec(
    pem.trim(),
  );
  if (!match || match[1] !== match[3]) return failed('not-a-key');
  const der = Buffer.from(match[2]!, 'base64');
  if (sequenceLength(der) !== der.length) return failed('trailing-bytes');
  try {
    return judgeKey(createPublicKey({ key: der, format: 'der', type: match[1] ? 'pkcs1' : 'spki' }));
  } catch {
    return failed('not-a-key');
  }
}

/** Length of the DER sequence at the beginning, header included; -1 when there is none. */
function sequenceLength(der: Buffer): number {
  const first = der[1];
  if (der[0] !== 0x30 || first === undefined) return -1;
  if (first < 0x80) return 2 + first;
  const width = first - 0x80;
  return width >= 1 && width <= 2 && der.length >= 2 + width ? 2 + width + der.readUIntBE(2, width) : -1;
}

function judgeKey(key: KeyObject): Result<PublicKey, KeyFailure> {
  const pem = () => key.export({ type: 'spki', format: 'pem' }).toString();
  if (key.asymmetricKeyType === 'ed25519') return ok({ algorithm: 'ed25519', key, pem: pem() });
  if (key.asymmetricKeyType !== 'rsa') return failed('kind');
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < limits.rsaBits.min) return failed('too-short');
  if (modulusLength > limits.rsaBits.max) return failed('too-long');
  // 1 verifies everything; one as long as the modulus makes each verification cost what a signature does.
  if (publicExponent < 3n || publicExponent % 2n === 0n || publicExponent > 0xffff_ffffn) return failed('exponent');
  return ok({ algorithm: 'rsa', key, pem: pem() });
}

/** Multicodec `ed25519-pub`. */
const ed25519Prefix = Buffer.from([0xed, 0x01]);
/** What comes before the 32 bytes of an Ed25519 key in SPKI. */
const ed25519Spki = Buffer.from('302a300506032b6570032100', 'hex');

/** Reads `publicKeyMultibase` of a Multikey (FEP-521a): Ed25519 in base58-btc. */
export function readMultikey(text: string): Result<PublicKey, KeyFailure> {
  const bytes = text.startsWith('z') && text.length <= 64 ? decodeBase58(text.slice(1)) : undefined;
  if (!bytes) return failed('not-a-key');
  if (!bytes.subarray(0, 2).equals(ed25519Prefix)) return failed('kind');
  if (bytes.length !== 34) return failed('not-a-key');
  return judgeKey(
    createPublicKey({ key: Buffer.concat([ed25519Spki, bytes.subarray(2)]), format: 'der', type: 'spki' }),
  );
}

/** Writes an Ed25519 key as `publicKeyMultibase`. */
export function renderMultikey(publicPem: string): string {
  const der = createPublicKey(publicPem).export({ type: 'spki', format: 'der' });
  return `z${encodeBase58(Buffer.concat([ed25519Prefix, der.subarray(ed25519Spki.length)]))}`;
}

/** A new pair, PEM: SPKI and PKCS#8. RSA-2048 takes about 100 ms, on another thread. */
export async function makeKeyPair(algorithm: KeyAlgorithm): Promise<{ publicPem: string; privatePem: string }> {
  const { publicKey, privateKey } =
    algorithm === 'rsa'
      ? await promisify(generateKeyPair)('rsa', { modulusLength: 2_048 })
      : await promisify(generateKeyPair)('ed25519');
  return {
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** Reads one of our own private keys. Keep the result: parsing costs as much as a signature. Throws when the text is no key. */
export const getPrivateKey = (pem: string): KeyObject => createPrivateKey(pem);
