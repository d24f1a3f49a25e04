import { signDraftCavage } from '../activitypub/signature/draft-cavage.ts';
import type { SignatureForm, Signer } from '../activitypub/signature/request.ts';
import { signRfc9421 } from '../activitypub/signature/rfc9421.ts';
import type { Clock } from '../base/clock.ts';
import { type JsonObject, parseJsonObject } from '../base/json.ts';
import { limits } from '../base/limits.ts';
import type { Fetched, Fetcher, FetchFailure, SignHop } from '../base/net/guarded-fetch.ts';
import { readRemoteUrl } from '../base/net/hostname.ts';
import { failed, ok, type Result } from '../base/result.ts';

/** Reading ActivityPub documents of others. Only the origin of an id is believed about it (CVE-2024-23832). */

/** A document that its own origin served under its own id. */
export interface RemoteDocument {
  /** As written in the document; it is where the document came from. */
  readonly id: string;
  readonly document: JsonObject;
}

/**
 * Why there is none.
 * `gone`: 410. `missing`: 404. `refused`: 401 or 403, not for us. `unreachable`: try later (time-out, no name server, 429, 5xx, our own
 * slots). `unusable`: an answer that trying again will not better (a wrong type, no JSON, an id of elsewhere, an address we do not speak to).
 */
export interface DocumentFailure {
  readonly reason: 'gone' | 'missing' | 'refused' | 'unreachable' | 'unusable';
  /** For logs and the operator. */
  readonly detail: string;
  readonly retryAfterMs?: number;
  /** With `unreachable`: nothing speaks HTTP and TLS there, where otherwise something is slow, busy or broken. */
  readonly isDown?: boolean;
}

export interface ReadOptions {
  /** Signs the request: many servers answer nobody else. */
  readonly signAs?: Signer;
  /** Over everything, second knock and second fetch included; `limits.fetchMs` when absent. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

export interface DocumentReader {
  fetchDocument(url: string, options?: ReadOptions): Promise<Result<RemoteDocument, DocumentFailure>>;
}

/** What Mastodon sends; both are needed, some servers know only one. */
export const activityPubAccept =
  'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"';

/** Origins that refused draft-cavage and took RFC 9421: remembered, so that they are asked once and not twice. */
const originsRemembered = 1_000;

/**
 * @param parts.isLocal true for URLs of this process's own places: they are never fetched, whoever asks (THREATS 11).
 */
export function createDocumentReader(parts: {
  fetcher: Fetcher;
  clock: Clock;
  isLocal: (url: URL) => boolean;
}): DocumentReader {
  const { clock } = parts;
  const newForm = new Set<string>();

  async function fetchDocument(
    url: string,
    options: ReadOptions = {},
  ): Promise<Result<RemoteDocument, DocumentFailure>> {
    const endsAt = clock.monotonic() + (options.deadlineMs ?? limits.fetchMs);
    const first = await fetchOnce(url, options, endsAt);
    if (!first.ok || first.value.isOwn) return first;
    // The document says that it lives elsewhere: ask there, once, and believe only that answer (THREATS 18).
    const second = await fetchOnce(first.value.id, options, endsAt);
    if (!second.ok || second.value.isOwn) return second;
    return unusable(`${first.value.id} is not served under its own id`);
  }

  async function fetchOnce(
    url: string,
    options: ReadOptions,
    endsAt: number,
  ): Promise<Result<RemoteDocument & { isOwn: boolean }, DocumentFailure>> {
    const origin = URL.canParse(url) ? new URL(url).origin : '';
    let form: SignatureForm = newForm.has(origin) ? 'rfc9421' : 'draft-cavage';
    let answer = await ask(url, options, endsAt, form);
    if (options.signAs && isUnauthorised(answer)) {
      newForm.delete(origin);
      form = form === 'rfc9421' ? 'draft-cavage' : 'rfc9421';
      answer = await ask(url, options, endsAt, form);
      if (answer.ok && form === 'rfc9421') remember(origin);
    }
    return answer.ok ? readDocument(answer.value, parts.fetcher) : failed(explain(answer.error));
  }

  function remember(origin: string): void {
    newForm.add(origin);
    if (newForm.size > originsRemembered) newForm.delete(newForm.values().next().value!);
  }

  function ask(url: string, options: ReadOptions, endsAt: number, form: SignatureForm) {
    const { signAs } = options;
    const sign: SignHop | undefined =
      signAs && ((hop) => (form === 'rfc9421' ? signRfc9421 : signDraftCavage)(hop, signAs, clock.now()));
    return parts.fetcher.get(url, {
      headers: { accept: activityPubAccept },
      sign,
      deadlineMs: Math.max(1, endsAt - clock.monotonic()),
      signal: options.signal,
      mayVisit: (hop) => !parts.isLocal(hop),
    });
  }

  return { fetchDocument };
}

const isUnauthorised = (answer: Result<Fetched, FetchFailure>): boolean =>
  !answer.ok && answer.error.reason === 'bad-status' && answer.error.status === 401;

const unusable = (detail: string) => failed<DocumentFailure>({ reason: 'unusable', detail });

function readDocument(
  fetched: Fetched,
  fetcher: Fetcher,
): Result<RemoteDocument & { isOwn: boolean }, DocumentFailure> {
  if (Array.isArray(fetched.headers['content-type']) || !isActivityPubType(fetched.contentType)) {
    return unusable(`${fetched.url} is ${fetched.contentType || 'of no type'}, not ActivityPub`);
  }
  const read = parseJsonObject(fetched.body);
  if (!read.ok) return unusable(`${fetched.url}: ${read.error}`);
  const { id } = read.value;
  if (typeof id !== 'string') return unusable(`${fetched.url} has no id`);
  const url = readRemoteUrl(id, fetcher.network.labHosts);
  if (!url.ok) return unusable(`${fetched.url} calls itself ${id.slice(0, 200)}: ${url.error}`);
  return ok({ id, document: read.value, isOwn: url.value.href === fetched.url });
}

/**
 * True for the two types of ActivityPub (FEP-96ff). Anything else is refused, `application/json` too: a server that lets people upload
 * files serves those under other types, and such a file must not speak for the server (THREATS 25, 26).
 */
export function isActivityPubType(contentType: string): boolean {
  const [type = '', ...parameters] = contentType.toLowerCase().split(';');
  if (type.trim() === 'application/activity+json') return true;
  if (type.trim() !== 'application/ld+json') return false;
  const profile = parameters.map((text) => /^\s*profile\s*=\s*"?([^"]*)"?\s*$/.exec(text)?.[1]).find((text) => text);
  return profile?.split(' ').includes('https://www.w3.org/ns/activitystreams') ?? false;
}

function explain(failure: FetchFailure): DocumentFailure {
  const { detail } = failure;
  switch (failure.reason) {
    case 'bad-status':
      return explainStatus(failure.status, detail, failure.retryAfterMs);
    case 'refused':
    case 'tls':
    case 'broken':
      return { reason: 'unreachable', detail, isDown: true };
    case 'timeout':
    case 'aborted':
    case 'busy':
    case 'resolver-failed':
      return { reason: 'unreachable', detail };
    // A name that is gone today may be back tomorrow, but nobody should wait for it with a request open.
    case 'name-not-found':
    case 'bad-url':
    case 'blocked-address':
    case 'too-big':
    case 'bad-encoding':
    case 'too-many-redirects':
    case 'bad-redirect':
      return { reason: 'unusable', detail: `${failure.reason}: ${detail}` };
  }
}

function explainStatus(status: number, detail: string, retryAfterMs: number | undefined): DocumentFailure {
  if (status === 410) return { reason: 'gone', detail };
  if (status === 404) return { reason: 'missing', detail };
  if (status === 401 || status === 403) return { reason: 'refused', detail };
  if (status === 429 || status >= 500) return { reason: 'unreachable', detail, retryAfterMs };
  return { reason: 'unusable', detail };
}
