import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { test } from 'node:test';
import { type PublicKey, readPublicKey } from './keys.ts';
import type { SignatureFailure, SignedRequest } from './request.ts';
import { signRfc9421 } from './rfc9421.ts';
import { checkSignature, readSignature } from './verify.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const ed25519 = generateKeyPairSync('ed25519');
const publicKeyOf = (key: KeyObject): PublicKey => {
  const read = readPublicKey(key.export({ type: 'spki', format: 'pem' }).toString());
  assert.ok(read.ok);
  return read.value;
};
const rsaPublic = publicKeyOf(rsa.publicKey);
const edPublic = publicKeyOf(ed25519.publicKey);

const now = Date.parse('2026-11-25T12:00:00Z');
const created = now / 1_000;
const body = Buffer.from('{"type":"Create"}');
const digestOf = (bytes: Uint8Array, name = 'sha256') => createHash(name).update(bytes).digest('base64');
const keyId = 'https://peer.test/users/p#main-key';
const usual = '"@method" "@target-uri" "content-digest"';

interface Plan {
  method?: string;
  target?: string;
  scheme?: 'https' | 'http';
  signedHost?: string;
  components?: string;
  /** The parameters as written, after the list. */
  parameters?: string;
  digest?: string;
  headers?: [string, string][];
  input?: (input: string) => string;
  signatureLine?: (line: string) => string;
  extra?: [string, string][];
  key?: 'rsa' | 'ed25519';
}

/** A signer of its own, written after section 2.5 of the RFC, that signs whatever it is told. */
function build(plan: Plan): SignedRequest {
  const { method = 'POST', target = '/inbox', scheme = 'https', key = 'rsa' } = plan;
  const bytes = method === 'GET' ? Buffer.alloc(0) : body;
  const host = plan.signedHost ?? 'example.org';
  const [path, query] = target.split('?');
  const headers: [string, string][] = [
    ['Host', 'example.org'],
    ['Date', new Date(now).toUTCString()],
    ...(plan.headers ?? []),
  ];
  if (method !== 'GET') headers.push(['Content-Digest', plan.digest ?? `sha-256=:${digestOf(bytes)}:`]);
  const components = plan.components ?? (method === 'GET' ? '"@method" "@target-uri"' : usual);
  const alg = key === 'rsa' ? 'rsa-v1_5-sha256' : 'ed25519';
  const params = `(${components})${plan.parameters ?? `;created=${created};keyid="${keyId}";alg="${alg}"`}`;
  const derived: Record<string, string> = {
    '@method': method,
    '@target-uri': `${scheme}://${host}${target}`,
    '@authority': host,
    '@scheme': scheme,
    '@path': path!,
    '@query': `?${query ?? ''}`,
    '@request-target': target,
  };
  const lines = components
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => {
      const name = word.slice(1, -1);
      return `${word}: ${
        derived[name] ??
        headers
          .filter(([key]) => key.toLowerCase() === name)
          .map(([, value]) => value)
          .join(', ')
      }`;
    });
  const base = Buffer.from([...lines, `"@signature-params": ${params}`].join('\n'));
  const bytesSigned = sign(key === 'rsa' ? 'sha256' : null, base, (key === 'rsa' ? rsa : ed25519).privateKey);
  const input = `sig1=${params}`;
  const line = `sig1=:${bytesSigned.toString('base64')}:`;
  headers.push(['Signature-Input', plan.input?.(input) ?? input], ['Signature', plan.signatureLine?.(line) ?? line]);
  headers.push(...(plan.extra ?? []));
  return { method, target, host: 'example.org', scheme, headers, body: bytes };
}

function judge(request: SignedRequest, key: PublicKey = rsaPublic, atMs = now): SignatureFailure | 'ok' {
  const read = readSignature(request, atMs);
  if (!read.ok) return read.error;
  const checked = checkSignature(read.value, key);
  return checked.ok ? 'ok' : checked.error;
}

test('requests that are believed', () => {
  const table: [string, Plan, PublicKey?][] = [
    ['a POST', {}],
    ['a GET', { method: 'GET' }],
    ['a GET with a query', { method: 'GET', target: '/outbox?page=1' }],
    ['over http in a laboratory', { scheme: 'http' }],
    ['parts instead of the whole target', { components: '"@method" "@authority" "@path" "content-digest"' }],
    [
      'parts with a query',
      { target: '/inbox?x=1', components: '"@method" "@authority" "@path" "@query" "content-digest"' },
    ],
    ['host and request target', { components: '"@method" "host" "@request-target" "@scheme" "content-digest" "date"' }],
    ['Ed25519', { key: 'ed25519' }, edPublic],
    ['no algorithm', { parameters: `;created=${created};keyid="${keyId}"` }],
    [
      'parameters in another order and more of them',
      { parameters: `;keyid="${keyId}";expires=${created + 60};nonce="a\\"b";tag="x";created=${created}` },
    ],
    [
      'another label',
      { input: (input) => input.replace('sig1', '*x.y-1'), signatureLine: (line) => line.replace('sig1', '*x.y-1') },
    ],
    ['SHA-512', { digest: `sha-512=:${digestOf(body, 'sha512')}:` }],
    ['11 h old', { parameters: `;created=${created - 11 * 3_600};keyid="${keyId}"` }],
  ];
  for (const [name, plan, key] of table) assert.equal(judge(build(plan), key), 'ok', name);
});

test('requests that are not', () => {
  const good = digestOf(body);
  const withParameters = (parameters: string): Plan => ({ parameters });
  const table: [string, Plan, SignatureFailure, PublicKey?][] = [
    ['digest not signed', { components: '"@method" "@target-uri"' }, 'not-covered'],
    ['method not signed', { components: '"@target-uri" "content-digest"' }, 'not-covered'],
    ['target not signed', { components: '"@method" "content-digest"' }, 'not-covered'],
    ['only the path', { components: '"@method" "@path" "content-digest"' }, 'not-covered'],
    ['only the host', { components: '"@method" "@authority" "content-digest"' }, 'not-covered'],
    [
      'a query that is not signed',
      { target: '/inbox?x=1', components: '"@method" "@authority" "@path" "content-digest"' },
      'not-covered',
    ],
    ['no component at all', { components: '' }, 'not-covered'],
    ['digest of another body', { digest: `sha-256=:${digestOf(Buffer.from('x'))}:` }, 'digest'],
    ['two digests', { digest: `sha-256=:${good}:, sha-256=:${good}:` }, 'digest'],
    ['two kinds of digest', { digest: `sha-256=:${good}:, sha-512=:${digestOf(body, 'sha512')}:` }, 'digest'],
    ['an unknown digest', { digest: `md5=:${digestOf(body, 'md5')}:` }, 'digest'],
    ['a digest in the old form', { digest: `SHA-256=${good}` }, 'digest'],
    ['two digest lines', { extra: [['Content-Digest', `sha-256=:${good}:`]] }, 'header-twice'],
    ['signed for another host', { signedHost: 'other.example' }, 'mismatch'],
    ['a header that is not there', { components: `${usual} "x-missing"` }, 'header-missing'],
    ['13 h old', withParameters(`;created=${created - 13 * 3_600};keyid="${keyId}"`), 'too-old'],
    ['2 h ahead', withParameters(`;created=${created + 2 * 3_600};keyid="${keyId}"`), 'in-the-future'],
    ['expired', withParameters(`;created=${created - 20};expires=${created - 10};keyid="${keyId}"`), 'expired'],
    ['no created', withParameters(`;keyid="${keyId}"`), 'date'],
    ['created as text', withParameters(`;created="${created}";keyid="${keyId}"`), 'date'],
    ['expires as text', withParameters(`;created=${created};expires="${created}";keyid="${keyId}"`), 'date'],
    ['created with a fraction', withParameters(`;created=${created}.5;keyid="${keyId}"`), 'malformed'],
    ['no keyid', withParameters(`;created=${created}`), 'key-id'],
    ['a keyid that is no URL', withParameters(`;created=${created};keyid="main-key"`), 'key-id'],
    ['keyid as token', withParameters(`;created=${created};keyid=abc`), 'malformed'],
    [
      'a parameter twice',
      withParameters(`;created=${created};keyid="${keyId}";keyid="https://victim.test/u#main-key"`),
      'duplicate-parameter',
    ],
    [
      'nine parameters',
      withParameters(`;created=${created};keyid="${keyId}";a=1;b=1;c=1;d=1;e=1;f=1;g=1`),
      'malformed',
    ],
    ['HMAC', withParameters(`;created=${created};keyid="${keyId}";alg="hmac-sha256"`), 'algorithm'],
    ['RSA-PSS', withParameters(`;created=${created};keyid="${keyId}";alg="rsa-pss-sha512"`), 'algorithm'],
    ['algorithm as number', withParameters(`;created=${created};keyid="${keyId}";alg=1`), 'algorithm'],
    ['constructor', withParameters(`;created=${created};keyid="${keyId}";alg="constructor"`), 'algorithm'],
    ['the other kind of key', {}, 'key-kind', edPublic],
    ['a component twice', { components: `${usual} "@method"` }, 'duplicate-parameter'],
    ['a component with parameters', { components: `${usual} "date";bs` }, 'malformed'],
    ['a component of the answer', { components: `${usual} "@status"` }, 'malformed'],
    ['one query parameter', { components: `${usual} "@query-param";name="x"` }, 'malformed'],
    ['a component without quotes', { components: `${usual} date` }, 'malformed'],
    ['capitals in a component', { components: `${usual} "Date"` }, 'malformed'],
    [
      '33 components',
      { components: `${usual} ${Array.from({ length: 30 }, (_, index) => `"x-${index}"`).join(' ')}` },
      'malformed',
    ],
    ['two inputs', { input: (input) => `${input}, sig2=${input.slice(5)}` }, 'malformed'],
    ['two input lines', { extra: [['Signature-Input', 'sig2=()']] }, 'two-signatures'],
    ['two signature lines', { extra: [['Signature', 'sig1=:AAAA:']] }, 'two-signatures'],
    ['two signatures', { signatureLine: (line) => `${line}, sig2=:AAAA:` }, 'malformed'],
    ['the signature of another label', { signatureLine: (line) => line.replace('sig1', 'sig2') }, 'malformed'],
    ['an input of nothing', { input: () => '' }, 'malformed'],
    ['an endless input', { input: () => `sig1=(${'"a" '.repeat(4_000)}` }, 'malformed'],
    ['a signature that is not base64', { signatureLine: () => 'sig1=:!!!!:' }, 'malformed'],
    ['no signature', { signatureLine: () => '' }, 'malformed'],
    ['a draft-cavage line beside an input', { signatureLine: () => `keyId="${keyId}",signature="AAAA"` }, 'malformed'],
    [
      'both forms in one request',
      { extra: [['Signature', `keyId="${keyId}",algorithm="rsa-sha256",headers="date",signature="AAAA"`]] },
      'two-signatures',
    ],
  ];
  for (const [name, plan, reason, key] of table) assert.equal(judge(build(plan), key), reason, name);
});

test('a good signature is good for this request only', () => {
  const request = build({});
  assert.equal(judge({ ...request, target: '/users/2/inbox' }), 'mismatch');
  assert.equal(judge({ ...request, host: 'b.example' }), 'mismatch');
  assert.equal(judge({ ...request, scheme: 'http' }), 'mismatch');
  assert.equal(judge({ ...request, method: 'PUT' }), 'mismatch');
  assert.equal(judge({ ...request, body: Buffer.from('{}') }), 'digest');
});

test('what we sign we believe', () => {
  const url = new URL('https://example.org/inbox?x=1#frag');
  for (const [pair, key] of [
    [rsa, rsaPublic],
    [ed25519, edPublic],
  ] as const) {
    for (const method of ['GET', 'POST'] as const) {
      const bytes = method === 'POST' ? body : undefined;
      const headers = signRfc9421({ method, url, body: bytes }, { keyId, privateKey: pair.privateKey }, now);
      const request = {
        method,
        target: '/inbox?x=1',
        host: 'example.org',
        scheme: 'https',
        body: bytes ?? Buffer.alloc(0),
      } as const;
      assert.equal(judge({ ...request, headers: Object.entries(headers) }, key), 'ok');
    }
  }
});

/** RFC 9421 appendix B.2.6 with the key of B.1.4: a signature that somebody else made. */
test('the Ed25519 example of the RFC', () => {
  const pem =
    '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n-----END PUBLIC KEY-----';
  const key = readPublicKey(pem);
  assert.ok(key.ok);
  const example: SignedRequest = {
    method: 'POST',
    target: '/foo?param=Value&Pet=dog',
    host: 'example.com',
    scheme: 'https',
    headers: [
      ['Host', 'example.com'],
      ['Date', 'Tue, 20 Apr 2021 02:07:55 GMT'],
      ['Content-Type', 'application/json'],
      ['Content-Length', '18'],
      [
        'Signature-Input',
        'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
      ],
      [
        'Signature',
        'sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:',
      ],
    ],
    body: Buffer.from('{"hello": "world"}'),
  };
  // Its keyid is no URL and its body is not signed: refused here, in this order.
  assert.equal(judge(example, key.value, 1_618_884_473_000), 'key-id');
  const lines = [
    '"date": Tue, 20 Apr 2021 02:07:55 GMT',
    '"@method": POST',
    '"@path": /foo',
    '"@authority": example.com',
    '"content-type": application/json',
    '"content-length": 18',
    '"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
  ];
  const signature = Buffer.from(
    'wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==',
    'base64',
  );
  const read = {
    form: 'rfc9421',
    keyId: '',
    algorithm: 'ed25519',
    signedAtMs: 0,
    base: Buffer.from(lines.join('\n')),
    signature,
  } as const;
  assert.ok(checkSignature(read, key.value).ok);
});
