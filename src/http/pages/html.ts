import { html as template, raw as unescaped } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';

/** Finished HTML. Only `html`, `raw` and `fill` make it; any other text is escaped where it is put in. */
export type Html = HtmlEscapedString;

export type Value = Html | string | number | false | null | undefined | readonly Value[];

/** A template; what is put in is escaped, `false`, `null` and `undefined` leave nothing behind, lists are joined. */
export const html = (strings: TemplateStringsArray, ...values: Value[]): Html => template(strings, ...values) as Html;

/** Puts in HTML that is safe already: what the sanitiser made, and our own drawings. */
export const raw = (safe: string): Html => unescaped(safe) as Html;

export const nothing: Html = raw('');

/** A sentence of the catalogue with marked-up parts in its `{places}`. */
export function fill(sentence: string, parts: Readonly<Record<string, Html>>): Html {
  const pieces = sentence.split(/\{(\w+)\}/);
  return html`${pieces.map((piece, i) => (i % 2 === 1 ? (parts[piece] ?? nothing) : piece))}`;
}

/** Marked-up names as "A, B and C"; the words between come from the reader's language. */
export function joinNames(names: readonly Html[], language: string): Html {
  const parts = new Intl.ListFormat(language, { type: 'conjunction' }).formatToParts(names.map((_, i) => String(i)));
  return html`${parts.map((part) => (part.type === 'element' ? names[Number(part.value)]! : part.value))}`;
}
