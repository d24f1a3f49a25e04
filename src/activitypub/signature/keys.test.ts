import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { test } from 'node:test';
import { limits } from '../../base/limits.ts';
import { decodeBase58, encodeBase58 } from './base58.ts';
import { getPrivateKey, makeKeyPair, readMultikey, readPublicKey, renderMultikey } from './keys.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey;
const spki = rsa.export({ type: 'spki', format: 'pem' }).toString();
const pkcs1 = rsa.export({ type: 'pkcs1', format: 'pem' }).toString();
const ed25519 = generateKeyPairSync('ed25519').publicKey;

const block = (der: Buffer, label = 'PUBLIC KEY') =>
  `-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----\n`;

/** An RSA key of this many bits, from numbers: no need to find primes for a key that only must be refused. */
const rsaOf = (bits: number, exponent = 'AQAB') => {
  const modulus = Buffer.alloc(bits / 8, 0xc5);
  const key = createPublicKey({ key: { kty: 'RSA', n: modulus.toString('base64url'), e: exponent }, format: 'jwk' });
  return key.export({ type: 'spki', format: 'pem' }).toString();
};

test('keys that are taken', () => {
  for (const pem of [
    spki,
    pkcs1,
    spki.trim(),
    spki.replaceAll('\n', '\r\n'),
    `\n  ${spki}\n\n`,
    spki.replace(/(?<=[A-Za-z0-9])\n(?=[A-Za-z0-9])/g, ''),
  ]) {
    const read = readPublicKey(pem);
    assert.ok(read.ok, pem);
    assert.equal(read.value.algorithm, 'rsa');
    assert.equal(read.value.pem, spki, 'one spelling for one key');
  }
  const read = readPublicKey(ed25519.export({ type: 'spki', format: 'pem' }).toString());
  assert.ok(read.ok && read.value.algorithm === 'ed25519');
  assert.ok(readPublicKey(rsaOf(limits.rsaBits.min)).ok);
  assert.ok(readPublicKey(rsaOf(limits.rsaBits.max)).ok);
});

test('keys that are refused', () => {
  const der = rsa.export({ type: 'spki', format: 'der' });
  const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2_048 }).publicKey;
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
  const x25519 = generateKeyPairSync('x25519').publicKey;
  const ed448 = generateKeyPairSync('ed448').publicKey;
  const secret = generateKeyPairSync('ed25519').privateKey;
  const pemOf = (key: typeof ec) => key.export({ type: 'spki', format: 'pem' }).toString();
  const table: [string, string, string][] = [
    ['nothing', '', 'not-a-key'],
    ['words', 'hello', 'not-a-key'],
    ['RSA 512', rsaOf(512), 'too-short'],
    ['RSA 1024', rsaOf(1_024), 'too-short'],
    ['RSA one step too short', rsaOf(limits.rsaBits.min - 8), 'too-short'],
    ['RSA one step too long', rsaOf(limits.rsaBits.max + 8), 'too-long'],
    ['RSA 16384', rsaOf(16_384), 'too-long'],
    ['a megabyte', spki.replace('\n', '\n'.repeat(1_000_000)), 'too-long'],
    ['exponent 1', rsaOf(2_048, 'AQ'), 'exponent'],
    ['exponent 2', rsaOf(2_048, 'Ag'), 'exponent'],
    ['a huge exponent', rsaOf(2_048, Buffer.alloc(200, 0xff).toString('base64url')), 'exponent'],
    ['EC', pemOf(ec), 'kind'],
    ['RSA-PSS', pemOf(pss), 'kind'],
    ['X25519', pemOf(x25519), 'kind'],
    ['Ed448', pemOf(ed448), 'kind'],
    ['a private key', secret.export({ type: 'pkcs8', format: 'pem' }).toString(), 'not-a-key'],
    ['words after it', `${spki}hello`, 'not-a-key'],
    ['words before it', `hello\n${spki}`, 'not-a-key'],
    ['two keys', spki + spki, 'not-a-key'],
    ['two labels', spki.replace('BEGIN PUBLIC', 'BEGIN RSA PUBLIC'), 'not-a-key'],
    ['a certificate', spki.replaceAll('PUBLIC KEY', 'CERTIFICATE'), 'not-a-key'],
    ['the wrong label', pkcs1.replaceAll('RSA PUBLIC KEY', 'PUBLIC KEY'), 'not-a-key'],
    ['bytes after it', block(Buffer.concat([der, Buffer.from([0, 1, 2])])), 'trailing-bytes'],
    ['a second key in the block', block(Buffer.concat([der, der])), 'trailing-bytes'],
    ['cut', block(der.subarray(0, 100)), 'trailing-bytes'],
    ['zeros', block(Buffer.alloc(294)), 'trailing-bytes'],
    ['damaged inside', block(Buffer.concat([der.subarray(0, 30), Buffer.alloc(der.length - 30, 0xff)])), 'not-a-key'],
  ];
  for (const [name, pem, reason] of table) assert.deepEqual(readPublicKey(pem), { ok: false, error: reason }, name);
});

test('Multikey', () => {
  // FEP-8b32, test vectors: the key of did:key:z6MkrJVn….
  const known = 'z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2';
  const read = readMultikey(known);
  assert.ok(read.ok && read.value.algorithm === 'ed25519');
  assert.equal(renderMultikey(read.value.pem), known);
  const own = ed25519.export({ type: 'spki', format: 'pem' }).toString();
  const round = readMultikey(renderMultikey(own));
  assert.ok(round.ok && round.value.pem === own);
  const bytes = decodeBase58(known.slice(1))!;
  const table: [string, string, string][] = [
    ['nothing', '', 'not-a-key'],
    ['another base', `u${bytes.toString('base64url')}`, 'not-a-key'],
    ['a letter outside the alphabet', known.replace('6', '0'), 'not-a-key'],
    ['another kind', `z${encodeBase58(Buffer.concat([Buffer.from([0x12, 0x05]), bytes.subarray(2)]))}`, 'kind'],
    ['too short', `z${encodeBase58(bytes.subarray(0, 33))}`, 'not-a-key'],
    ['too long', `z${encodeBase58(Buffer.concat([bytes, Buffer.from([1])]))}`, 'not-a-key'],
    ['endless', `z${'6'.repeat(1_000_000)}`, 'not-a-key'],
  ];
  for (const [name, text, reason] of table) assert.deepEqual(readMultikey(text), { ok: false, error: reason }, name);
});

test('base58 keeps leading zeros', () => {
  for (const hex of ['', '00', '0000', '0001', 'ff', '00ff00', '61626364']) {
    const bytes = Buffer.from(hex, 'hex');
    assert.deepEqual(decodeBase58(encodeBase58(bytes)), bytes, hex);
  }
  assert.equal(encodeBase58(Buffer.from('Hello World!')), '2NEpo7TZRRrLZSi2U');
  assert.equal(decodeBase58('0OIl'), undefined);
});

test('a new pair signs and verifies', async () => {
  for (const algorithm of ['rsa', 'ed25519'] as const) {
    const { publicPem, privatePem } = await makeKeyPair(algorithm);
    const key = readPublicKey(publicPem);
    assert.ok(key.ok && key.value.algorithm === algorithm);
    const hash = algorithm === 'rsa' ? 'sha256' : null;
    assert.ok(verify(hash, Buffer.from('x'), key.value.key, sign(hash, Buffer.from('x'), getPrivateKey(privatePem))));
  }
});
