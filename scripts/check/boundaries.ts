import { globSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { findImports } from './source.ts';

/** Which folder of `src/` may import which: the arrows of `boundaries.json`, and no circle between folders or between files. */

/** The content of `boundaries.json`. */
export interface Boundaries {
  /** For each folder of `src/`, the folders that it may import besides itself. */
  readonly folders: Readonly<Record<string, readonly string[]>>;
  /** For each file at the root of `src/`, the folders and root files that it may import; `*` is everything. */
  readonly files: Readonly<Record<string, readonly string[]>>;
  /** Folders or root files that may import some root files besides. */
  readonly fileRules: readonly { readonly importers: readonly string[]; readonly may: readonly string[] }[];
}

/** One arrow between two files, paths relative to `src/`. */
interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly line: number;
}

/** True for files that may import anything: tests, and what only tests use (`testing/`, `fixtures/`, `fake-….ts`, `conformance.ts`). */
export const isTestFile = (path: string): boolean =>
  path.endsWith('.test.ts') ||
  /(^|\/)(testing|fixtures)\//.test(path) ||
  /(^|\/)(fake-[\w-]+|conformance)\.ts$/.test(path);

/** The folder of a file, or the file itself at the root of `src/`. */
const regionOf = (path: string): string => path.split('/')[0]!;

/** The TypeScript files of `src/` that the checks judge, sorted, relative to `src/`. */
export function listSources(root: string): string[] {
  return globSync('**/*.ts', { cwd: join(root, 'src') })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !isTestFile(path))
    .sort();
}

/** Checks every import of `src/`; returns one sentence for each that is not allowed. */
export function checkBoundaries(root: string): string[] {
  const boundaries = JSON.parse(readFileSync(join(root, 'boundaries.json'), 'utf8')) as Boundaries;
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: object };
  const packages = new Set(Object.keys(dependencies));
  const wrong: string[] = [];
  const arrows: Arrow[] = [];
  for (const from of listSources(root)) {
    for (const { line, target } of findImports(readFileSync(join(root, 'src', from), 'utf8'))) {
      const place = `src/${from}:${line}`;
      if (target === undefined)
        wrong.push(`${place} import() of something that is not a plain string cannot be checked`);
      else if (target.startsWith('.'))
        arrows.push({ from, to: posix.normalize(posix.join(dirname(from), target)), line });
      else if (!target.startsWith('node:') && !packages.has(packageOf(target)))
        wrong.push(`${place} imports ${target}, which is not among the dependencies of package.json`);
    }
  }
  for (const arrow of arrows) wrong.push(...judgeArrow(arrow, boundaries));
  return [...wrong, ...findCircles(arrows)];
}

/** `hono/router/trie-router` is in the package `hono`, `@hono/node-server/x` in `@hono/node-server`. */
const packageOf = (target: string): string =>
  target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');

/** What a region may import besides itself; undefined when the rules do not know it. */
function findAllowed(region: string, { folders, files, fileRules }: Boundaries): string[] | undefined {
  const own = region.endsWith('.ts') ? files[region] : folders[region];
  if (own === undefined) return undefined;
  return [...own, ...fileRules.filter(({ importers }) => importers.includes(region)).flatMap(({ may }) => may)];
}

function judgeArrow({ from, to, line }: Arrow, boundaries: Boundaries): string[] {
  const place = `src/${from}:${line}`;
  const [own, other] = [regionOf(from), regionOf(to)];
  if (other === '..')
    return to === '../package.json' ? [] : [`${place} imports ${to}: src/ imports nothing outside itself`];
  if (isTestFile(to)) return [`${place} imports src/${to}, which only tests may`];
  const allowed = findAllowed(own, boundaries);
  if (allowed === undefined) return [`${place} is in ${own}, which has no line in boundaries.json`];
  if (own === other || allowed.includes('*') || allowed.includes(other)) return [];
  const list = allowed.length === 0 ? 'nothing else' : allowed.join(', ');
  return [`${place} imports src/${to}: ${own} -> ${other} is not allowed (${own} may import ${list})`];
}

/** One sentence for each circle between files, and for each between folders that no single file closes. */
function findCircles(arrows: readonly Arrow[]): string[] {
  const files = findCircle(arrows);
  const folders = findCircle(
    arrows.map(({ from, to }) => ({ from: regionOf(from), to: regionOf(to) })).filter(({ from, to }) => from !== to),
  );
  return [
    ...(files ? [`circle of files: ${files.map((path) => `src/${path}`).join(' -> ')}`] : []),
    ...(folders ? [`circle of folders: ${folders.join(' -> ')}`] : []),
  ];
}

/** The first circle in the order of names, its first member repeated at the end; undefined without one. */
function findCircle(arrows: readonly { from: string; to: string }[]): string[] | undefined {
  const targets = Map.groupBy(arrows, ({ from }) => from);
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const { to } of targets.get(node) ?? []) {
      const circle = visit(to, [...path, node]);
      if (circle) return circle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of [...targets.keys()].sort()) {
    const circle = visit(node, []);
    if (circle) return circle;
  }
  return undefined;
}
