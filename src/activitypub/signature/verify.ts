import { verify } from 'node:crypto';
import { failed, ok, type Result } from '../../base/result.ts';
import { readDraftCavage } from './draft-cavage.ts';
import type { PublicKey } from './keys.ts';
import { headerValues, type ReadSignature, type SignatureFailure, type SignedRequest } from './request.ts';
import { readRfc9421 } from './rfc9421.ts';

/**
 * First step: everything that needs no key, so that a forged or stale request costs no fetch. `Signature-Input` decides the form;
 * a request in both forms has two `Signature` headers and is refused.
 * @param nowMs wall time.
 */
export function readSignature(request: SignedRequest, nowMs: number): Result<ReadSignature, SignatureFailure> {
  const isNewForm = headerValues(request.headers, 'signature-input').length > 0;
  return isNewForm ? readRfc9421(request, nowMs) : readDraftCavage(request, nowMs);
}

/** Second step: the cryptography. The key's own kind decides the algorithm; the request's claim may only agree with it. */
export function checkSignature(read: ReadSignature, key: PublicKey): Result<true, SignatureFailure> {
  if (read.algorithm !== undefined && read.algorithm !== key.algorithm) return failed('key-kind');
  try {
    const isRight = verify(key.algorithm === 'rsa' ? 'sha256' : null, read.base, key.key, read.signature);
    return isRight ? ok(true) : failed('mismatch');
  } catch {
    // OpenSSL throws on some malformed signatures where it says false to others.
    return failed('mismatch');
  }
}
