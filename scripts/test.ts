import { spawnSync } from 'node:child_process';
import { accessSync, constants, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';

/**
 * Runs the tests with Node's own runner, whose counts come last.
 * `npm test` runs what needs Node only, `npm run test:world` what needs Debian's packages (files ending in `.world.test.ts`).
 */

/** What the tests of the wide world need; the first words that follow say which Debian package brings it. */
const worldPrograms = [
  { program: 'chromium', brings: 'pages in a browser: apt-get install chromium' },
  { program: 'toot', brings: 'a Mastodon client that is not ours: apt-get install toot' },
];

/** Two cores, and most tests wait: more at once only makes the timing of the others worse. */
const concurrency = 2;

/** A test that hangs must fail here, not when the whole run is cut off. */
const timeoutMs = 300_000;

const usage = `npm test [-- OPTIONS] [FILES]
  --world         only the tests that need Debian's packages (npm run test:world); fails when one is absent
  --only PATTERN  only tests whose name matches
  FILES           only these files, or files whose path contains the word`;

/** True when the shell would find `program`. */
function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The test files of one of the two suites, sorted, so that runs are alike. */
export function findTests(root: string, isWorld: boolean): string[] {
  return globSync(['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts', 'bench/**/*.test.ts'], {
    cwd: root,
  })
    .filter((file) => file.endsWith('.world.test.ts') === isWorld)
    .sort();
}

/** Runs the suite; returns the exit code. */
function main(args: string[]): number {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { world: { type: 'boolean' }, only: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  if (values.world) {
    const absent = worldPrograms.filter(({ program }) => !isInstalled(program));
    for (const { program, brings } of absent) console.error(`${program} is not installed; it is needed for ${brings}`);
    if (absent.length > 0) return 1;
  }
  const root = join(import.meta.dirname, '..');
  const all = findTests(root, values.world === true);
  const files = positionals.length === 0 ? all : all.filter((file) => positionals.some((word) => file.includes(word)));
  if (files.length === 0) {
    console.error(
      `No test file ${positionals.length === 0 ? 'exists' : `has ${positionals.join(' or ')} in its path`}.`,
    );
    return 1;
  }
  const only = values.only === undefined ? [] : [`--test-name-pattern=${values.only}`];
  const flags = [
    '--test',
    '--test-reporter=spec',
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${timeoutMs}`,
    '--test-force-exit',
    '--disable-warning=ExperimentalWarning',
    ...only,
  ];
  const { status, error } = spawnSync(process.execPath, [...flags, ...files], { cwd: root, stdio: 'inherit' });
  if (error) console.error(error.message);
  return status ?? 1;
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
