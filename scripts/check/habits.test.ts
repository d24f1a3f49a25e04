import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { checkHabits } from './habits.ts';

const root = mkdtempSync(join(tmpdir(), 'canari-habits-'));
after(() => rmSync(root, { recursive: true }));

/** What the check says of one file. */
function judge(path: string, text: string): string[] {
  rmSync(join(root, 'src'), { recursive: true, force: true });
  mkdirSync(join(root, 'src', dirname(path)), { recursive: true });
  writeFileSync(join(root, 'src', path), text);
  return checkHabits(root);
}

const functionOf = (lines: number) => `function some() {\n${'  a();\n'.repeat(lines - 2)}}\n`;

describe('sizes', () => {
  it('lets 400 lines pass, and not 401', () => {
    assert.deepEqual(judge('base/a.ts', 'a();\n'.repeat(400)), []);
    assert.match(judge('base/a.ts', 'a();\n'.repeat(401))[0]!, /^src\/base\/a\.ts:1 has 401 lines/);
  });

  it('lets a function of 60 lines pass, and not of 61', () => {
    assert.deepEqual(judge('base/a.ts', functionOf(60)), []);
    assert.match(judge('base/a.ts', functionOf(61))[0]!, /^src\/base\/a\.ts:1 some has 61 lines/);
  });

  it('accepts a reason, not an empty one', () => {
    assert.deepEqual(judge('base/a.ts', `// long: one table\n${functionOf(500)}`), []);
    assert.equal(judge('base/a.ts', `// long:\n${functionOf(500)}`).length, 2);
  });
});

describe('places', () => {
  const found = {
    'process.env.HOME': 'process.env',
    'Date.now()': 'Date.now()',
    'new Date()': 'new Date()',
    'performance.now()': 'performance.now()',
    'setTimeout(a, 1)': 'a timer',
    'setInterval(a, 1)': 'a timer',
    "fetch('https://a.example')": 'fetch()',
  };
  for (const [code, what] of Object.entries(found)) {
    it(`says where ${what} belongs`, () => {
      assert.ok(judge('store/a.ts', `\n${code};`)[0]?.startsWith(`src/store/a.ts:2 ${what} belongs in `));
    });
  }

  it('lets them be where they belong, and what only looks like them', () => {
    assert.deepEqual(judge('base/clock.ts', 'Date.now(); setTimeout(a, 1); new Date(); performance.now();'), []);
    assert.deepEqual(judge('config.ts', 'process.env;'), []);
    assert.deepEqual(
      judge('store/a.ts', `new Date(row.at); this.fetch(a); // Date.now()\nconst a = 'process.env';`),
      [],
    );
    assert.deepEqual(judge('store/a.test.ts', 'Date.now();'), []);
  });

  it('keeps the database and the sockets behind their doors', () => {
    assert.match(
      judge('people/a.ts', `import { DatabaseSync } from 'node:sqlite';`)[0]!,
      /node:sqlite belongs in store\//,
    );
    assert.deepEqual(judge('store/a.ts', `import { DatabaseSync } from 'node:sqlite';`), []);
    assert.match(judge('remote/a.ts', `import { Agent } from 'undici';`)[0]!, /undici belongs in base\/net\//);
  });
});
