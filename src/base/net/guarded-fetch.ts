import { Agent, type Dispatcher, request as undiciRequest } from 'undici';
import type { Clock } from '../clock.ts';
import { limits } from '../limits.ts';
import { failed, ok, type Result } from '../result.ts';
import { type BodyFailure, readBody, readStart } from './body.ts';
import { ConnectError, type Connector, type ConnectReason, createConnector, type NetworkOptions } from './connector.ts';
import { readRemoteUrl, type UrlFailure } from './hostname.ts';
import { firstHeader, type HeaderValues, readRetryAfter } from './retry-after.ts';
import { Slots } from './slots.ts';

/**
 * Reads from servers that may be hostile: through the guarded connector, with one deadline over everything, a cap that counts inflated
 * bytes, and redirects followed by hand so that each hop is checked. undici's `fetch` has neither cap nor deadline.
 */

/** Why there is no answer to read. Closed: a `switch` over `reason` is complete. */
export type FetchFailure =
  | { readonly reason: 'bad-url'; readonly detail: UrlFailure }
  | { readonly reason: Exclude<ConnectReason, 'bad-host'>; readonly detail: string }
  /** The answer is not HTTP, or ended too soon. */
  | { readonly reason: 'broken'; readonly detail: string }
  | { readonly reason: BodyFailure; readonly detail: string }
  | { readonly reason: 'too-many-redirects'; readonly detail: string }
  /** A redirect in a circle, without a usable target, to a place that is not spoken to, or of a POST. */
  | { readonly reason: 'bad-redirect'; readonly detail: string }
  /** Ours: no slot became free before the deadline. */
  | { readonly reason: 'busy'; readonly detail: string }
  | {
      readonly reason: 'bad-status';
      readonly detail: string;
      readonly status: number;
      /** What the server asks us to wait. */
      readonly retryAfterMs?: number;
      /** The beginning of what it said, at most 500 characters. */
      readonly text: string;
    };

/** A good answer: status 200 to 299. */
export interface Fetched {
  readonly status: number;
  /** Where the answer came from, after redirects; without a fragment. */
  readonly url: string;
  readonly headers: HeaderValues;
  /** As sent, parameters included; empty when absent. */
  readonly contentType: string;
  readonly body: Buffer;
}

/** Headers that sign one hop, or undefined to send it unsigned. */
export type SignHop = (hop: { method: 'GET' | 'POST'; url: URL }) => Record<string, string> | undefined;

export interface FetchOptions {
  /** Sent on every hop. `User-Agent` here replaces the fetcher's. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Called once per hop, so that each is signed for its own host. */
  readonly sign?: SignHop;
  /** Over everything: waiting for a slot, redirects, body. `limits.fetchMs` when absent. */
  readonly deadlineMs?: number;
  /** Counted after inflating. `limits.fetchedBytes` when absent. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  /** Asked before each hop; false refuses it as a bad URL. For "never our own place". */
  readonly mayVisit?: (url: URL) => boolean;
}

/** The guarded way to read others. */
export interface Fetcher {
  readonly network: NetworkOptions;
  get(url: string, options?: FetchOptions): Promise<Result<Fetched, FetchFailure>>;
  /** Never follows a redirect (THREATS 39). */
  post(url: string, body: Uint8Array, options?: FetchOptions): Promise<Result<Fetched, FetchFailure>>;
  /** Ends idle connections; what runs is given up. */
  close(): Promise<void>;
}

/**
 * @param network what may be reached, or a connector that is shared with others.
 * @param parts.userAgent always sent: some servers answer 418 without.
 */
export function createFetcher(
  network: NetworkOptions | Connector,
  parts: { clock: Clock; userAgent: string },
): Fetcher {
  const connector = 'undiciConnect' in network ? network : createConnector(network, { clock: parts.clock });
  const agent = new Agent({
    connect: connector.undiciConnect as never,
    connections: limits.fetchesPerHost,
    pipelining: 1,
    keepAliveTimeout: 4_000,
    // The deadline rules; undici's own timers would only add another.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const walk = { ...parts, connector, agent, slots: new Slots(limits.fetchesPerHost, limits.fetchesInAll) };
  return {
    network: connector.network,
    get: (url, options = {}) => withDeadline(walk, 'GET', url, undefined, options),
    post: (url, body, options = {}) => withDeadline(walk, 'POST', url, body, options),
    close: () => agent.destroy(),
  };
}

interface Parts {
  readonly clock: Clock;
  readonly userAgent: string;
  readonly connector: Connector;
  readonly agent: Agent;
  readonly slots: Slots;
}

type Outcome = Result<Fetched, FetchFailure>;

async function withDeadline(
  parts: Parts,
  method: 'GET' | 'POST',
  url: string,
  body: Uint8Array | undefined,
  options: FetchOptions,
): Promise<Outcome> {
  const abort = new AbortController();
  const cancel = parts.clock.after(options.deadlineMs ?? limits.fetchMs, () => abort.abort());
  const onAbort = () => abort.abort();
  if (options.signal?.aborted) onAbort();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await followRedirects(parts, { method, url, body, options, signal: abort.signal });
  } catch (error) {
    return failed(explain(error, options.signal, abort.signal));
  } finally {
    cancel();
    options.signal?.removeEventListener('abort', onAbort);
  }
}

interface Walk {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly body: Uint8Array | undefined;
  readonly options: FetchOptions;
  readonly signal: AbortSignal;
}

async function followRedirects(parts: Parts, walk: Walk): Promise<Outcome> {
  const visited = new Set<string>();
  const first = readRemoteUrl(walk.url, parts.connector.network.labHosts);
  if (!first.ok) return failed({ reason: 'bad-url', detail: first.error });
  let url = first.value;
  for (;;) {
    url.hash = '';
    if (walk.options.mayVisit?.(url) === false) return failed({ reason: 'bad-url', detail: 'own-place' });
    visited.add(url.href);
    const hop = await visit(parts, walk, url);
    if (!('redirect' in hop)) return hop;
    if (walk.method === 'POST') return failed({ reason: 'bad-redirect', detail: 'a POST is not redirected' });
    if (visited.size > limits.redirects) {
      return failed({ reason: 'too-many-redirects', detail: `more than ${limits.redirects}` });
    }
    const next = readRedirect(hop.redirect, url, parts.connector.network);
    if (!next.ok) return next;
    if (visited.has(next.value.href)) return failed({ reason: 'bad-redirect', detail: 'a circle' });
    url = next.value;
  }
}

function readRedirect(location: string | undefined, from: URL, network: NetworkOptions): Result<URL, FetchFailure> {
  if (location === undefined || location.length > limits.uriChars || !URL.canParse(location, from)) {
    return failed({ reason: 'bad-redirect', detail: 'no usable Location' });
  }
  // Resolved first, then read as strictly as any other URL; only the spelling of the host in a Location is not judged.
  const target = new URL(location, from);
  const read = readRemoteUrl(target.href, network.labHosts);
  if (!read.ok) return failed({ reason: 'bad-redirect', detail: read.error });
  read.value.hash = '';
  return read;
}

async function visit(parts: Parts, walk: Walk, url: URL): Promise<Outcome | { redirect: string | undefined }> {
  const release = await parts.slots.take(url.hostname, walk.signal);
  if (!release) {
    if (walk.options.signal?.aborted) return failed({ reason: 'aborted', detail: url.host });
    return failed({ reason: 'busy', detail: `no slot for ${url.host}` });
  }
  try {
    const response = await undiciRequest(url, {
      dispatcher: parts.agent,
      method: walk.method,
      body: walk.body,
      signal: walk.signal,
      headers: {
        'user-agent': parts.userAgent,
        'accept-encoding': 'gzip, br',
        ...lowerCase(walk.options.headers),
        ...walk.options.sign?.({ method: walk.method, url }),
      },
    });
    return await readAnswer(parts, walk, url, response);
  } finally {
    release();
  }
}

function lowerCase(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

const redirects = [301, 302, 303, 307, 308];

async function readAnswer(
  parts: Parts,
  walk: Walk,
  url: URL,
  response: Dispatcher.ResponseData,
): Promise<Outcome | { redirect: string | undefined }> {
  const { statusCode: status, headers, body } = response;
  // A body that is given up says so with an error event, which nobody else listens to.
  body.on('error', () => {});
  if (redirects.includes(status)) {
    await readStart(body);
    return { redirect: firstHeader(headers, 'location') };
  }
  if (status < 200 || status > 299) {
    const retryAfterMs = readRetryAfter(headers, parts.clock.now());
    const text = headers['content-encoding'] ? '' : (await readStart(body)).toString('utf8').slice(0, 500);
    body.destroy();
    return failed({ reason: 'bad-status', detail: `${url.host} answered ${status}`, status, retryAfterMs, text });
  }
  const read = await readBody(body, headers, walk.options.maxBytes ?? limits.fetchedBytes);
  if (!read.ok) return failed({ reason: read.error, detail: `${url.host}: ${read.error}` });
  const contentType = firstHeader(headers, 'content-type') ?? '';
  return ok({ status, url: url.href, headers, contentType, body: read.value });
}

function explain(error: unknown, outer: AbortSignal | undefined, inner: AbortSignal): FetchFailure {
  if (outer?.aborted) return { reason: 'aborted', detail: 'given up' };
  if (inner.aborted) return { reason: 'timeout', detail: 'no whole answer in time' };
  if (error instanceof ConnectError) {
    if (error.reason === 'bad-host') return { reason: 'bad-url', detail: 'bad-name' };
    return { reason: error.reason, detail: error.message };
  }
  return { reason: 'broken', detail: error instanceof Error ? error.message : String(error) };
}
