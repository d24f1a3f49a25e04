import { domainToASCII } from 'node:url';
import sanitize from 'sanitize-html';
import { limits } from '../base/limits.ts';

/**
 * HTML from elsewhere, made harmless: an allow-list of tags, links to the web and to mail only, nothing that runs, styles, submits or loads
 * (THREATS 52), and links that show where they lead (CVE-2023-36462). Input is cut before it is read, so the time is bounded (THREATS 47).
 */

const blockTags = ['p', 'br', 'pre', 'blockquote', 'ul', 'ol', 'li', 'h3', 'h4', 'h5', 'hr'];
const inlineTags = [
  ...[
    'a',
    'span',
    'b',
    'strong',
    'i',
    'em',
    'u',
    's',
    'del',
    'code',
    'small',
    'sub',
    'sup',
    'q',
    'cite',
    'kbd',
    'mark',
  ],
  ...['ruby', 'rt', 'rp', 'bdi'],
];

/** Classes that pages and apps understand; `invisible` and `ellipsis` are only written by `renderUrlLabel`. */
const keptClasses = ['mention', 'hashtag', 'u-url', 'h-card', 'invisible', 'ellipsis', 'quote-inline'];

/** Headings of a post must not stand above those of the page that shows it. */
const headings = { h1: 'h3', h2: 'h4', h3: 'h5', h4: 'h5', h5: 'h5', h6: 'h5', strike: 's', div: 'p' };

const common: sanitize.IOptions = {
  allowedAttributes: {
    '*': ['lang', 'dir'],
    a: ['href', 'class', 'translate'],
    span: ['class', 'translate'],
    ol: ['start', 'reversed'],
    li: ['value'],
  },
  allowedClasses: { a: keptClasses, span: keptClasses },
  allowedSchemes: ['http', 'https', 'mailto'],
  allowProtocolRelative: false,
  disallowedTagsMode: 'discard',
  // What is inside these is no text for readers.
  nonTextTags: [
    'script',
    'style',
    'textarea',
    'option',
    'noscript',
    'template',
    'title',
    'svg',
    'math',
    'iframe',
    'object',
  ],
  nestingLimit: 32,
  enforceHtmlBoundary: false,
  parseStyleAttributes: false,
};

const whole: sanitize.IOptions = {
  ...common,
  allowedTags: [...blockTags, ...inlineTags],
  transformTags: headings,
};
const inline: sanitize.IOptions = { ...common, allowedTags: inlineTags };
const bare: sanitize.IOptions = {
  ...common,
  allowedTags: ['p', 'br', 'li', 'blockquote', 'pre', 'hr'],
  transformTags: headings,
};

/** More markup than this in one text is nobody's writing; the parser's cost grows with it, so it is shown as plain text. */
const mostTags = 8_000;

/** Makes a post's or bio's HTML safe to show. Longer input than `limits.contentChars` is cut first: refuse it before if that matters. */
export const sanitiseHtml = (html: string): string => honestLinks(clean(html, whole));

/** As `sanitiseHtml`, for what stands on one line (a profile field): no blocks. */
export const sanitiseInlineHtml = (html: string): string => honestLinks(clean(html, inline));

/** What a reader sees of it: no markup, paragraphs and line breaks as line ends. For previews, notifications, search. */
export function htmlToText(html: string): string {
  return clean(html, bare)
    .replaceAll(/<br \/>|<\/(?:p|li|blockquote|pre)>|<hr \/>/g, '\n')
    .replaceAll(/(?<=[^\n>])<p>/g, '\n')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&(amp|lt|gt|quot);/g, (_whole, name: 'amp' | 'lt' | 'gt' | 'quot') => entities[name])
    .replaceAll(/[ \t]+\n/g, '\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}

const entities = { amp: '&', lt: '<', gt: '>', quot: '"' };

/** Text from elsewhere as HTML: paragraphs, line breaks, web addresses as links. */
export function plainToHtml(text: string): string {
  const paragraphs = text
    .slice(0, limits.contentChars)
    .replaceAll('\r\n', '\n')
    .split(/\n{2,}/);
  return paragraphs
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== '')
    .map((paragraph) => `<p>${linkify(paragraph).replaceAll('\n', '<br />')}</p>`)
    .join('');
}

const linkify = (text: string): string =>
  text
    .split(/(https?:\/\/[^\s<>"')\]]{1,2000})/)
    .map((part, index) => (index % 2 === 1 ? renderLink(part.replace(/[.,;:!?]+$/, ''), part) : escapeHtml(part)))
    .join('');

function renderLink(href: string, written: string): string {
  if (!isLinkable(href)) return escapeHtml(written);
  return `${openLink(href)}${renderUrlLabel(href)}</a>${escapeHtml(written.slice(href.length))}`;
}

/** A link to a page elsewhere, with its address as text; empty when that is no web address. */
export const renderUrlLink = (href: string): string =>
  isLinkable(href) ? `${openLink(href)}${renderUrlLabel(href)}</a>` : '';

export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const openLink = (href: string) => `<a href="${escapeHtml(href)}" rel="nofollow noopener noreferrer">`;

/** Shown of a long address; the rest is there for copying (the classes are those that every app knows). */
const shownChars = 30;

/** An address as link text: without its scheme, a long one shortened. The host is always whole. */
export function renderUrlLabel(href: string): string {
  const [, scheme = '', rest = href] = /^(https?:\/\/(?:www\.)?)(.*)$/s.exec(href) ?? [];
  const hostEnd = rest.search(/[/?#]/);
  const shown = Math.max(shownChars, hostEnd < 0 ? rest.length : hostEnd);
  const label =
    rest.length <= shown
      ? `<span>${escapeHtml(rest)}</span>`
      : `<span class="ellipsis">${escapeHtml(rest.slice(0, shown))}</span><span class="invisible">${escapeHtml(rest.slice(shown))}</span>`;
  return scheme === '' ? label : `<span class="invisible">${escapeHtml(scheme)}</span>${label}`;
}

function clean(html: string, options: sanitize.IOptions): string {
  const cut = html.slice(0, limits.contentChars);
  const tags = countTags(cut);
  return stripOverrides(tags > mostTags ? escapeHtml(cut) : sanitize(cut, options));
}

function countTags(html: string): number {
  let count = 0;
  for (let at = html.indexOf('<'); at >= 0 && count <= mostTags; at = html.indexOf('<', at + 1)) count += 1;
  return count;
}

/** Characters that turn the order of what follows them: no language needs them, and with them one name is written as another. */
const stripOverrides = (text: string) => text.replaceAll(/[\u202d\u202e]/g, '');

/** Works on the sanitiser's output, where every `<` begins a tag and no attribute holds a `>`. */
function honestLinks(html: string): string {
  const tokens: string[] = html.match(/<[^>]*>|[^<]+/g) ?? [];
  let out = '';
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index]!;
    if (!isLinkStart(token)) {
      out += token === '</a>' ? '' : withoutHiding(token);
      continue;
    }
    const end = tokens.indexOf('</a>', index);
    const inside = tokens.slice(index + 1, end < 0 ? tokens.length : end).filter((inner) => !isLinkStart(inner));
    out += honestLink(token, inside);
    index = end < 0 ? tokens.length : end;
  }
  return out;
}

const isLinkStart = (token: string) => token.startsWith('<a ') || token === '<a>';

/** Text that is only hidden where the page says so: a link's scheme and tail, written by us. */
const withoutHiding = (token: string): string =>
  token.startsWith('<span') ? token.replace(/ class="([^"]*)"/, (_whole, names: string) => keepClasses(names)) : token;

function keepClasses(names: string): string {
  const kept = new Set(names.split(' ').filter((name) => name !== '' && name !== 'invisible' && name !== 'ellipsis'));
  return kept.size > 0 ? ` class="${[...kept].join(' ')}"` : '';
}

function honestLink(start: string, inside: readonly string[]): string {
  const href = unescapeHtml(/ href="([^"]*)"/.exec(start)?.[1] ?? '');
  const inner = inside.map(withoutHiding).join('');
  if (!isLinkable(href)) return inner;
  const text = unescapeHtml(inside.filter((token) => !token.startsWith('<')).join(''))
    .replaceAll(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, '')
    .trim();
  const classes = / class="([^"]*)"/.exec(start)?.[1] ?? '';
  const kept = keepClasses(classes);
  const language = / lang="[^"]*"/.exec(start)?.[0] ?? '';
  const open = `<a href="${escapeHtml(href)}"${kept}${language} rel="nofollow noopener noreferrer">`;
  const isWritten = text === href || text === href.replace(/\/$/, '');
  return `${open}${isWritten || isMisleading(text, href) ? renderUrlLabel(href) : inner}</a>`;
}

const unescapeHtml = (text: string) =>
  text.replaceAll(/&(amp|lt|gt|quot);/g, (_whole, name: 'amp' | 'lt' | 'gt' | 'quot') => entities[name]);

/** http(s) without a user name in front of the host, or mailto. */
export function isLinkable(href: string): boolean {
  if (href.length > limits.uriChars || !URL.canParse(href)) return false;
  const url = new URL(href);
  if (url.protocol === 'mailto:') return true;
  return /^https?:\/\/[^/\\]/i.test(href) && url.username === '' && url.password === '';
}

/** True when the text reads as the address of another host than the one the link leads to. */
function isMisleading(text: string, href: string): boolean {
  // Handles name a host as well, and rightly not always the one of the profile's page.
  if (text.startsWith('@') || text.startsWith('#')) return false;
  const claimed =
    /^(?:[a-z][a-z0-9+.-]*:\/*)?(?:[^\s/@]*@)?((?:[\p{L}\p{N}-]+[.\u3002\uff0e])+\p{L}[\p{L}\p{N}-]*)(?=[\s/:?#]|$)/iu.exec(
      text,
    );
  if (!claimed) return /^[a-z]+:\/\//i.test(text);
  const url = new URL(href);
  if (url.protocol === 'mailto:') return !decodeSafely(url.pathname).toLowerCase().endsWith(claimed[1]!.toLowerCase());
  return plainHost(claimed[1]!) !== plainHost(url.hostname);
}

const plainHost = (host: string) => domainToASCII(host.replace(/^www\./i, '')).toLowerCase();

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
