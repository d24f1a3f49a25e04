import { readHandle } from '../activitypub/parse/actor.ts';
import { readUri } from '../activitypub/parse/values.ts';
import { isJsonObject, type JsonObject, parseJsonObject } from '../base/json.ts';
import { limits } from '../base/limits.ts';
import type { Fetcher, FetchFailure } from '../base/net/guarded-fetch.ts';
import { canonicalHost } from '../base/net/hostname.ts';
import { webSchemeOf } from '../base/net/lab.ts';
import { failed, ok, type Result } from '../base/result.ts';
import type { FetchBudget, RemoteFailure } from './remote.ts';

/** A handle taken apart; `domain` is in its one spelling. */
export interface SplitHandle {
  readonly handle: string;
  readonly domain: string;
}

/** What a server says about a handle. */
export interface Finger {
  /** The handle as the server spells it. */
  readonly subject: SplitHandle;
  /** Id of the actor. */
  readonly actorUri: string;
}

/** WebFinger (RFC 7033): from a handle to the id of an actor. What a server says here is only half of the truth: see `confirmHandle`. */
export interface WebFinger {
  /** Asks the handle's own domain. */
  fetchFinger(handle: SplitHandle, budget: FetchBudget): Promise<Result<Finger, RemoteFailure>>;
  /**
   * The handle of an actor, agreed by both sides (THREATS 31): the actor's own server says which handle it has, and the domain of that handle
   * says that it belongs to this actor.
   */
  confirmHandle(
    actor: { uri: string; handle: string; claimedHandle: string | null },
    budget: FetchBudget,
  ): Promise<Result<SplitHandle, RemoteFailure>>;
  /** Reads `@name@host` as a person types it; undefined when it is none. */
  readHandle(text: string): SplitHandle | undefined;
}

const jrdBytes = 64 * 1024;

export function createWebFinger(fetcher: Fetcher): WebFinger {
  const { labHosts } = fetcher.network;

  function split(text: string): SplitHandle | undefined {
    const match = /^@?([^@\s]+)@([^@\s/]+)$/.exec(text.trim().replace(/^acct:/, ''));
    if (!match || text.length > limits.nameChars) return undefined;
    const handle = readHandle(match[1]);
    const domain = canonicalHost(match[2]!, labHosts);
    return handle !== undefined && domain.ok ? { handle, domain: domain.value } : undefined;
  }

  async function fetchFinger(
    { handle, domain }: SplitHandle,
    budget: FetchBudget,
  ): Promise<Result<Finger, RemoteFailure>> {
    const scheme = webSchemeOf(labHosts, domain.replace(/:\d+$/, ''));
    const resource = encodeURIComponent(`acct:${handle}@${domain}`);
    const url = `${scheme}://${domain}/.well-known/webfinger?resource=${resource}`;
    if (!budget.take(url)) return failure('budget-spent', domain, 'no more documents are fetched for this');
    const fetched = await fetcher.get(url, {
      headers: { accept: 'application/jrd+json, application/json' },
      maxBytes: jrdBytes,
    });
    if (!fetched.ok) return failed(explain(fetched.error, domain));
    const read = parseJsonObject(fetched.value.body);
    const finger = read.ok ? readJrd(read.value) : undefined;
    return finger ? ok(finger) : failure('unreadable', domain, 'its WebFinger answer names no actor');
  }

  function readJrd(jrd: JsonObject): Finger | undefined {
    const subject = typeof jrd.subject === 'string' && jrd.subject.startsWith('acct:') ? split(jrd.subject) : undefined;
    const actorUri = selfLink(jrd);
    return subject && actorUri !== undefined ? { subject, actorUri } : undefined;
  }

  async function confirmHandle(
    actor: { uri: string; handle: string; claimedHandle: string | null },
    budget: FetchBudget,
  ): Promise<Result<SplitHandle, RemoteFailure>> {
    const ownHost = new URL(actor.uri).host;
    const claimed = actor.claimedHandle === null ? undefined : split(actor.claimedHandle);
    const asked = claimed ?? { handle: actor.handle, domain: ownHost };
    const first = await fetchFinger(asked, budget);
    if (!first.ok) return first;
    const { subject, actorUri } = first.value;
    if (actorUri !== actor.uri)
      return failure('refused', asked.domain, `${asked.handle}@${asked.domain} is somebody else`);
    // The document itself, or its own server, has named this domain, and the domain has agreed.
    if (subject.domain === asked.domain) return ok(subject);
    const second = await fetchFinger(subject, budget);
    if (!second.ok) return second;
    const agrees = second.value.actorUri === actor.uri && second.value.subject.domain === subject.domain;
    return agrees ? ok(subject) : failure('refused', subject.domain, 'does not know this actor');
  }

  return { fetchFinger, confirmHandle, readHandle: split };
}

const failure = (reason: RemoteFailure['reason'], host: string, words: string) =>
  failed<RemoteFailure>({ reason, host, words });

/** The link to the actor. */
function selfLink(jrd: JsonObject): string | undefined {
  const links = Array.isArray(jrd.links) ? jrd.links.slice(0, 64).filter(isJsonObject) : [];
  const self = links.find(({ rel, type }) => rel === 'self' && isActivityType(type));
  return readUri(self?.href);
}

const isActivityType = (type: unknown): boolean =>
  typeof type === 'string' && /^application\/(?:activity\+json|ld\+json)\b/i.test(type);

/** A failed fetch as the rest of Canari knows it. */
export function explain(error: FetchFailure, host: string): RemoteFailure {
  const words = error.detail;
  switch (error.reason) {
    case 'bad-status':
      if (error.status === 404) return { reason: 'not-found', host, words };
      if (error.status === 410) return { reason: 'gone', host, words };
      if (error.status === 401 || error.status === 403) return { reason: 'refused', host, words };
      return { reason: error.status >= 500 || error.status === 429 ? 'unreachable' : 'not-found', host, words };
    case 'timeout':
    case 'busy':
    case 'aborted':
      return { reason: 'too-slow', host, words };
    case 'name-not-found':
      return { reason: 'not-found', host, words };
    case 'bad-url':
    case 'blocked-address':
      return { reason: 'bad-handle', host, words };
    case 'too-big':
    case 'bad-encoding':
    case 'bad-redirect':
    case 'too-many-redirects':
      return { reason: 'unreadable', host, words };
    default:
      return { reason: 'unreachable', host, words };
  }
}
