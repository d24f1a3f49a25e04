/** Headers as undici gives them. */
export type HeaderValues = Readonly<Record<string, string | string[] | undefined>>;

/** The first value of a header; names are lower case. */
export function firstHeader(headers: HeaderValues, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** A server may ask for a long rest, not for a lifetime. */
const longestMs = 7 * 24 * 3_600_000;

/**
 * How long a server asks us to wait, in milliseconds, at least 0 and at most 7 days. Reads `Retry-After` in seconds or as a date
 * (RFC 9110), else `x-ratelimit-reset` as an ISO date (GoToSocial), seconds since 1970, or seconds from now.
 * @returns undefined when the server does not say.
 */
export function readRetryAfter(headers: HeaderValues, nowMs: number): number | undefined {
  const waitMs = readSeconds(firstHeader(headers, 'retry-after')) ?? readDate(headers, 'retry-after', nowMs);
  if (waitMs !== undefined) return clamp(waitMs);
  const reset = readSeconds(firstHeader(headers, 'x-ratelimit-reset'));
  // Ten digits are a moment, fewer are a wait.
  if (reset !== undefined) return clamp(reset >= 1e12 ? reset - nowMs : reset);
  const resetMs = readDate(headers, 'x-ratelimit-reset', nowMs);
  return resetMs === undefined ? undefined : clamp(resetMs);
}

const clamp = (ms: number): number => Math.min(Math.max(0, Math.ceil(ms)), longestMs);

function readSeconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d{1,12}(\.\d{1,6})?\s*$/.test(text) ? Number(text) * 1_000 : undefined;
}

function readDate(headers: HeaderValues, name: string, nowMs: number): number | undefined {
  const text = firstHeader(headers, name);
  // Every date form has letters; without them Date.parse would make a year of any number.
  const atMs = text !== undefined && /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : atMs - nowMs;
}
