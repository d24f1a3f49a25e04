import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { findTests } from './test.ts';

const script = join(import.meta.dirname, 'test.ts');

/** Runs the script with another PATH. */
const run = (args: string[], path: string) =>
  spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', env: { PATH: path } });

describe('npm run test:world', () => {
  it('fails, and does not skip, when a program is absent', () => {
    const { status, stderr } = run(['--world'], '/nowhere');
    assert.equal(status, 1);
    assert.match(
      stderr,
      /chromium is not installed.*apt-get install chromium\ntoot is not installed.*apt-get install toot/,
    );
  });
});

describe('finding tests', () => {
  it('keeps the two suites apart', () => {
    const root = mkdtempSync(join(tmpdir(), 'canari-tests-'));
    for (const file of ['src/a/b.test.ts', 'src/a/c.ts', 'test/paths/d.test.ts', 'test/paths/e.world.test.ts']) {
      mkdirSync(join(root, file, '..'), { recursive: true });
      writeFileSync(join(root, file), '');
    }
    assert.deepEqual(findTests(root, false), ['src/a/b.test.ts', 'test/paths/d.test.ts']);
    assert.deepEqual(findTests(root, true), ['test/paths/e.world.test.ts']);
    rmSync(root, { recursive: true });
  });

  it('fails when no file fits', () => {
    const { status, stderr } = run(['there-is-no-such-test'], process.env.PATH ?? '');
    assert.equal(status, 1);
    assert.match(stderr, /No test file has there-is-no-such-test in its path/);
  });
});
