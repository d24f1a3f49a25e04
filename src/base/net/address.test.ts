import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyAddress, isReachable, type Network, readNetwork } from './address.ts';

const network = (text: string): Network => {
  const read = readNetwork(text);
  assert.ok(read.ok, text);
  return read.value;
};

const refused = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.77.0.1'],
  ...['169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.1', '192.0.0.9', '192.0.2.1', '192.31.196.1'],
  ...['192.52.193.1', '192.88.99.1', '192.168.0.1', '192.175.48.1', '198.18.0.1', '198.19.255.255', '198.51.100.7'],
  ...['203.0.113.9', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
  ...['::', '::1', '::127.0.0.1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::ffff:0:127.0.0.1', '64:ff9b::7f00:1'],
  ...[
    '64:ff9b::8.8.8.8',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:0:7f00:1::',
    '2001:2::1',
    '2001:10::1',
    '2001:20::1',
  ],
  ...[
    '2001:db8::1',
    '2002:7f00:1::',
    '2002:808:808::1',
    '2620:4f:8000::1',
    '3fff::1',
    '3fff:fff::1',
    '4000::1',
    '5f00::1',
  ],
  ...['fc00::1', 'fd12:3456::1', 'fe80::1', 'fec0::1', 'ff02::1'],
];

const unreadable = [
  ...[
    '',
    'localhost',
    '127.1',
    '0x7f.1',
    '0x7f000001',
    '2130706433',
    '0177.0.0.1',
    '017700000001',
    '1.2.3',
    '1.2.3.4.5',
  ],
  ...[
    '1.2.3.256',
    '01.2.3.4',
    ' 8.8.8.8',
    '8.8.8.8 ',
    '[::1]',
    'fe80::1%eth0',
    '2606:4700::1%1',
    '1:2:3:4:5:6:7',
    ':::1',
  ],
];

const global = [
  ...['8.8.8.8', '1.1.1.1', '100.63.255.255', '100.128.0.1', '172.15.0.1', '172.32.0.1', '192.0.1.1', '198.17.0.1'],
  ...[
    '198.20.0.1',
    '223.255.255.255',
    '126.255.255.255',
    '128.0.0.1',
    '2606:4700:4700::1111',
    '2a01:4f8::1',
    '2001:470::1',
  ],
  ...['2003::1', '2001:200::1', '3ffe:ffff::1', '2000::'],
];

test('only global unicast is reachable', () => {
  for (const address of refused) assert.equal(classifyAddress(address), 'special', address);
  for (const address of unreadable) assert.equal(classifyAddress(address), 'unreadable', address);
  for (const address of global) assert.equal(classifyAddress(address), 'global', address);
});

test('an opened network opens exactly what it says', () => {
  const allowed = [network('127.77.0.0/16'), network('fd00:1::/32')];
  for (const address of ['127.77.0.0', '127.77.255.255', 'fd00:1::1', 'fd00:1:ffff::1']) {
    assert.equal(classifyAddress(address, allowed), 'allowed', address);
  }
  for (const address of ['127.76.255.255', '127.78.0.0', '127.0.0.1', '::ffff:127.77.0.1', '::1', 'fd00:2::1', '::']) {
    assert.ok(!isReachable(address, allowed), address);
  }
});

test('a network is read only in its exact form', () => {
  for (const text of [
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0.1/8',
    '::/129',
    'fe80::1%eth0/64',
    'x/8',
    '10.0.0.0/08x',
    '/8',
    '',
  ]) {
    assert.ok(!readNetwork(text).ok, text);
  }
  for (const text of ['0.0.0.0/0', '10.20.0.0/16', ' 127.77.0.0/16 ', '::1/128', '8.8.8.8/32']) {
    assert.ok(readNetwork(text).ok, text);
  }
});
