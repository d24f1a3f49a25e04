import { createHash } from 'node:crypto';
import { type Html, html, raw } from './html.ts';
import { type IconName, iconShapes } from './icons.ts';

/** The bird of the mark: one outline, a wing, an eye. */
const outline =
  'M1.6 25.6 9 17C9.2 9.8 13.6 4.8 19.6 4.8c4 0 7.1 2.1 8.2 5.5l3.7 2.2-3.3 2.1c-.6 7-6 12-13.5 12-2.6 0-4.9-.5-6.7-1.6z';
const seed = '#172031';

export const markShapes = raw(
  `<path d="${outline}"/><path class="w" d="M9.6 16.6c1.5 4.4 6.2 5.8 9.9 2.6"/><circle cx="21.4" cy="10.9" r="1.6" fill="${seed}"/>`,
);
export const mark = html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true">${markShapes}</svg>`;

/** The mark as files of their own. */
export const markFile = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#f9d90c" stroke="${seed}" stroke-width="1.5" stroke-linejoin="round" d="${outline}"/><path fill="none" stroke="${seed}" stroke-width="1.5" stroke-linecap="round" d="M9.6 16.6c1.5 4.4 6.2 5.8 9.9 2.6"/><circle cx="21.4" cy="10.9" r="1.6" fill="${seed}"/></svg>`;
export const faviconFile = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="${seed}"/><g transform="translate(1.6 1.6) scale(.9)"><path fill="#f9d90c" d="${outline}"/><circle cx="21.4" cy="10.9" r="2" fill="${seed}"/></g></svg>`;

export const icon = (name: IconName): Html => raw(`<svg class="i" aria-hidden="true"><use href="#i-${name}"/></svg>`);

/** Ground and bird of an egg; the bird is dark enough to be seen on its ground in both schemes. */
const plumages = [
  ['#cfe0d4', '#a4472f'],
  ['#d9dde6', '#2f3b57'],
  ['#f3e2a6', '#3b6f9e'],
  ['#e4d3c2', '#6b4a2f'],
  ['#f2d4c9', '#7a3b2c'],
  ['#c9d3cf', '#24423c'],
  ['#cfdcc0', '#8a6410'],
  ['#d3e3e6', '#b5462e'],
  ['#d6e2ea', '#4a5f6d'],
  ['#dfd9ea', '#5d4a80'],
  ['#f0dcc0', '#b0662a'],
  ['#e2ddd0', '#54613a'],
  ['#dbe4cf', '#7a2f4f'],
  ['#f0d9e2', '#35567a'],
] as const;

/** The portrait of somebody, the same on every page: an egg whose bird follows from the address. Pictures from elsewhere are not loaded. */
export function egg(address: string): Html {
  const [colours, side] = createHash('sha256').update(address.toLowerCase()).digest();
  const [ground, bird] = plumages[colours! % plumages.length]!;
  const place = side! % 2 === 0 ? 'translate(2 8) scale(.88)' : 'translate(30 8) scale(-.88 .88)';
  return raw(
    `<svg viewBox="0 0 32 36" aria-hidden="true"><path fill="${ground}" d="M0 0h32v36H0z"/><g transform="${place}"><use href="#bird" fill="${bird}"/><circle cx="21.4" cy="10.9" r="1.7" fill="${ground}"/></g></svg>`,
  );
}

/** A wire with one bird: an empty list. */
export const emptyWire = raw(
  `<svg viewBox="0 0 192 64" aria-hidden="true" class="mark"><path class="w" fill="none" d="M4 44Q96 66 188 44"/><g transform="translate(80 22)">${markShapes}</g></svg>`,
);

/** The symbols that a page's body uses, to stand at its end. */
export function symbolsOf(body: string): Html {
  const names = new Set([...body.matchAll(/href="#i-([a-z0-9-]+)"/g)].map((match) => match[1] as IconName));
  const symbols = [...names]
    .sort()
    .map((name) => `<symbol id="i-${name}" viewBox="0 0 24 24">${iconShapes[name]}</symbol>`);
  if (body.includes('href="#bird"')) {
    symbols.push(`<symbol id="bird" viewBox="0 0 32 32" width="32" height="32"><path d="${outline}"/></symbol>`);
  }
  return symbols.length === 0
    ? raw('')
    : raw(`<svg width="0" height="0" class="symbols" aria-hidden="true">${symbols.join('')}</svg>`);
}
