import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listSources } from './boundaries.ts';
import { findFunctions, findImports, lineOf, maskSource } from './source.ts';

/** Habits that a machine can see: sizes, where time and environment are read, where the database and the sockets are. */

/** Lines of a file; past that there is a second idea inside. Hono's and GoToSocial's 90th percentile is 319 and 333. */
const fileLines = 400;
/** Lines of a function; the 90th percentile in the projects that we learnt from is 34 to 58. */
const functionLines = 60;

/** A line of its own that says why a file is longer: `// long: the reason`. */
const longReason = /^\s*\/\/ long: \S.*$/m;

/** Code that belongs in one place only. Paths are beginnings, relative to `src/`. */
const places = [
  {
    form: /(?<![\w$.])process\.env\b/g,
    what: 'process.env',
    only: ['config.ts'],
    instead: 'add a setting to src/config.ts',
  },
  { form: /(?<![\w$.])Date\.now\(/g, what: 'Date.now()', only: ['base/clock.ts'], instead: 'take a Clock' },
  { form: /(?<![\w$.])new Date\(\s*\)/g, what: 'new Date()', only: ['base/clock.ts'], instead: 'take a Clock' },
  {
    form: /(?<![\w$.])performance\.now\(/g,
    what: 'performance.now()',
    only: ['base/clock.ts'],
    instead: 'take a Clock',
  },
  {
    form: /(?<![\w$.])set(?:Timeout|Interval)\(/g,
    what: 'a timer',
    only: ['base/clock.ts', 'http/pages/elements/'],
    instead: 'use after() of a Clock',
  },
  {
    form: /(?<![\w$.#])fetch\(/g,
    what: 'fetch()',
    only: ['http/pages/elements/'],
    instead: 'use the guarded fetch of base/net',
  },
];

/** Modules that belong behind one door. */
const doors = [
  { module: /^(node:sqlite|kysely)$/, only: ['store/'], instead: 'all SQL is in src/store/' },
  {
    module: /^undici$/,
    only: ['base/net/', 'destinations/'],
    instead: 'sockets are opened behind the guard of base/net',
  },
  { module: /^node:timers/, only: ['base/clock.ts'], instead: 'use after() of a Clock' },
];

const isAt = (path: string, beginnings: readonly string[]) =>
  beginnings.some((beginning) => path.startsWith(beginning));

/** One sentence for each habit that is broken in `src/`; tests are exempt. */
export function checkHabits(root: string): string[] {
  return listSources(root).flatMap((path) => {
    const text = readFileSync(join(root, 'src', path), 'utf8');
    return [...checkSizes(path, text), ...checkPlaces(path, text), ...checkDoors(path, text)];
  });
}

function checkSizes(path: string, text: string): string[] {
  if (longReason.test(text)) return [];
  const lines = text.replace(/\n$/, '').split('\n').length;
  const file = lines > fileLines ? [`src/${path}:1 has ${lines} lines, more than ${fileLines}`] : [];
  const functions = findFunctions(text)
    .filter((found) => found.lines > functionLines)
    .map((found) => `src/${path}:${found.line} ${found.name} has ${found.lines} lines, more than ${functionLines}`);
  return [...file, ...functions].map((sentence) => `${sentence}; split it, or say why with "// long: reason"`);
}

function checkPlaces(path: string, text: string): string[] {
  const masked = maskSource(text);
  return places
    .filter(({ only }) => !isAt(path, only))
    .flatMap(({ form, what, only, instead }) =>
      [...masked.matchAll(form)].map(
        ({ index }) => `src/${path}:${lineOf(masked, index)} ${what} belongs in ${only.join(', ')}; ${instead}`,
      ),
    );
}

function checkDoors(path: string, text: string): string[] {
  return findImports(text).flatMap(({ line, target = '' }) =>
    doors
      .filter(({ module, only }) => module.test(target) && !isAt(path, only))
      .map(({ only, instead }) => `src/${path}:${line} ${target} belongs in ${only.join(', ')}; ${instead}`),
  );
}
