import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../limits.ts';
import { canonicalHost, isSameOrigin, readRemoteUrl } from './hostname.ts';
import { findLabHosts, type LabHost, readLabHosts, webSchemeOf } from './lab.ts';

const lab: LabHost[] = [
  { name: 'plain.test', address: '127.77.0.1', port: 9001, scheme: 'http' },
  { name: 'safe.test', address: '127.77.0.2', port: 9002, scheme: 'https' },
  { name: 'solo', address: '127.77.0.3', port: 9003, scheme: 'http' },
  { name: 'mail.test', address: '127.77.0.4', port: 9004, scheme: 'smtp' },
];

const labels = (count: number) =>
  `${Array(count - 1)
    .fill('a')
    .join('.')}.test`;

const refusedUrls: [string, string][] = [
  ['', 'not-a-url'],
  ['victim.test', 'not-a-url'],
  ['//victim.test/', 'not-a-url'],
  ['https:/victim.test/', 'not-a-url'],
  ['HTTPS://victim.test/', 'not-a-url'],
  [' https://victim.test/', 'not-a-url'],
  ['data:application/json,{}', 'not-a-url'],
  ['file:///etc/passwd', 'scheme'],
  ['ftp://victim.test/', 'scheme'],
  ['http://victim.test/', 'scheme'],
  ['https://user@victim.test/', 'userinfo'],
  ['https://user:pass@victim.test/', 'userinfo'],
  ['https://@victim.test/', 'userinfo'],
  ['https://victim.test\\@peer.test/', 'not-a-url'],
  ['https://victim.test/a b', 'spelling'],
  ['https://vic\ttim.test/', 'not-a-url'],
  ['https://victim.test/\n', 'spelling'],
  ['https://VICTIM.test/', 'spelling'],
  ['https://victim%2etest/', 'spelling'],
  ['https://victim.test:443/', 'spelling'],
  ['https://victim。test/', 'spelling'],
  ['https://ｖictim.test/', 'spelling'],
  ['https://münster.example/', 'spelling'],
  ['https://victim.test./', 'bad-name'],
  ['https://127.0.0.1/', 'address-literal'],
  ['https://8.8.8.8/', 'address-literal'],
  ['https://127.1/', 'address-literal'],
  ['https://0x7f.1/', 'address-literal'],
  ['https://2130706433/', 'address-literal'],
  ['https://0177.0.0.1/', 'address-literal'],
  ['https://[::1]/', 'address-literal'],
  ['https://[::ffff:127.0.0.1]/', 'address-literal'],
  ['https://[2606:4700::1]/', 'address-literal'],
  ['https://localhost/', 'private-name'],
  ['https://a.localhost/', 'private-name'],
  ['https://intranet/', 'private-name'],
  ['https://db.internal/', 'private-name'],
  ['https://printer.local/', 'private-name'],
  ['https://abcdefghij.onion/', 'private-name'],
  ['https://1.0.0.127.in-addr.arpa/', 'private-name'],
  ['https://a_b.victim.test/', 'bad-name'],
  ['https://-a.victim.test/', 'bad-name'],
  ['https://a..test/', 'bad-name'],
  [`https://${'a'.repeat(64)}.test/`, 'bad-name'],
  [`https://${labels(limits.hostLabels + 1)}/`, 'bad-name'],
  ['https://victim.test:25/', 'port'],
  ['https://victim.test:80/', 'port'],
  ['https://victim.test:0/', 'port'],
  ['http://safe.test/', 'scheme'],
  ['https://plain.test/', 'scheme'],
  ['http://mail.test/', 'scheme'],
  [`https://victim.test/${'a'.repeat(limits.uriChars - 19)}`, 'too-long'],
];

test('URLs that are not spoken to', () => {
  for (const [text, reason] of refusedUrls) {
    assert.deepEqual(readRemoteUrl(text, lab), { ok: false, error: reason }, text);
  }
});

test('URLs that are', () => {
  const fine = [
    ...[
      'https://victim.test/',
      'https://victim.test',
      'https://victim.test/u/v?x=1#main-key',
      'https://victim.test:8443/',
    ],
    ...[
      'https://xn--mnster-3ya.example/',
      'https://a-b.c1.example/%C3%BC',
      'https://social.example/ü',
      'http://plain.test/',
    ],
    ...['http://plain.test:9001/', 'https://safe.test/x', 'http://solo/', `https://${labels(limits.hostLabels)}/`],
    `https://victim.test/${'a'.repeat(limits.uriChars - 20)}`,
  ];
  for (const text of fine) assert.ok(readRemoteUrl(text, lab).ok, text);
});

test('what a person types becomes the one spelling', () => {
  const fine: [string, string][] = [
    ['Victim.TEST', 'victim.test'],
    [' victim.test. ', 'victim.test'],
    ['victim.test:443', 'victim.test'],
    ['victim.test:8443', 'victim.test:8443'],
    ['Münster.example', 'xn--mnster-3ya.example'],
    ['ｖictim。test', 'victim.test'],
    ['plain.test:80', 'plain.test'],
    ['solo', 'solo'],
  ];
  for (const [text, host] of fine) assert.deepEqual(canonicalHost(text, lab), { ok: true, value: host }, text);
  const refused = [
    ...[
      '',
      '.',
      'a@b.test',
      'victim.test@peer.test',
      'a b.test',
      'victim.test/x',
      'victim%2etest',
      '127.0.0.1',
      '[::1]',
    ],
    ...[
      '::1',
      'localhost',
      'x.internal',
      'intranet',
      'victim.test:25',
      'victim.test:99999',
      'a..test',
      '0x7f.1',
      '1.2.3',
    ],
  ];
  for (const text of refused) assert.ok(!canonicalHost(text, lab).ok, text);
});

test('the lab file is read line by line, and a wrong line is named', () => {
  const text = '# names\nplain.test 127.77.0.1 9001 http\n\nmail.test  ::1 25 smtp # intake\n';
  assert.deepEqual(readLabHosts(text), {
    ok: true,
    value: [lab[0], { name: 'mail.test', address: '::1', port: 25, scheme: 'smtp' }],
  });
  for (const line of [
    'a 127.77.0.1 9001',
    'A.test 127.77.0.1 1 http',
    'a x 1 http',
    'a ::1 0 http',
    'a ::1 65536 http',
    'a ::1 1 HTTP',
  ]) {
    const read = readLabHosts(`ok.test ::1 1 http\n${line}`);
    assert.ok(!read.ok && read.error.includes('line 2'), line);
  }
  assert.equal(webSchemeOf(lab, 'plain.test'), 'http');
  assert.equal(webSchemeOf(lab, 'safe.test'), 'https');
  assert.equal(webSchemeOf(lab, 'elsewhere.example'), 'https');
  assert.equal(findLabHosts(lab, 'toString').length, 0);
});

test('origins are compared as origins', () => {
  assert.ok(isSameOrigin('https://a.test/x', 'https://a.test/y#z'));
  for (const other of ['http://a.test/', 'https://a.test:8443/', 'https://b.a.test/', 'a.test', '']) {
    assert.ok(!isSameOrigin('https://a.test/x', other), other);
  }
});
