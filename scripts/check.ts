import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { checkBoundaries } from './check/boundaries.ts';
import { checkHabits } from './check/habits.ts';
import { checkSettingsFiles } from './settings-files.ts';

/** `npm run check`: everything that can be seen without running Canari. Says all that is wrong, then ends with 1. */

const root = join(import.meta.dirname, '..');

/** Runs a program of `node_modules/.bin`; returns its words when it fails. */
function runTool(program: string, args: string[]): Promise<string[]> {
  const { promise, resolve } = Promise.withResolvers<string[]>();
  const child = spawn(join(root, 'node_modules', '.bin', program), args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let words = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (words += text));
  child.on('error', (error) => resolve([`${program}: ${error.message}; run npm ci`]));
  child.on('close', (code) => resolve(code === 0 ? [] : [words.trim() || `${program} ended with ${code}`]));
  return promise;
}

const checks: Record<string, () => string[] | Promise<string[]>> = {
  types: () => runTool('tsc', ['--noEmit', '--pretty', 'false']),
  'lint and format': () => runTool('biome', ['check', '--error-on-warnings', '--diagnostic-level=warn', '.']),
  'import directions': () => checkBoundaries(root),
  'sizes and places': () => checkHabits(root),
  'settings in files and docs': () => checkSettingsFiles(root),
};

const results = await Promise.all(
  Object.entries(checks).map(async ([name, check]) => ({ name, wrong: await check() })),
);
for (const { name, wrong } of results) {
  console.log(`${wrong.length === 0 ? 'ok  ' : 'FAIL'} ${name}`);
  for (const sentence of wrong) console.log(sentence.replace(/^/gm, '     '));
}
process.exitCode = results.some(({ wrong }) => wrong.length > 0) ? 1 : 0;
