import { isUtf8 } from 'node:buffer';
import { limits } from './limits.ts';
import { failed, ok, type Result } from './result.ts';

/** Why a text is not read as JSON. */
export type JsonFailure =
  | 'not-utf8'
  | 'not-json'
  | 'too-deep'
  | 'too-many-keys'
  | 'duplicate-key'
  | 'forbidden-key'
  | 'bad-text'
  | 'bad-number';

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A JSON object as it came from outside: nothing about its values is known. */
export type JsonObject = { readonly [key: string]: unknown };

/** Keys that mean something to JavaScript itself (CVE-2022-0432). No vocabulary of the Fediverse has them. */
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Reads JSON from a stranger. Depth and keys are counted on the text before `JSON.parse` sees it: a million nested brackets would
 * stop the process for 0.8 s and kill every recursive reader after it. Refuses a key that is there twice (two readers would take
 * different ones), lone surrogates and NUL (databases choke on them) and numbers that become Infinity.
 * @param source bytes as received, or text.
 */
export function parseJsonSafely(
  source: Uint8Array | string,
  bounds: { depth: number; keys: number } = { depth: limits.jsonDepth, keys: limits.jsonKeys },
): Result<Json, JsonFailure> {
  if (typeof source !== 'string' && !isUtf8(source)) return failed('not-utf8');
  const text =
    typeof source === 'string' ? source : Buffer.from(source.buffer, source.byteOffset, source.length).toString();
  const scanned = scan(text, bounds);
  if (!scanned.ok) return scanned;
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return failed('not-json');
  }
  const tally = { keys: 0 };
  const problem = inspect(value, tally);
  if (problem) return failed(problem);
  // JSON.parse keeps one of two equal keys, so there are fewer of them than colons.
  return tally.keys === scanned.value ? ok(value) : failed('duplicate-key');
}

/** As `parseJsonSafely`, for where only an object makes sense. */
export function parseJsonObject(source: Uint8Array | string): Result<JsonObject, JsonFailure> {
  const read = parseJsonSafely(source);
  if (!read.ok) return read;
  return isJsonObject(read.value) ? ok(read.value) : failed('not-json');
}

/** True for `{…}`, false for arrays and null. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;

/** Walks the text once, strings skipped; gives the number of keys. What is not JSON may pass: the parser decides that. */
function scan(text: string, bounds: { depth: number; keys: number }): Result<number, JsonFailure> {
  let depth = 0;
  let keys = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === quote) {
      index = endOfString(text, index);
      if (index < 0) return failed('not-json');
    } else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > bounds.depth) return failed('too-deep');
    } else if (code === 0x5d || code === 0x7d) {
      depth -= 1;
    } else if (code === colon) {
      keys += 1;
      if (keys > bounds.keys) return failed('too-many-keys');
    }
  }
  return ok(keys);
}

/** The index of the closing quote of the string that opens at `start`; -1 when there is none. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end >= 0) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === backslash) slashes += 1;
    if (slashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return -1;
}

/** Looks at every key and value. Recursive: the depth is bounded by the scan. */
function inspect(value: Json, tally: { keys: number }): JsonFailure | undefined {
  if (typeof value === 'string') return isTextFine(value) ? undefined : 'bad-text';
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'bad-number';
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) {
    for (const item of value) {
      const problem = inspect(item, tally);
      if (problem) return problem;
    }
    return undefined;
  }
  for (const key of Object.keys(value)) {
    tally.keys += 1;
    if (forbiddenKeys.has(key)) return 'forbidden-key';
    if (!isTextFine(key)) return 'bad-text';
    const problem = inspect(value[key]!, tally);
    if (problem) return problem;
  }
  return undefined;
}

const isTextFine = (text: string): boolean => text.isWellFormed() && !text.includes('\u0000');
