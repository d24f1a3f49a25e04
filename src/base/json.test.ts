import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJsonObject, parseJsonSafely } from './json.ts';
import { limits } from './limits.ts';

const nested = (depth: number, open = '[', close = ']') => open.repeat(depth) + close.repeat(depth);
const keys = (count: number) => `{${Array.from({ length: count }, (_, index) => `"k${index}":0`).join(',')}}`;

test('JSON that is read', () => {
  const texts = [
    ...[
      '{}',
      '[]',
      '1',
      '"x"',
      'null',
      'true',
      ' {"a":[1,2,{"b":null}]} ',
      '{"a":{"x":1},"b":{"x":2}}',
      '[{"a":1},{"a":1}]',
    ],
    ...[
      '"a:b{[\\"]}"',
      '{"a\\"b":":"}',
      '"\\\\"',
      '{"\\\\":"\\\\\\""}',
      '{"https://x.test/#a:b":1}',
      '"😀 é \\u00e9 \\ud83d\\ude00"',
    ],
    ...[
      '1e308',
      '-0.5e-400',
      '{"toString":1,"hasOwnProperty":2,"":3}',
      nested(limits.jsonDepth),
      keys(limits.jsonKeys),
    ],
  ];
  for (const text of texts) {
    const expected = { ok: true, value: JSON.parse(text) };
    assert.deepEqual(parseJsonSafely(text), expected, text.slice(0, 60));
    assert.deepEqual(parseJsonSafely(Buffer.from(text)), expected, text.slice(0, 60));
  }
});

test('JSON that is refused', () => {
  const table: [string | Buffer, string][] = [
    ['', 'not-json'],
    ['{', 'not-json'],
    ['{"a":1', 'not-json'],
    ['"', 'not-json'],
    ['"\\"', 'not-json'],
    ['{a:1}', 'not-json'],
    ["{'a':1}", 'not-json'],
    ['{"a":1,}', 'not-json'],
    ['{}{}', 'not-json'],
    ['NaN', 'not-json'],
    ['\ufeff{}', 'not-json'],
    ['"a\u0000b"', 'not-json'],
    ['"a\nb"', 'not-json'],
    [nested(limits.jsonDepth + 1), 'too-deep'],
    [nested(limits.jsonDepth + 1, '{"a":', '}'), 'too-deep'],
    [nested(1_000_000), 'too-deep'],
    [`{"a":${nested(1_000_000)}`, 'too-deep'],
    [keys(limits.jsonKeys + 1), 'too-many-keys'],
    [keys(1_000_000), 'too-many-keys'],
    ['{"actor":"a","actor":"b"}', 'duplicate-key'],
    ['{"actor":"a","\\u0061ctor":"b"}', 'duplicate-key'],
    ['[{"x":{"y":1,"y":1}}]', 'duplicate-key'],
    ['{"__proto__":{"polluted":1}}', 'forbidden-key'],
    ['{"\\u005f_proto__":{"polluted":1}}', 'forbidden-key'],
    ['{"a":[{"constructor":{"prototype":{}}}]}', 'forbidden-key'],
    ['{"prototype":1}', 'forbidden-key'],
    ['"\\ud800"', 'bad-text'],
    ['{"a":"x\\udc00y"}', 'bad-text'],
    ['{"\\ud800":1}', 'bad-text'],
    ['"a\\u0000b"', 'bad-text'],
    ['1e400', 'bad-number'],
    ['[-1e999]', 'bad-number'],
    [Buffer.from([0x22, 0xff, 0x22]), 'not-utf8'],
    [Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'not-utf8'],
    [Buffer.from([0x22, 0xc0, 0xaf, 0x22]), 'not-utf8'],
    [Buffer.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d]), 'not-json'],
    [Buffer.from('{}', 'utf16le'), 'not-json'],
  ];
  const start = performance.now();
  for (const [source, reason] of table) {
    assert.deepEqual(parseJsonSafely(source), { ok: false, error: reason }, source.toString().slice(0, 60));
  }
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  assert.ok(performance.now() - start < 1_000, 'a bomb costs nothing');
});

test('bytes are read from their own part of a shared buffer', () => {
  const pool = Buffer.from('xx{"a":1}yy');
  assert.deepEqual(parseJsonSafely(pool.subarray(2, 9)), { ok: true, value: { a: 1 } });
});

test('a backslash storm is read in linear time', () => {
  const start = performance.now();
  assert.ok(parseJsonSafely(`"${'\\\\'.repeat(500_000)}"`).ok);
  assert.ok(parseJsonSafely(`"${'\\"'.repeat(500_000)}"`).ok);
  assert.ok(!parseJsonSafely(`"${'\\"'.repeat(500_000)}`).ok);
  assert.ok(performance.now() - start < 1_000);
});

test('only an object where only an object makes sense', () => {
  assert.deepEqual(parseJsonObject('{"a":1}'), { ok: true, value: { a: 1 } });
  for (const text of ['[]', 'null', '1', '"x"']) assert.ok(!parseJsonObject(text).ok, text);
});
