import { CanariError } from '../../base/errors.ts';
import { parseJsonObject } from '../../base/json.ts';
import type { RouteContext } from '../route.ts';

/** One value as an app may write it: JSON has types, forms only texts. */
export type ParamValue = string | number | boolean | null | ParamValue[] | { [key: string]: ParamValue };
export type ParamObject = { [key: string]: ParamValue };

/** Fields of one call, counted after splitting the names; a profile with all its fields has about 30. */
const mostFields = 1_000;
/** `a[b][c]` and no deeper. */
const deepest = 4;
/** Keys that mean something to JavaScript itself. */
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);

const badRequest = (message: string, status = 400) => new CanariError('CANARI_API_BODY', message, { status });

/**
 * What an app sends, whichever way: query, JSON, urlencoded and multipart bodies read alike (`a[b]`, `a[]`, `a[0][b]`; booleans in every spelling).
 * A field of the body wins over one of the query. Files are not read: nothing here takes one yet.
 * @throws CanariError 400 for what cannot be read, 413 beyond the bound of the route, 415 for another kind of body.
 */
export async function readParams(context: RouteContext): Promise<Params> {
  const fields = readPairs(context.url.searchParams);
  if (context.request.method === 'GET' || context.request.method === 'HEAD') return new Params(fields);
  return new Params(Object.assign(fields, await readBodyFields(context)));
}

async function readBodyFields(context: RouteContext): Promise<ParamObject> {
  const type = context.request.headers.get('content-type') ?? '';
  const mediaType = type.split(';')[0]!.trim().toLowerCase();
  const bytes = await context.readBody();
  if (bytes.length === 0) return emptyObject();
  if (mediaType === 'application/json' || mediaType.endsWith('+json')) {
    const read = parseJsonObject(bytes);
    if (!read.ok) throw badRequest('The body is not a JSON object that can be read.');
    return read.value as ParamObject;
  }
  if (mediaType === 'application/x-www-form-urlencoded' || mediaType === '') {
    return readPairs(new URLSearchParams(Buffer.from(bytes).toString()));
  }
  if (mediaType === 'multipart/form-data') return readPairs(await readMultipart(bytes, type));
  throw badRequest('The body must be JSON, a form or multipart/form-data.', 415);
}

async function readMultipart(bytes: Uint8Array, type: string): Promise<Iterable<readonly [string, string]>> {
  try {
    const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData();
    return [...form].map(([name, value]) => [name, typeof value === 'string' ? value : fileMark] as const);
  } catch {
    throw badRequest('The multipart body cannot be read.');
  }
}

/** Stands for an uploaded file, so that a route can say that it takes none instead of ignoring it. */
export const fileMark = '\u0000file';

const emptyObject = (): ParamObject => Object.create(null) as ParamObject;

/** Turns `a[b][]=1` pairs into nested values. */
export function readPairs(pairs: Iterable<readonly [string, string]>): ParamObject {
  const root = emptyObject();
  let count = 0;
  for (const [name, value] of pairs) {
    count += 1;
    if (count > mostFields) throw badRequest('Too many fields.');
    place(root, splitName(name), value);
  }
  return root;
}

/** `a[b][]` → `a`, `b`, ``. A name that is not written that way is one plain key. */
function splitName(name: string): string[] {
  const match = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name);
  if (!match?.[2]) return [name];
  const keys = [match[1]!, ...match[2].slice(1, -1).split('][')];
  if (keys.length > deepest) throw badRequest('A field is nested too deeply.');
  return keys;
}

function place(root: ParamObject, keys: readonly string[], value: string) {
  if (keys.some((key) => forbiddenKeys.has(key))) throw badRequest('A field has a name that cannot be used.');
  let here: ParamObject | ParamValue[] = root;
  for (const [depth, key] of keys.entries()) {
    const next = keys[depth + 1];
    if (next === undefined) {
      put(here, key, value);
      return;
    }
    here = step(here, key, next);
  }
}

/** Goes one key down, making a list where the next key is `[]` and an object otherwise. */
function step(here: ParamObject | ParamValue[], key: string, next: string): ParamObject | ParamValue[] {
  if (Array.isArray(here)) {
    // `a[][b]`: the objects of a list follow each other; a key that is there already begins the next one.
    const last = here.at(-1);
    if (typeof last === 'object' && last !== null && !Array.isArray(last) && !Object.hasOwn(last, next)) return last;
    const made = emptyObject();
    here.push(made);
    return made;
  }
  const found = here[key];
  if (Array.isArray(found) || (typeof found === 'object' && found !== null)) return found;
  const made: ParamObject | ParamValue[] = next === '' ? [] : emptyObject();
  here[key] = made;
  return made;
}

function put(here: ParamObject | ParamValue[], key: string, value: string) {
  if (Array.isArray(here)) here.push(value);
  else if (key === '') here[String(Object.keys(here).length)] = value;
  else here[key] = value;
}

const noWords = new Set(['false', 'f', 'no', 'n', 'off', '0']);

/** The fields of one call, read by the type that a route expects. Absent is `undefined`; a wrong type is 422 with the field's name. */
export class Params {
  readonly #fields: ParamObject;
  constructor(fields: ParamObject) {
    this.#fields = fields;
  }

  has(name: string): boolean {
    return this.#value(name) !== undefined;
  }

  /** A text; numbers and booleans as they are written. Null counts as absent. */
  text(name: string): string | undefined {
    const value = this.#value(name);
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'object') throw wrong(name, 'a text');
    if (value === fileMark) throw wrong(name, 'a text, not a file');
    return String(value);
  }

  /** True for anything but the spellings of no; an empty text counts as absent, as in a form that has the box but no tick. */
  flag(name: string): boolean | undefined {
    const value = this.#value(name);
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value === 'boolean') return value;
    if (typeof value === 'number') return value !== 0;
    if (typeof value === 'string') return !noWords.has(value.toLowerCase());
    throw wrong(name, 'true or false');
  }

  /** A whole number; an empty text counts as absent. */
  number(name: string): number | undefined {
    const value = this.#value(name);
    if (value === undefined || value === null || value === '') return undefined;
    const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw wrong(name, 'a whole number');
    return number;
  }

  /** A list of texts: `a[]=…`, a JSON array, `{"0": …}` or one single value. */
  texts(name: string): string[] | undefined {
    const value = this.#value(name);
    if (value === undefined || value === null) return undefined;
    const items = typeof value === 'object' ? Object.values(value) : [value];
    return items.map((item) => {
      if (typeof item === 'object' || item === fileMark) throw wrong(name, 'a list of texts');
      return String(item);
    });
  }

  /** The fields within `name[…]`. */
  inner(name: string): Params | undefined {
    const value = this.#value(name);
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'object' || Array.isArray(value)) throw wrong(name, 'an object');
    return new Params(value);
  }

  /** A list of objects: a JSON array, or an object with numbers as keys as forms write it. */
  inners(name: string): Params[] | undefined {
    const value = this.#value(name);
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'object') throw wrong(name, 'a list');
    return Object.values(value).map((item) => {
      if (typeof item !== 'object' || item === null || Array.isArray(item)) throw wrong(name, 'a list of objects');
      return new Params(item);
    });
  }

  isFile(name: string): boolean {
    return this.#value(name) === fileMark;
  }

  #value(name: string): ParamValue | undefined {
    return Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
  }
}

const wrong = (name: string, expected: string) =>
  new CanariError('CANARI_API_FIELD', `${name} must be ${expected}.`, { values: { field: name } });
