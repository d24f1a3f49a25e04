import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { checkBoundaries } from './boundaries.ts';

const root = join(import.meta.dirname, '..', '..');
const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A repository of a few files under the real rules. */
function plant(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'canari-check-'));
  folders.push(folder);
  for (const file of ['boundaries.json', 'package.json']) cpSync(join(root, file), join(folder, file));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, 'src', dirname(path)), { recursive: true });
    writeFileSync(join(folder, 'src', path), text);
  }
  return folder;
}

describe('import directions', () => {
  it('finds nothing wrong in this repository', () => {
    assert.deepEqual(checkBoundaries(root), []);
  });

  it('sees a forbidden import planted in a copy of this repository', () => {
    const folder = plant({});
    cpSync(join(root, 'src'), join(folder, 'src'), { recursive: true });
    writeFileSync(join(folder, 'src', 'delivery', 'planted.ts'), `import type { Post } from '../store/post.ts';\n`);
    const planted = checkBoundaries(folder).filter((sentence) => !checkBoundaries(root).includes(sentence));
    assert.equal(
      planted[0],
      'src/delivery/planted.ts:1 imports src/store/post.ts: delivery -> store is not allowed (delivery may import base)',
    );
  });

  it('lets a folder import itself and what its line allows', () => {
    const folder = plant({
      'base/a.ts': `import './b.ts';`,
      'base/b.ts': '',
      'model/c.ts': `import '../base/a.ts';`,
      'http/d.ts': `import '../config.ts';`,
      'config.ts': `import './base/a.ts';`,
      'main.ts': `import './http/d.ts';`,
    });
    assert.deepEqual(checkBoundaries(folder), []);
  });

  it('says no to the root file that a folder may not read', () => {
    const [first] = checkBoundaries(plant({ 'store/a.ts': `import '../config.ts';`, 'config.ts': '' }));
    assert.match(first!, /^src\/store\/a\.ts:1 imports src\/config\.ts: store -> config\.ts is not allowed/);
  });

  it('exempts tests, but nothing may import them', () => {
    const folder = plant({
      'base/a.test.ts': `import '../http/b.ts';`,
      'http/b.ts': `import './c.test.ts';`,
      'http/c.test.ts': '',
    });
    assert.deepEqual(checkBoundaries(folder), ['src/http/b.ts:1 imports src/http/c.test.ts, which only tests may']);
  });

  it('finds circles between files, types included, and between folders', () => {
    const files = plant({
      'base/a.ts': `import type { B } from './b.ts';`,
      'base/b.ts': `import './c.ts';`,
      'base/c.ts': `export { a } from './a.ts';`,
    });
    assert.deepEqual(checkBoundaries(files), [
      'circle of files: src/base/a.ts -> src/base/b.ts -> src/base/c.ts -> src/base/a.ts',
    ]);
    const between = plant({
      'base/a.ts': `import '../model/b.ts';`,
      'model/b.ts': `import '../base/c.ts';`,
      'base/c.ts': '',
    });
    assert.ok(checkBoundaries(between).includes('circle of folders: base -> model -> base'));
  });

  it('refuses packages that are there only for tests', () => {
    const folder = plant({ 'store/a.ts': `import 'hono/html';\nimport 'node:fs';\nimport '@fedify/fedify/x';` });
    assert.match(
      checkBoundaries(folder).join('\n'),
      /^src\/store\/a\.ts:3 imports @fedify\/fedify\/x, which is not among/,
    );
  });

  it('refuses what leaves src/, what no rule knows and what cannot be read', () => {
    const folder = plant({
      'base/a.ts': `import '../../test/b.ts';`,
      'base/c.ts': 'await import(name);',
      'utils/d.ts': `import '../base/a.ts';`,
    });
    assert.deepEqual(checkBoundaries(folder), [
      'src/base/c.ts:1 import() of something that is not a plain string cannot be checked',
      'src/base/a.ts:1 imports ../test/b.ts: src/ imports nothing outside itself',
      'src/utils/d.ts:1 is in utils, which has no line in boundaries.json',
    ]);
  });
});
