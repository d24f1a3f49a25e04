import assert from 'node:assert/strict';
import { createHash, createPrivateKey, createPublicKey, sign, type webcrypto } from 'node:crypto';
import { test } from 'node:test';
import { generateCryptoKeyPair, getDocumentLoader, signRequest, verifyRequest } from '@fedify/fedify';
import { signDraftCavage } from './draft-cavage.ts';
import { readPublicKey } from './keys.ts';
import type { SignatureForm, SignedRequest } from './request.ts';
import { signRfc9421 } from './rfc9421.ts';
import { checkSignature, readSignature } from './verify.ts';

/**
 * Fedify as the oracle (ADR 0002): a second reader, written by others. Both judge the same requests; where we are stricter, the table says
 * so and why. Nothing that Fedify refuses may be believed here, but for the forms that it does not read.
 */

const pair = await generateCryptoKeyPair('RSASSA-PKCS1-v1_5');
const privateKey = createPrivateKey({
  key: (await crypto.subtle.exportKey('jwk', pair.privateKey)) as webcrypto.JsonWebKey,
  format: 'jwk',
});
const pem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
const read = readPublicKey(pem);
assert.ok(read.ok);
const ourKey = read.value;
const actor = 'https://peer.test/users/p';
const keyId = `${actor}#main-key`;
const signer = { keyId, privateKey };

const documents: Record<string, unknown> = {
  [actor]: {
    '@context': ['https://www.w3.org/ns/activitystreams', 'https://w3id.org/security/v1'],
    id: actor,
    type: 'Person',
    inbox: `${actor}/inbox`,
    publicKey: { id: keyId, type: 'CryptographicKey', owner: actor, publicKeyPem: pem },
  },
};
const contextLoader = getDocumentLoader();
const documentLoader = async (url: string) => {
  const document = documents[url.replace(/#.*/, '')];
  if (!document) throw new Error(`not in this world: ${url}`);
  return { contextUrl: null, documentUrl: url, document };
};

const nowMs = Math.floor(Date.now() / 1_000) * 1_000;
const currentTime = Temporal.Instant.fromEpochMilliseconds(nowMs);
const body = Buffer.from(JSON.stringify({ type: 'Create', actor }));
const host = 'example.org';

function weBelieve(request: SignedRequest): boolean {
  const signature = readSignature(request, nowMs);
  return signature.ok && checkSignature(signature.value, ourKey).ok;
}

async function fedifyBelieves(request: SignedRequest, form: SignatureForm): Promise<boolean> {
  const hasBody = request.method !== 'GET';
  const asked = new Request(`https://${request.host}${request.target}`, {
    method: request.method,
    headers: request.headers as [string, string][],
    body: hasBody ? new Uint8Array(request.body) : undefined,
  });
  const spec = form === 'rfc9421' ? 'rfc9421' : 'draft-cavage-http-signatures-12';
  // Its window is symmetric; ours is 12 h back and 1 h ahead.
  const options = { documentLoader, contextLoader, currentTime, timeWindow: { hours: 12 }, spec } as const;
  return (await verifyRequest(asked, options)) !== null;
}

const asRequest = (
  method: string,
  target: string,
  headers: Record<string, string>,
  bytes: Uint8Array,
): SignedRequest => ({
  method,
  target,
  host,
  scheme: 'https',
  headers: Object.entries(headers),
  body: bytes,
});

const forms: SignatureForm[] = ['draft-cavage', 'rfc9421'];
const ourSign = { 'draft-cavage': signDraftCavage, rfc9421: signRfc9421 };

test('what we sign, Fedify believes', async () => {
  for (const form of forms) {
    for (const method of ['GET', 'POST'] as const) {
      const bytes = method === 'POST' ? body : undefined;
      const headers = ourSign[form]({ method, url: new URL(`https://${host}/inbox`), body: bytes }, signer, nowMs);
      const request = asRequest(method, '/inbox', headers, bytes ?? Buffer.alloc(0));
      assert.ok(await fedifyBelieves(request, form), `${form} ${method}`);
      assert.ok(weBelieve(request), `${form} ${method}`);
    }
  }
});

test('what Fedify signs, we believe', async () => {
  for (const form of forms) {
    for (const method of ['GET', 'POST'] as const) {
      const request = new Request(`https://${host}/users/1/inbox`, {
        method,
        headers: { 'content-type': 'application/activity+json' },
        body: method === 'POST' ? new Uint8Array(body) : undefined,
      });
      const spec = form === 'rfc9421' ? 'rfc9421' : 'draft-cavage-http-signatures-12';
      const signed = await signRequest(request, pair.privateKey, new URL(keyId), { spec, currentTime });
      const headers = Object.fromEntries(signed.headers);
      assert.ok(
        weBelieve(asRequest(method, '/users/1/inbox', headers, method === 'POST' ? body : Buffer.alloc(0))),
        `${form} ${method}`,
      );
    }
  }
});

/** Changes a good request; `strict` says why we refuse what Fedify takes. */
interface Change {
  readonly name: string;
  readonly apply: (request: SignedRequest) => SignedRequest;
  readonly strict?: string;
  readonly only?: SignatureForm;
}

const withHeader = (
  request: SignedRequest,
  name: string,
  change: (value: string) => string | undefined,
): SignedRequest => ({
  ...request,
  headers: request.headers.flatMap(([key, value]): [string, string][] => {
    if (key !== name) return [[key, value]];
    const changed = change(value);
    return changed === undefined ? [] : [[key, changed]];
  }),
});

const other = createHash('sha256').update('other').digest('base64');

const changes: Change[] = [
  { name: 'nothing', apply: (request) => request },
  { name: 'another body', apply: (request) => ({ ...request, body: Buffer.from('{}') }) },
  { name: 'another path', apply: (request) => ({ ...request, target: '/users/2/inbox' }) },
  {
    name: 'another host',
    apply: (request) => ({ ...withHeader(request, 'host', () => 'b.example'), host: 'b.example' }),
  },
  { name: 'another method', apply: (request) => ({ ...request, method: 'PUT' }) },
  {
    name: 'no signature',
    apply: (request) =>
      withHeader(
        withHeader(request, 'signature', () => undefined),
        'signature-input',
        () => undefined,
      ),
  },
  { name: 'an empty signature', apply: (request) => withHeader(request, 'signature', () => '') },
  {
    name: 'another date',
    apply: (request) => withHeader(request, 'date', () => new Date(nowMs - 60_000).toUTCString()),
  },
  { name: 'no date', apply: (request) => withHeader(request, 'date', () => undefined) },
  {
    name: 'digest of something else',
    apply: (request) => withHeader(request, 'digest', () => `SHA-256=${other}`),
    only: 'draft-cavage',
  },
  { name: 'no digest', apply: (request) => withHeader(request, 'digest', () => undefined), only: 'draft-cavage' },
  {
    name: 'a digest of no known kind',
    apply: (request) => withHeader(request, 'digest', () => `MD5=${other}`),
    only: 'draft-cavage',
  },
  {
    name: 'content-digest of something else',
    apply: (request) => withHeader(request, 'content-digest', () => `sha-256=:${other}:`),
    only: 'rfc9421',
  },
  {
    name: 'no content-digest',
    apply: (request) => withHeader(request, 'content-digest', () => undefined),
    only: 'rfc9421',
  },
  {
    name: 'headers emptied',
    apply: (request) => withHeader(request, 'signature', (value) => value.replace(/headers="[^"]*"/, 'headers=""')),
    only: 'draft-cavage',
  },
  {
    name: 'digest left out of the list',
    apply: (request) => withHeader(request, 'signature', (value) => value.replace(' digest', '')),
    only: 'draft-cavage',
  },
  {
    name: 'target left out of the list',
    apply: (request) => withHeader(request, 'signature', (value) => value.replace('(request-target) ', '')),
    only: 'draft-cavage',
  },
  {
    name: 'another key id',
    apply: (request) => withHeader(request, 'signature', (value) => value.replace('/p#', '/q#')),
    only: 'draft-cavage',
    strict: 'the key is found, or not, by remote/keys.ts',
  },
  {
    name: 'expired',
    apply: (request) => withHeader(request, 'signature', (value) => `${value},expires=${nowMs / 1_000 - 5}`),
    only: 'draft-cavage',
  },
  {
    name: 'created out of the window',
    apply: (request) => withHeader(request, 'signature', (value) => `${value},created=${nowMs / 1_000 - 90_000}`),
    only: 'draft-cavage',
  },
  {
    name: 'a parameter twice',
    apply: (request) => withHeader(request, 'signature', (value) => `keyId="https://victim.test/u#main-key",${value}`),
    only: 'draft-cavage',
    strict: 'two readers may take different ones',
  },
  {
    name: 'rubbish between parameters',
    apply: (request) => withHeader(request, 'signature', (value) => value.replace(',algorithm', ',;;;,algorithm')),
    only: 'draft-cavage',
    strict: 'what is not understood is not skipped',
  },
  {
    name: 'algorithm none',
    apply: (request) => withHeader(request, 'signature', (value) => value.replace('rsa-sha256', 'none')),
    only: 'draft-cavage',
    strict: 'Fedify does not look at it',
  },
  {
    name: 'algorithm hmac-sha256',
    apply: (request) => withHeader(request, 'signature', (value) => value.replace('rsa-sha256', 'hmac-sha256')),
    only: 'draft-cavage',
    strict: 'Fedify does not look at it',
  },
  {
    name: 'algorithm hmac-sha256, newer form',
    apply: (request) =>
      withHeader(request, 'signature-input', (value) => value.replace('rsa-v1_5-sha256', 'hmac-sha256')),
    only: 'rfc9421',
  },
  {
    name: 'created changed',
    apply: (request) =>
      withHeader(request, 'signature-input', (value) => value.replace(/created=\d+/, `created=${nowMs / 1_000 - 1}`)),
    only: 'rfc9421',
  },
  {
    name: 'created out of the window, newer form',
    apply: (request) =>
      withHeader(request, 'signature-input', (value) =>
        value.replace(/created=\d+/, `created=${nowMs / 1_000 - 90_000}`),
      ),
    only: 'rfc9421',
  },
  {
    name: 'component left out',
    apply: (request) => withHeader(request, 'signature-input', (value) => value.replace(' "content-digest"', '')),
    only: 'rfc9421',
  },
  {
    name: 'another label',
    apply: (request) => withHeader(request, 'signature', (value) => value.replace('sig1', 'sig2')),
    only: 'rfc9421',
  },
];

test('both judge changed requests alike, or we refuse and say why', async () => {
  for (const form of forms) {
    const headers = ourSign[form]({ method: 'POST', url: new URL(`https://${host}/inbox`), body }, signer, nowMs);
    for (const change of changes.filter(({ only }) => only === undefined || only === form)) {
      const request = change.apply(asRequest('POST', '/inbox', headers, body));
      const ours = weBelieve(request);
      // Fedify throws on some of what it does not expect: it does not believe it either.
      const theirs = await fedifyBelieves(request, form).catch(() => false);
      if (change.strict === undefined) assert.equal(ours, theirs, `${form}: ${change.name}`);
      if (change.name !== 'nothing' && change.name !== 'another key id') assert.ok(!ours, `${form}: ${change.name}`);
      if (change.name === 'nothing') assert.ok(ours && theirs, form);
    }
  }
});

/** Lists that a sender may sign; Fedify asks for target, date and digest, we for the host too. */
test('both judge what must be signed alike, but for the host', async () => {
  const lists: [string, boolean, boolean][] = [
    ['(request-target) host date digest', true, true],
    ['digest date host (request-target) content-type', true, true],
    ['(request-target) date digest', false, true],
    ['(request-target) host date', false, false],
    ['(request-target) host digest', false, false],
    ['host date digest', false, false],
    ['date', false, false],
  ];
  const values: Record<string, string> = {
    host,
    date: new Date(nowMs).toUTCString(),
    digest: `SHA-256=${createHash('sha256').update(body).digest('base64')}`,
    'content-type': 'application/activity+json',
  };
  for (const [list, ours, theirs] of lists) {
    const base = list
      .split(' ')
      .map((name) => `${name}: ${name === '(request-target)' ? 'post /inbox' : values[name]}`);
    const signature = sign('sha256', Buffer.from(base.join('\n')), privateKey).toString('base64');
    const line = `keyId="${keyId}",algorithm="rsa-sha256",headers="${list}",signature="${signature}"`;
    const request = asRequest('POST', '/inbox', { ...values, signature: line }, body);
    assert.equal(weBelieve(request), ours, list);
    assert.equal(await fedifyBelieves(request, 'draft-cavage'), theirs, list);
  }
});
