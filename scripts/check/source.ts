import { stripTypeScriptTypes } from 'node:module';

/** Reads TypeScript as far as the checks need it: where strings and comments are, what is imported, how long functions are. */

/** Words after which `/` begins a regular expression, not a division. */
const beforeRegex = /(?:^|[^\w$.])(?:return|typeof|case|in|of|do|else|void|delete|throw|new|await|yield)$/;

/** Finds the end (exclusive) of the regular expression that begins at `start`. */
function endOfRegex(text: string, start: number): number {
  let isInClass = false;
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at];
    if (character === '\\') at++;
    else if (character === '[') isInClass = true;
    else if (character === ']') isInClass = false;
    else if (character === '/' && !isInClass) return at + 1;
    else if (character === '\n') break;
  }
  return start + 1;
}

/** Finds the end (exclusive) of the quoted string that begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === text[start]) return at + 1;
  }
  return text.length;
}

/** True when a `/` after this masked code begins a regular expression. */
function isRegexPlace(before: string): boolean {
  const code = before.trimEnd();
  return code === '' || /[([{,;=:!&|?+\-*%~^<>}]$/.test(code) || beforeRegex.test(code);
}

/**
 * Blanks what is not code: comments whole; strings, templates and regular expressions between their quotes. Length and lines stay.
 * The code inside `${…}` of a template stays as well.
 */
export function maskSource(text: string): string {
  let masked = '';
  /** For each template we are inside of: how many braces of its `${` are open. */
  const templates: number[] = [];
  const blank = (end: number) => {
    masked += text.slice(masked.length, end).replace(/[^\n]/g, ' ');
  };
  /** Goes on inside a template from here to its end or its next `${`. */
  const readTemplate = () => {
    let at = masked.length;
    while (at < text.length && text[at] !== '`' && !(text[at] === '$' && text[at + 1] === '{')) {
      at += text[at] === '\\' ? 2 : 1;
    }
    blank(Math.min(at, text.length));
    if (text[at] === '`') {
      masked += '`';
      templates.pop();
    } else if (at < text.length) {
      masked += '${';
      templates[templates.length - 1] = 1;
    }
  };
  const readQuoted = (end: number) => {
    masked += text[masked.length];
    blank(end - 1);
    masked += text[end - 1] ?? '';
  };
  while (masked.length < text.length) {
    const at = masked.length;
    const character = text[at]!;
    const depth = templates.at(-1);
    if (text.startsWith('//', at)) blank(lineEnd(text, at));
    else if (text.startsWith('/*', at)) blank(blockEnd(text, at));
    else if (character === "'" || character === '"') readQuoted(endOfString(text, at));
    else if (character === '/' && isRegexPlace(masked.slice(-200))) readQuoted(endOfRegex(text, at));
    else {
      masked += character;
      if (character === '`') templates.push(0);
      if (depth !== undefined && character === '{') templates[templates.length - 1] = depth + 1;
      if (depth !== undefined && character === '}') templates[templates.length - 1] = depth - 1;
      if (character === '`' || (character === '}' && depth === 1)) readTemplate();
    }
  }
  return masked;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}

function blockEnd(text: string, at: number): number {
  const end = text.indexOf('*/', at + 2);
  return end === -1 ? text.length : end + 2;
}

/** The number of the line (from 1) that holds the character `at`. */
export const lineOf = (text: string, at: number): number => text.slice(0, at).split('\n').length;

/** One import of a file, of whatever form. */
export interface Import {
  readonly line: number;
  /** As written; undefined for an `import()` of something that is not a plain string. */
  readonly target: string | undefined;
}

/** `from '…'`, `import '…'`, `import('…')` and the files that threads start from, `new URL('./….ts', …)`; types count as well. */
export function findImports(text: string): Import[] {
  const masked = maskSource(text);
  const imports: Import[] = [];
  const form = /(?<![.\w$#])(?:from\s*|import\s*\(\s*|import\s+|import(?=['"])|new\s+URL\s*\(\s*)(['"])?/g;
  for (const match of masked.matchAll(form)) {
    const line = lineOf(masked, match.index);
    const isCall = /^import\s*\(/.test(match[0]);
    if (match[1] === undefined) {
      if (isCall) imports.push({ line, target: undefined });
      continue;
    }
    const start = match.index + match[0].length;
    const target = text.slice(start, masked.indexOf(match[1], start));
    if (!match[0].startsWith('new') || /^\.{1,2}\/.*\.ts$/.test(target)) imports.push({ line, target });
  }
  return imports;
}

/** A function with a block as its body. */
export interface FoundFunction {
  readonly name: string;
  readonly line: number;
  /** Lines of its own: what functions inside it hold is counted with them, so a set of methods is no long function. */
  readonly lines: number;
}

const closers: Record<string, string> = { '{': '}', '(': ')', '[': ']' };

/** Pairs of brackets in masked code: from each opening to its closing place, and back. */
function pairBrackets(masked: string): Map<number, number> {
  const pairs = new Map<number, number>();
  const open: number[] = [];
  for (let at = 0; at < masked.length; at++) {
    const character = masked[at]!;
    if (closers[character]) open.push(at);
    else if (character === ')' || character === ']' || character === '}') {
      const start = open.pop();
      if (start === undefined || closers[masked[start]!] !== character) continue;
      pairs.set(start, at);
      pairs.set(at, start);
    }
  }
  return pairs;
}

/** A function of any kind in masked code, as character places. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly name: string;
  readonly hasBlock: boolean;
}

const blockWords = ['if', 'for', 'while', 'switch', 'catch', 'await', 'with'];

/** Functions, methods and arrows. Those with an expression for a body are not listed: theirs is the length of data or markup. */
export function findFunctions(text: string): FoundFunction[] {
  const masked = maskSource(stripTypeScriptTypes(text));
  const pairs = pairBrackets(masked);
  const spans = [...masked.matchAll(/\{|=>/g)].flatMap(({ 0: sign, index }) => readSpan(masked, pairs, sign, index));
  const lineCount = ({ start, end }: Span) => lineOf(masked, end) - lineOf(masked, start) + 1;
  const isInside = (inner: Span, outer: Span) => inner !== outer && inner.start > outer.start && inner.end <= outer.end;
  return spans
    .filter(({ hasBlock }) => hasBlock)
    .map((span) => {
      const inner = spans.filter((other) => isInside(other, span));
      const outermost = inner.filter((one) => !inner.some((other) => isInside(one, other)));
      // A function that shares its line with our own code costs us that line.
      const others = outermost.reduce((sum, one) => sum + Math.max(0, lineCount(one) - 1), 0);
      return { name: span.name, line: lineOf(masked, span.start), lines: lineCount(span) - others };
    });
}

/** The function that this `{` or `=>` belongs to, as a list of one; empty when it is none, or found by its other sign. */
function readSpan(masked: string, pairs: Map<number, number>, sign: string, at: number): Span[] {
  const hasBlock = sign === '{';
  const before = masked.slice(0, at).trimEnd();
  const isArrow = before.endsWith('=>');
  if (hasBlock ? !(isArrow || before.endsWith(')')) : /^\s*\{/.test(masked.slice(at + 2))) return [];
  const head = isArrow ? before.slice(0, -2).trimEnd() : before;
  const end = hasBlock ? pairs.get(at) : endOfExpression(masked, pairs, at + 2);
  if (end === undefined) return [];
  const start = head.endsWith(')') ? (pairs.get(head.length - 1) ?? at) : at;
  const lead = masked.slice(Math.max(0, start - 200), start).trimEnd();
  const word = /[#\w$]+$/.exec(lead)?.[0] ?? '';
  if (hasBlock && !isArrow && blockWords.includes(word)) return [];
  const assigned = /([\w$#]+)\s*(?::[^=]*)?[=:]\s*(?:async)?$/.exec(lead)?.[1];
  return [{ start, end, name: nameOf(word, assigned), hasBlock }];
}

/** Where the expression that begins at `start` ends: before a comma, a semicolon or a bracket that closes what is around it. */
function endOfExpression(masked: string, pairs: Map<number, number>, start: number): number {
  let at = start;
  while (at < masked.length && !/[,;)\]}]/.test(masked[at]!)) {
    at = closers[masked[at]!] ? (pairs.get(at) ?? at) + 1 : at + 1;
  }
  return at;
}

function nameOf(word: string, assigned: string | undefined): string {
  return word !== '' && word !== 'async' && word !== 'function' ? word : (assigned ?? 'a function');
}
