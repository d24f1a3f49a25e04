import { ConnectError, type ConnectReason } from '../../base/net/connector.ts';
import { type HeaderValues, readRetryAfter } from '../../base/net/retry-after.ts';
import type { ReasonCode, Verdict } from '../../delivery/contract.ts';

/** An answer as it came: the status, the headers, and the first bytes of what was said. */
export type Reply = { status: number; headers: HeaderValues; text: string };

/** The peer speaks no HTTP that we can read. */
export class UnreadableAnswer extends Error {
  constructor(what: string) {
    super(`unreadable answer: ${what}`);
    this.name = 'UnreadableAnswer';
  }
}

/** Words for people: long enough to recognise, short enough to store 3,000 times. */
const longestWords = 200;

/** A 404 can be a proxy in the middle of an update; three of them over six minutes are not. */
const triesOfMissing = 3;
/** A 401 can be our key, that they could not fetch just now: asked again over half an hour, then no. */
const triesOfUnauthorised = 4;

/**
 * What a server's answer to a POST to its inbox means.
 * Statuses after RFC 9110; 429 with `x-ratelimit-reset` and no Retry-After is GoToSocial's.
 * @param nowMs wall time, for dates in Retry-After.
 */
export function readReply(reply: Reply, nowMs: number): Verdict {
  const { status } = reply;
  const words = wordsOf(reply);
  if (status >= 200 && status < 300) return { outcome: 'accepted' };
  const whose = 'theirs';
  if (status >= 300 && status < 400) {
    return { outcome: 'later', scope: 'delivery', code: 'redirected', whose, words, tries: triesOfMissing };
  }
  const retryAfterMs = readRetryAfter(reply.headers, nowMs);
  if (status === 429 || (status === 503 && retryAfterMs !== undefined)) {
    return { outcome: 'later', scope: 'pace', code: 'throttled', whose, words, ...(retryAfterMs && { retryAfterMs }) };
  }
  switch (status) {
    case 401:
    case 403:
      return { outcome: 'later', scope: 'delivery', code: 'unauthorised', whose, words, tries: triesOfUnauthorised };
    case 404:
      return { outcome: 'later', scope: 'delivery', code: 'not-found', whose, words, tries: triesOfMissing };
    case 408:
    case 425:
      return { outcome: 'later', scope: 'delivery', code: 'server-error', whose, words };
    case 410:
      return { outcome: 'gone', code: 'gone', whose, words };
  }
  if (status < 500) return { outcome: 'refused', code: 'rejected', whose, words };
  // Gateways answer for a server that is not there.
  const scope = status === 502 || status === 503 || status === 504 || status >= 520 ? 'destination' : 'delivery';
  return { outcome: 'later', scope, code: 'server-error', whose, words, ...(retryAfterMs && { retryAfterMs }) };
}

/** True when the other form of signature is worth a try. */
export function mayBeTheSignature(status: number): boolean {
  return status === 400 || status === 401 || status === 403;
}

const connectCodes: Record<ConnectReason, ReasonCode> = {
  'bad-host': 'forbidden-address',
  'blocked-address': 'forbidden-address',
  'name-not-found': 'no-such-host',
  'resolver-failed': 'no-such-host',
  refused: 'unreachable',
  timeout: 'unreachable',
  aborted: 'too-slow',
  tls: 'tls',
};

/** What it means when there was no answer at all. */
export function readFailure(error: unknown): Verdict {
  const words = shorten(error instanceof Error ? error.message : String(error));
  if (error instanceof ConnectError) {
    const code = connectCodes[error.reason];
    // An address that can never be spoken to is no matter of time.
    if (error.reason === 'bad-host') return { outcome: 'refused', code, whose: 'theirs', words };
    return { outcome: 'later', scope: 'destination', code, whose: 'theirs', words };
  }
  return {
    outcome: 'later',
    scope: 'destination',
    code: error instanceof UnreadableAnswer ? 'unreadable' : 'unreachable',
    whose: 'theirs',
    words,
  };
}

/** No whole answer within the deadline. */
export function tooSlow(deadlineMs: number): Verdict {
  const words = `no answer within ${Math.round(deadlineMs / 1_000)} s`;
  return { outcome: 'later', scope: 'destination', code: 'too-slow', whose: 'theirs', words };
}

/** `HTTP 403: Request not signed`: the status and the first words, without markup and control characters. */
function wordsOf({ status, text }: Reply): string {
  const said = /^\s*\{/.test(text) ? errorInJson(text) : text.slice(0, 2_000).replace(/<[^<>]{0,500}>/g, ' ');
  const plain = shorten(said);
  return plain === '' ? `HTTP ${status}` : shorten(`HTTP ${status}: ${plain}`);
}

function errorInJson(text: string): string {
  try {
    const { error, message, detail } = JSON.parse(text) as Record<string, unknown>;
    for (const one of [error, message, detail]) if (typeof one === 'string') return one;
  } catch {
    // Cut off, or no JSON after all: its first words are as good.
  }
  return text;
}

function shorten(text: string): string {
  const plain = text
    .slice(0, 4_000)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return plain.length > longestWords ? `${plain.slice(0, longestWords - 1)}…` : plain;
}
