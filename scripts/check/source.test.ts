import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findFunctions, findImports, maskSource } from './source.ts';

/** What is left of code when its strings and comments are blanked, spaces folded. */
const masked = (text: string) => maskSource(text).replace(/ +/g, ' ');

describe('masking', () => {
  it('blanks comments and the inside of strings, and keeps lengths and lines', () => {
    const text = `const a = 'it\\'s'; // b\n/* c\n d */ const e = "f";`;
    assert.equal(maskSource(text).length, text.length);
    assert.equal(masked(text), `const a = ' '; \n \n const e = " ";`);
  });

  it('keeps the code inside templates, however deep', () => {
    assert.equal(masked('`a \x24{b(`c \x24{d} e`)} f` + g'), '` \x24{b(` \x24{d} `)} ` + g');
    assert.equal(masked('`a \x24{{ b: 1 }.b} c` + d'), '` \x24{{ b: 1 }.b} ` + d');
  });

  it('tells a regular expression from a division', () => {
    assert.equal(masked('const a = /[/\'"]/; const b = c / d / e;'), 'const a = / /; const b = c / d / e;');
    assert.equal(masked("return /'/.test(a)"), 'return / /.test(a)');
  });
});

describe('imports', () => {
  it('finds each form with its line', () => {
    const text = [
      `import { a } from './a.ts';`,
      `import type { B } from './b.ts';`,
      `import './c.ts';`,
      `export * from './d.ts';`,
      `import {`,
      `  e,`,
      `} from "./e.ts";`,
      `const f = await import('./f.ts');`,
      `type G = import('./g.ts').G;`,
      `new Worker(new URL('./h.ts', import.meta.url));`,
      `await import(name);`,
    ].join('\n');
    assert.deepEqual(
      findImports(text).map(({ line, target }) => `${line} ${target}`),
      ['1 ./a.ts', '2 ./b.ts', '3 ./c.ts', '4 ./d.ts', '7 ./e.ts', '8 ./f.ts', '9 ./g.ts', '10 ./h.ts', '11 undefined'],
    );
  });

  it('finds none in comments, strings and look-alikes', () => {
    const text = `// import './a.ts'\nconst b = "import './c.ts'"; Array.from('d'); new URL('https://e.example'); import.meta.url;`;
    assert.deepEqual(findImports(text), []);
  });
});

describe('functions', () => {
  it('counts the lines of functions inside with those, also of arrows with an expression', () => {
    const text = [
      `function outer() {`,
      `  const a = () =>`,
      `    b({`,
      `      c,`,
      `    });`,
      `  return {`,
      `    method() {`,
      `      d();`,
      `    },`,
      `  };`,
      `}`,
    ].join('\n');
    assert.deepEqual(
      findFunctions(text).map(({ name, lines }) => `${name} ${lines}`),
      ['outer 6', 'method 3'],
    );
  });

  it('measures functions, methods and arrows, not blocks', () => {
    const text = [
      `export function one(a: { b: string }): Promise<{ c: number }> {`,
      `  if (a) {`,
      `  }`,
      `}`,
      `const two = async (a: number): Promise<void> => {`,
      `  for (const b of []) {`,
      `  }`,
      `};`,
      `class C {`,
      `  #three() {`,
      `  }`,
      `}`,
      `four(() => {`,
      `});`,
    ].join('\n');
    assert.deepEqual(
      findFunctions(text).map(({ name, line, lines }) => `${name} ${line} ${lines}`),
      ['one 1 4', 'two 5 4', '#three 10 2', 'four 13 2'].map((line) => line.replace('four', 'a function')),
    );
  });
});
