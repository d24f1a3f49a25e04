import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bodyDigest } from '../../src/activitypub/signature/digest.ts';
import { signDraftCavage } from '../../src/activitypub/signature/draft-cavage.ts';
import { readPublicKey } from '../../src/activitypub/signature/keys.ts';
import { signRfc9421 } from '../../src/activitypub/signature/rfc9421.ts';
import { checkSignature, readSignature } from '../../src/activitypub/signature/verify.ts';
import { makeKeys } from './actor.ts';
import { signRequest, verifyRequest } from './signing.ts';

/** Two readers and two writers of the same specifications, written apart, must understand each other. */
const keys = makeKeys();
const keyId = 'http://peer.example/users/bob#main-key';
const url = new URL('http://other.example/users/eve/inbox?page=1');
const body = '{"type":"Like"}';
const fetchKey = async () => keys.publicKeyPem;

describe('what Canari signs convinces the fake peers', () => {
  const signer = { keyId, privateKey: keys.privateKey };
  for (const [form, sign] of Object.entries({ 'draft-cavage': signDraftCavage, rfc9421: signRfc9421 })) {
    for (const method of ['POST', 'GET'] as const) {
      it(`${method} in the form ${form}, and not with another path or body`, async () => {
        const bytes = Buffer.from(method === 'POST' ? body : '');
        const digest = bodyDigest(bytes);
        const outgoing = method === 'POST' ? { method, url, body: bytes, digest } : { method, url };
        const signed = sign(outgoing as Parameters<typeof sign>[0], signer, Date.now());
        const headers = Object.fromEntries(Object.entries(signed).map(([name, value]) => [name.toLowerCase(), value]));
        const request = {
          method,
          path: '/users/eve/inbox?page=1',
          headers: { host: url.host, ...headers },
          body: bytes,
        };
        assert.deepEqual(await verifyRequest(request, fetchKey), { kind: 'valid', form, keyId });
        assert.equal((await verifyRequest({ ...request, path: '/inbox' }, fetchKey)).kind, 'wrong');
        if (method === 'GET') return;
        assert.equal((await verifyRequest({ ...request, body: Buffer.from('{}') }, fetchKey)).kind, 'wrong');
      });
    }
  }
});

describe('what the fake peers sign convinces Canari', () => {
  const key = readPublicKey(keys.publicKeyPem);
  const judge = (headers: Record<string, string>, bytes: string) => {
    const pairs = Object.entries(headers);
    const target = url.pathname + url.search;
    const incoming = {
      method: 'POST',
      target,
      host: url.host,
      scheme: 'http',
      headers: pairs,
      body: Buffer.from(bytes),
    } as const;
    const read = readSignature(incoming, Date.now());
    assert.ok(key.ok);
    return read.ok ? checkSignature(read.value, key.value) : read;
  };

  it('a POST, and not one whose body was swapped', () => {
    const headers = signRequest('POST', url.href, body, { key: keys.privateKey, keyId });
    assert.equal(judge(headers, body).ok, true);
    assert.equal(judge(headers, '{}').ok, false);
  });
});
