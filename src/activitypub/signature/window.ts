import { limits } from '../../base/limits.ts';
import { failed, ok, type Result } from '../../base/result.ts';
import type { SignatureFailure } from './request.ts';

/**
 * One rule for both forms: at most 12 h old, at most 1 h ahead, and not after the signer's own `expires`. The window is wide because
 * peers retry a stored request for hours and their clocks are wrong; a replay inside it is stopped by the activity's id.
 * @param signedAtMs from `Date`, `(created)` or `created`.
 */
export function checkWindow(
  signedAtMs: number,
  expiresAtMs: number | undefined,
  nowMs: number,
): Result<number, SignatureFailure> {
  if (signedAtMs < nowMs - limits.signatureAgeMs) return failed('too-old');
  if (signedAtMs > nowMs + limits.signatureAheadMs) return failed('in-the-future');
  if (expiresAtMs !== undefined && (expiresAtMs < nowMs || expiresAtMs < signedAtMs)) return failed('expired');
  return ok(signedAtMs);
}

/** Reads the one date form that HTTP has for writing (`Sun, 06 Nov 1994 08:49:37 GMT`), milliseconds; undefined for all else. */
export function readHttpDate(text: string): number | undefined {
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : atMs;
}

/** Reads whole seconds since 1970, milliseconds. */
export function readUnixTime(text: string): number | undefined {
  return /^\d{1,11}$/.test(text) ? Number(text) * 1_000 : undefined;
}
