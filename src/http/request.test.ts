import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CanariError } from '../base/errors.ts';
import { readNetwork } from '../base/net/address.ts';
import {
  canonicalAuthority,
  clientAddress,
  limitKey,
  pickLanguage,
  prefersActivity,
  readBody,
  readForm,
} from './request.ts';

const network = (text: string) => {
  const read = readNetwork(text);
  assert.ok(read.ok);
  return read.value;
};

describe('the host of a request', () => {
  it('has one form', () => {
    const same: [string, string][] = [
      ['Example.ORG', 'example.org'],
      ['example.org.', 'example.org'],
      ['example.org:443', 'example.org'],
      ['example.org:80', 'example.org'],
      ['localhost:8000', 'localhost:8000'],
      ['[::1]:8000', '[::1]:8000'],
    ];
    for (const [given, wanted] of same) assert.equal(canonicalAuthority(given), wanted);
  });

  it('is none when it is something else', () => {
    const bad = [
      '',
      'a b',
      'user@example.org',
      'example.org/x',
      'exa%6Dple.org',
      'example.org:99999',
      'a\\b',
      '.',
      '-x',
      'x:',
    ];
    for (const one of bad) assert.equal(canonicalAuthority(one), undefined, one);
  });
});

describe('the address of a client', () => {
  const proxies = [network('10.0.0.0/8')];

  it('is the socket’s, whatever a stranger writes', () => {
    assert.equal(clientAddress('198.51.100.7', '1.2.3.4', proxies), '198.51.100.7');
    assert.equal(clientAddress('198.51.100.7', '1.2.3.4, 10.0.0.1', []), '198.51.100.7');
  });

  it('is behind trusted proxies the last that is none of them', () => {
    assert.equal(clientAddress('10.0.0.1', '198.51.100.7', proxies), '198.51.100.7');
    assert.equal(clientAddress('::ffff:10.0.0.1', '6.6.6.6, 198.51.100.7, 10.0.0.2', proxies), '198.51.100.7');
    assert.equal(clientAddress('10.0.0.1', '', proxies), '10.0.0.1');
    assert.equal(clientAddress('10.0.0.1', 'nonsense', proxies), '10.0.0.1');
  });

  it('counts an IPv6 subscriber once', () => {
    assert.equal(limitKey('2001:db8:1:2:aaaa::1'), limitKey('2001:0db8:1:2::9'));
    assert.notEqual(limitKey('2001:db8:1:2::1'), limitKey('2001:db8:1:3::1'));
    assert.equal(limitKey('::1'), '0:0:0:0::/64');
    assert.equal(limitKey('192.0.2.1'), '192.0.2.1');
  });
});

describe('the body', () => {
  const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    new Request('http://x.example/', { method: 'POST', body, headers });
  const codeOf = async (promise: Promise<unknown>) => {
    const error = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return error instanceof CanariError ? error.code : error;
  };

  it('is read up to its limit and not beyond', async () => {
    for (const size of [99, 100]) assert.equal((await readBody(post('x'.repeat(size)), 100)).byteLength, size);
    assert.equal(await codeOf(readBody(post('x'.repeat(101)), 100)), 'CANARI_BODY_TOO_BIG');
  });

  it('stops reading a stream without length', async () => {
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(1_000));
      },
    });
    const request = new Request('http://x.example/', { method: 'POST', body: endless, duplex: 'half' } as RequestInit);
    assert.equal(await codeOf(readBody(request, 10_000)), 'CANARI_BODY_TOO_BIG');
    assert.ok(pulled < 20, `${pulled}`);
  });

  it('is not inflated', async () => {
    assert.equal(await codeOf(readBody(post('x', { 'content-encoding': 'gzip' }), 100)), 'CANARI_BODY_ENCODED');
    assert.equal((await readBody(post('x', { 'content-encoding': 'identity' }), 100)).byteLength, 1);
  });

  it('is a form in either of its two shapes', async () => {
    const plain = await readForm(Buffer.from('a=1&b=%C3%A9+x'), 'application/x-www-form-urlencoded; charset=utf-8');
    assert.equal(plain.get('b'), 'é x');
    const form = new FormData();
    form.append('a', 'one');
    form.append('file', new Blob(['x']), 'x.txt');
    const request = new Request('http://x.example/', { method: 'POST', body: form });
    const parts = await readForm(new Uint8Array(await request.arrayBuffer()), request.headers.get('content-type')!);
    assert.deepEqual([...parts], [['a', 'one']]);
    assert.equal(await codeOf(readForm(Buffer.from('{}'), 'application/json')), 'CANARI_FORM_EXPECTED');
    assert.equal(await codeOf(readForm(Buffer.from('x'), 'multipart/form-data; boundary=y')), 'CANARI_FORM_UNREADABLE');
    assert.equal(
      await codeOf(readForm(Buffer.from('a&'.repeat(1_001)), 'application/x-www-form-urlencoded')),
      'CANARI_FORM_UNREADABLE',
    );
  });
});

describe('what a reader prefers', () => {
  it('is a language of ours, the best one', () => {
    assert.equal(pickLanguage('fr-CA,fr;q=0.8,en;q=0.5', 'en'), 'fr');
    assert.equal(pickLanguage('de,en;q=0.3,fr;q=0.2', 'fr'), 'en');
    assert.equal(pickLanguage('de', 'fr'), 'fr');
    assert.equal(pickLanguage('frozen', 'en'), 'en');
  });

  it('is a page for browsers and a document for peers', () => {
    assert.equal(prefersActivity('text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'), false);
    assert.equal(prefersActivity('application/activity+json'), true);
    assert.equal(prefersActivity('application/ld+json; profile="https://www.w3.org/ns/activitystreams"'), true);
    assert.equal(prefersActivity('application/activity+json, text/html;q=0.1'), true);
    assert.equal(prefersActivity('text/html, application/activity+json;q=0.9'), false);
    assert.equal(prefersActivity('*/*'), false);
    assert.equal(prefersActivity('application/activity+json;q=0'), false);
  });
});
