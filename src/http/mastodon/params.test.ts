import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RouteContext } from '../route.ts';
import { type Params, readPairs, readParams } from './params.ts';

/** A call as the server hands it on, with only what reading its fields needs. */
function call(type: string | null, body: string | Uint8Array, query = '', method = 'POST'): RouteContext {
  const url = new URL(`http://example.test/api/v1/x${query}`);
  const headers = new Headers(type === null ? {} : { 'content-type': type });
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const request = new Request(url, { method, headers });
  return { url, request, readBody: async () => bytes } as unknown as RouteContext;
}

const readForm = (body: string) => readParams(call('application/x-www-form-urlencoded', body));
const readJson = (body: unknown) => readParams(call('application/json; charset=utf-8', JSON.stringify(body)));
async function readMultipart(fields: [string, string | Blob][]) {
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value);
  const packed = new Response(form);
  const type = packed.headers.get('content-type');
  return readParams(call(type, new Uint8Array(await packed.arrayBuffer())));
}

test('JSON, form and multipart bodies read alike', async () => {
  const sources: Params[] = [
    await readJson({ status: 'hi', sensitive: true, limit: 5, ids: ['1', '2'], source: { privacy: 'private' } }),
    await readForm('status=hi&sensitive=1&limit=5&ids[]=1&ids[]=2&source[privacy]=private'),
    await readMultipart([
      ['status', 'hi'],
      ['sensitive', 'on'],
      ['limit', '5'],
      ['ids[]', '1'],
      ['ids[]', '2'],
      ['source[privacy]', 'private'],
    ]),
  ];
  for (const params of sources) {
    assert.equal(params.text('status'), 'hi');
    assert.equal(params.flag('sensitive'), true);
    assert.equal(params.number('limit'), 5);
    assert.deepEqual(params.texts('ids'), ['1', '2']);
    assert.equal(params.inner('source')?.text('privacy'), 'private');
    assert.equal(params.text('absent'), undefined);
  }
});

test('profile fields come as numbered keys, as a list, or as pairs without numbers', async () => {
  const sources = [
    await readForm('fields_attributes[0][name]=a&fields_attributes[0][value]=b&fields_attributes[1][name]=c'),
    await readForm('fields_attributes[][name]=a&fields_attributes[][value]=b&fields_attributes[][name]=c'),
    await readJson({ fields_attributes: [{ name: 'a', value: 'b' }, { name: 'c' }] }),
    await readJson({ fields_attributes: { 0: { name: 'a', value: 'b' }, 1: { name: 'c' } } }),
  ];
  for (const params of sources) {
    const fields = params.inners('fields_attributes') ?? [];
    assert.deepEqual(
      fields.map((field) => [field.text('name'), field.text('value')]),
      [
        ['a', 'b'],
        ['c', undefined],
      ],
    );
  }
});

test('every spelling of no is no, everything else is yes, nothing is nothing', async () => {
  for (const no of ['false', 'False', 'f', '0', 'off', 'OFF', 'no']) {
    assert.equal((await readForm(`x=${no}`)).flag('x'), false, no);
  }
  for (const yes of ['true', '1', 'on', 'yes', 't']) assert.equal((await readForm(`x=${yes}`)).flag('x'), true, yes);
  assert.equal((await readJson({ x: 0 })).flag('x'), false);
  assert.equal((await readForm('x=')).flag('x'), undefined);
  assert.equal((await readJson({ x: null })).flag('x'), undefined);
});

test('the query is read too, the body wins, and a GET has no body', async () => {
  const both = await readParams(call('application/x-www-form-urlencoded', 'a=body', '?a=query&b=2&id[]=7&id[]=8'));
  assert.deepEqual([both.text('a'), both.text('b'), both.texts('id')], ['body', '2', ['7', '8']]);
  const get = await readParams(call(null, 'a=body', '?a=query', 'GET'));
  assert.equal(get.text('a'), 'query');
});

test('wrong types are 422 with the name of the field', async () => {
  const params = await readJson({ text: {}, number: 'ten', flag: [], list: 'x' });
  for (const read of [
    () => params.text('text'),
    () => params.number('number'),
    () => params.flag('flag'),
    () => params.inners('list'),
    () => params.inner('list'),
  ]) {
    assert.throws(read, { code: 'CANARI_API_FIELD', status: 422 });
  }
  assert.deepEqual(params.texts('list'), ['x']);
});

test('a file is recognised and never read as a text', async () => {
  const params = await readMultipart([['avatar', new Blob(['x'], { type: 'image/png' })]]);
  assert.equal(params.isFile('avatar'), true);
  assert.throws(() => params.text('avatar'), { status: 422 });
});

test('hostile names and bodies are refused with 4xx', async () => {
  assert.throws(() => readPairs([['__proto__[x]', '1']]), { status: 400 });
  assert.throws(() => readPairs([['a[constructor]', '1']]), { status: 400 });
  assert.throws(() => readPairs([['a[b][c][d][e]', '1']]), { status: 400 });
  assert.throws(() => readPairs(Array.from({ length: 1_001 }, (_, n) => [`k${n}`, '1'] as const)), { status: 400 });
  await assert.rejects(readParams(call('application/json', '[1]')), { status: 400 });
  await assert.rejects(readParams(call('application/json', '{"a":'.repeat(100))), { status: 400 });
  await assert.rejects(readParams(call('multipart/form-data; boundary=x', 'rubbish')), { status: 400 });
  await assert.rejects(readParams(call('text/html', '<p>')), { status: 415 });
  const odd = readPairs([
    ['a[', '1'],
    ['b]', '2'],
    ['a[x', '3'],
  ]);
  assert.deepEqual({ ...odd }, { 'a[': '1', 'b]': '2', 'a[x': '3' });
  assert.equal(({} as { polluted?: string }).polluted, undefined);
});
