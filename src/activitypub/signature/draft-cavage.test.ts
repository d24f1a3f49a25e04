import assert from 'node:assert/strict';
import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { signDraftCavage } from './draft-cavage.ts';
import { type PublicKey, readPublicKey } from './keys.ts';
import { headerPairs, type SignatureFailure, type SignedRequest } from './request.ts';
import { checkSignature, readSignature } from './verify.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const ed25519 = generateKeyPairSync('ed25519');
const publicKeyOf = (pair: { publicKey: import('node:crypto').KeyObject }): PublicKey => {
  const read = readPublicKey(pair.publicKey.export({ type: 'spki', format: 'pem' }).toString());
  assert.ok(read.ok);
  return read.value;
};
const rsaPublic = publicKeyOf(rsa);
const edPublic = publicKeyOf(ed25519);

const now = Date.parse('2026-11-25T12:00:00Z');
const hour = 3_600_000;
const httpDate = (ms: number) => new Date(ms).toUTCString();
const body = Buffer.from('{"type":"Create"}');
const digestOf = (bytes: Uint8Array, name = 'sha256') => createHash(name).update(bytes).digest('base64');
const keyId = 'https://peer.test/users/p#main-key';

/** What one wants to send, and what one claims to have signed: a small signer of its own, which signs whatever it is told. */
interface Plan {
  method?: string;
  target?: string;
  host?: string;
  signedHost?: string;
  headers?: [string, string][];
  /** Replaces or (undefined) removes one of the usual headers. */
  change?: Record<string, string | undefined>;
  names?: string;
  parameters?: Record<string, string | number | undefined>;
  body?: Uint8Array;
  line?: (line: string) => string;
  extra?: [string, string][];
  key?: 'rsa' | 'ed25519' | 'hmac';
}

function build(plan: Plan): SignedRequest {
  const { method = 'POST', target = '/inbox', host = 'example.org', key = 'rsa' } = plan;
  const bytes = plan.body ?? (method === 'GET' ? Buffer.alloc(0) : body);
  const values: Record<string, string | undefined> = { host: plan.signedHost ?? host, date: httpDate(now) };
  if (method !== 'GET') values.digest = `SHA-256=${digestOf(bytes)}`;
  Object.assign(values, plan.change);
  const names = plan.names ?? (method === 'GET' ? '(request-target) host date' : '(request-target) host date digest');
  const parameters = { keyId, algorithm: 'rsa-sha256', ...plan.parameters };
  const lines = names.split(' ').map((name) => {
    if (name === '(request-target)') return `${name}: ${method.toLowerCase()} ${target}`;
    if (name === '(created)') return `${name}: ${plan.parameters?.created}`;
    if (name === '(expires)') return `${name}: ${plan.parameters?.expires}`;
    return `${name}: ${values[name]}`;
  });
  const base = Buffer.from(lines.join('\n'));
  const signature =
    key === 'hmac'
      ? createHmac('sha256', rsaPublic.pem).update(base).digest('base64')
      : sign(key === 'rsa' ? 'sha256' : null, base, (key === 'rsa' ? rsa : ed25519).privateKey).toString('base64');
  const entries = Object.entries({ ...parameters, headers: names, signature }).filter(
    ([, value]) => value !== undefined,
  );
  const line = entries
    .map(([name, value]) => (typeof value === 'number' ? `${name}=${value}` : `${name}="${value}"`))
    .join(',');
  const headers: [string, string][] = Object.entries(values)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(([name, value]) => [name, value]);
  headers.push(['Signature', plan.line?.(line) ?? line], ...(plan.extra ?? []));
  return { method, target, host, scheme: 'https', headers: plan.headers ?? headers, body: bytes };
}

function judge(request: SignedRequest, key: PublicKey = rsaPublic, atMs = now): SignatureFailure | 'ok' {
  const read = readSignature(request, atMs);
  if (!read.ok) return read.error;
  const checked = checkSignature(read.value, key);
  return checked.ok ? 'ok' : checked.error;
}

const created = now / 1_000;

test('requests that are believed', () => {
  const table: [string, Plan, PublicKey?][] = [
    ['a POST', {}],
    ['a GET', { method: 'GET' }],
    ['a GET with a query', { method: 'GET', target: '/users/1/outbox?page=1&x=%20' }],
    ['a DELETE-like method with a digest', { method: 'PUT' }],
    [
      'names in another order and more of them',
      {
        names: 'digest date content-type host (request-target)',
        change: { 'content-type': 'application/activity+json' },
      },
    ],
    ['lower-case digest name', { change: { digest: `sha-256=${digestOf(body)}` } }],
    ['SHA-512', { change: { digest: `SHA-512=${digestOf(body, 'sha512')}` } }],
    ['hs2019 with an RSA key', { parameters: { algorithm: 'hs2019' } }],
    ['no algorithm', { parameters: { algorithm: undefined } }],
    ['algorithm in capitals', { parameters: { algorithm: 'RSA-SHA256' } }],
    [
      'hs2019 with (created) instead of a date',
      {
        names: '(request-target) (created) host digest',
        parameters: { algorithm: 'hs2019', created },
        change: { date: undefined },
      },
    ],
    [
      '(expires) to come',
      {
        names: '(request-target) (created) (expires) host digest',
        parameters: { algorithm: 'hs2019', created, expires: created + 10 },
      },
    ],
    ['11 h old', { change: { date: httpDate(now - 11 * hour) } }],
    ['12 h old', { change: { date: httpDate(now - 12 * hour) } }],
    ['1 h ahead', { change: { date: httpDate(now + hour) } }],
    ['spaces after commas', { line: (line) => line.replaceAll('",', '", ') }],
    ['a parameter of the future', { line: (line) => `${line},ext="x"` }],
    ['Ed25519', { key: 'ed25519', parameters: { algorithm: 'hs2019' } }, edPublic],
    ['Ed25519 by name', { key: 'ed25519', parameters: { algorithm: 'ed25519' } }, edPublic],
    ['a key without fragment', { parameters: { keyId: 'https://peer.test/keys/1' } }],
  ];
  for (const [name, plan, key] of table) assert.equal(judge(build(plan), key), 'ok', name);
});

test('requests that are not', () => {
  const other = Buffer.from('{"type":"Delete"}');
  const good = digestOf(body);
  const table: [string, Plan, SignatureFailure, PublicKey?][] = [
    // THREATS 1, 3, 4: no signature; digest not signed or not right.
    ['no signature', { headers: [['host', 'example.org']] }, 'missing'],
    ['digest not signed', { names: '(request-target) host date' }, 'not-covered'],
    ['digest of another body', { change: { digest: `SHA-256=${digestOf(other)}` } }, 'digest'],
    ['two digests, good first', { change: { digest: `SHA-256=${good},SHA-256=${digestOf(other)}` } }, 'digest'],
    ['two digests, bad first', { change: { digest: `SHA-256=${digestOf(other)},SHA-256=${good}` } }, 'digest'],
    ['two kinds of digest', { change: { digest: `SHA-256=${good},SHA-512=${digestOf(body, 'sha512')}` } }, 'digest'],
    ['two digest lines', { extra: [['Digest', `SHA-256=${good}`]] }, 'header-twice'],
    ['MD5', { change: { digest: `MD5=${digestOf(body, 'md5')}` } }, 'digest'],
    ['a digest of no algorithm', { change: { digest: good } }, 'digest'],
    ['constructor as algorithm', { change: { digest: `constructor=${good}` } }, 'digest'],
    ['digest without padding', { change: { digest: `SHA-256=${good.replace(/=+$/, '')}` } }, 'digest'],
    ['empty digest', { change: { digest: '' } }, 'digest'],
    ['no digest header', { change: { digest: undefined } }, 'header-missing'],
    ['a GET with a body that is not signed', { method: 'GET', body }, 'not-covered'],
    ['a DELETE without digest', { method: 'DELETE', names: '(request-target) host date' }, 'not-covered'],
    // THREATS 5, 6: good for another place, path or method.
    ['target not signed', { names: 'host date digest' }, 'not-covered'],
    ['host not signed', { names: '(request-target) date digest' }, 'not-covered'],
    ['signed for another host', { signedHost: 'other.example' }, 'mismatch'],
    ['signed for a host with another port', { signedHost: 'example.org:8443' }, 'mismatch'],
    ['only the date signed', { names: 'date' }, 'not-covered'],
    // THREATS 7: time.
    ['13 h old', { change: { date: httpDate(now - 13 * hour) } }, 'too-old'],
    ['12 h and a second old', { change: { date: httpDate(now - 12 * hour - 1_000) } }, 'too-old'],
    ['2 h ahead', { change: { date: httpDate(now + 2 * hour) } }, 'in-the-future'],
    ['1 h and a second ahead', { change: { date: httpDate(now + hour + 1_000) } }, 'in-the-future'],
    ['no date header', { change: { date: undefined } }, 'date'],
    ['date not signed', { names: '(request-target) host digest' }, 'not-covered'],
    ['two dates', { extra: [['Date', httpDate(now)]] }, 'date'],
    ['a date in another form', { change: { date: '2026-11-25T12:00:00Z' } }, 'date'],
    ['a date that is none', { change: { date: 'Wed, 99 Nov 2026 12:00:00 GMT' } }, 'date'],
    ['a date that is words', { change: { date: 'yesterday' } }, 'date'],
    [
      '(created) in the future',
      {
        names: '(request-target) (created) host digest',
        parameters: { algorithm: 'hs2019', created: created + 7_200 },
      },
      'in-the-future',
    ],
    ['created in the future, not signed', { parameters: { created: created + 7_200 } }, 'in-the-future'],
    [
      '(created) too old',
      {
        names: '(request-target) (created) host digest',
        parameters: { algorithm: 'hs2019', created: created - 50_000 },
      },
      'too-old',
    ],
    [
      '(created) missing',
      { names: '(request-target) (created) host digest', parameters: { algorithm: 'hs2019' } },
      'date',
    ],
    [
      '(created) with rsa-sha256',
      { names: '(request-target) (created) host digest', parameters: { created } },
      'algorithm',
    ],
    [
      'old (created), fresh date',
      {
        names: '(request-target) (created) date host digest',
        parameters: { algorithm: 'hs2019', created: created - 50_000 },
      },
      'too-old',
    ],
    ['expired', { parameters: { algorithm: 'hs2019', created: created - 20, expires: created - 10 } }, 'expired'],
    [
      'expired before it was made',
      { parameters: { algorithm: 'hs2019', created: created + 100, expires: created + 50 } },
      'expired',
    ],
    ['quoted created', { parameters: { algorithm: 'hs2019', created: String(created) } }, 'malformed'],
    // THREATS 14: algorithms and keys.
    ['none', { parameters: { algorithm: 'none' } }, 'algorithm'],
    ['HMAC with the public key', { key: 'hmac', parameters: { algorithm: 'hmac-sha256' } }, 'algorithm'],
    ['HMAC that says hs2019', { key: 'hmac', parameters: { algorithm: 'hs2019' } }, 'mismatch'],
    ['rsa-sha1', { parameters: { algorithm: 'rsa-sha1' } }, 'algorithm'],
    ['ecdsa-sha256', { parameters: { algorithm: 'ecdsa-sha256' } }, 'algorithm'],
    ['constructor', { parameters: { algorithm: 'constructor' } }, 'algorithm'],
    ['rsa-sha256 with an Ed25519 key', { key: 'ed25519' }, 'key-kind', edPublic],
    ['ed25519 with an RSA key', { parameters: { algorithm: 'ed25519' } }, 'key-kind'],
    ["another's key", {}, 'key-kind', edPublic],
    // THREATS 15: the header itself.
    ['two Signature lines', { extra: [['signature', 'keyId="x"']] }, 'two-signatures'],
    ['a parameter twice', { line: (line) => `${line},keyId="https://victim.test/u#main-key"` }, 'duplicate-parameter'],
    ['headers twice', { line: (line) => `${line},headers="date"` }, 'duplicate-parameter'],
    ['headers empty', { names: '' }, 'malformed'],
    ['headers absent', { line: (line) => line.replace(/headers="[^"]*",/, '') }, 'malformed'],
    ['a header signed twice', { names: '(request-target) host date digest date' }, 'malformed'],
    ['two spaces between names', { names: '(request-target)  host date digest' }, 'malformed'],
    ['capitals in names', { names: '(request-target) Host date digest' }, 'malformed'],
    ['an unknown pseudo header', { names: '(request-target) (foo) host date digest' }, 'malformed'],
    ['a header that is not there', { names: '(request-target) host date digest x-missing' }, 'header-missing'],
    ['unquoted values', { line: (line) => line.replaceAll('"', '') }, 'malformed'],
    ['a trailing comma', { line: (line) => `${line},` }, 'malformed'],
    ['a leading comma', { line: (line) => `,${line}` }, 'malformed'],
    ['semicolons', { line: (line) => line.replaceAll('",', '";') }, 'malformed'],
    ['the scheme word before it', { line: (line) => `Signature ${line}` }, 'malformed'],
    ['an escaped quote', { line: (line) => line.replace('#main-key', '\\"#main-key') }, 'malformed'],
    ['letters that are not ASCII', { line: (line) => line.replace('users/p', 'users/é') }, 'malformed'],
    ['10,000 parameters', { line: (line) => `${line}${',a="b"'.repeat(10_000)}` }, 'duplicate-parameter'],
    [
      '17 parameters',
      { line: (line) => `${line},${Array.from({ length: 13 }, (_, index) => `p${'x'.repeat(index)}="1"`).join(',')}` },
      'malformed',
    ],
    [
      '40 names',
      {
        names: `(request-target) host date digest ${Array.from({ length: 36 }, (_, index) => `x-${index}`).join(' ')}`,
      },
      'malformed',
    ],
    ['nothing', { line: () => '' }, 'malformed'],
    ['no keyId', { parameters: { keyId: undefined } }, 'key-id'],
    ['a keyId that is no URL', { parameters: { keyId: 'main-key' } }, 'key-id'],
    ['no signature parameter', { line: (line) => line.replace(/,signature="[^"]*"/, '') }, 'malformed'],
    [
      'a signature that is not base64',
      { line: (line) => line.replace(/signature="..../, 'signature="!!!!') },
      'malformed',
    ],
    ['a cut signature', { line: (line) => line.replace(/signature="[^"]{40}/, 'signature="') }, 'mismatch'],
    ['four bytes as signature', { line: (line) => line.replace(/signature="[^"]*"/, 'signature="AAAA"') }, 'mismatch'],
  ];
  for (const [name, plan, reason, key] of table) assert.equal(judge(build(plan), key), reason, name);
});

test('a good signature is good for this request only', () => {
  const request = build({});
  assert.equal(judge(request), 'ok');
  assert.equal(judge({ ...request, target: '/users/2/inbox' }), 'mismatch');
  assert.equal(judge({ ...request, target: '/inbox?x=1' }), 'mismatch');
  assert.equal(judge({ ...request, method: 'PUT' }), 'mismatch');
  assert.equal(judge({ ...request, host: 'b.example' }), 'mismatch');
  assert.equal(judge({ ...request, body: Buffer.from('{}') }), 'digest');
  assert.equal(judge(request, rsaPublic, now + 13 * hour), 'too-old');
  // What the Host header says does not count: behind a proxy it may be anything, and the place is known.
  const behindProxy = request.headers.map(([name, value]): [string, string] => [
    name,
    name === 'host' ? '127.0.0.1:8000' : value,
  ]);
  assert.equal(judge({ ...request, headers: behindProxy }), 'ok');
});

test('whatever the header holds, the answer is a reason and comes at once', () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % below;
  };
  const request = build({});
  const line = request.headers.find(([name]) => name === 'Signature')![1];
  const start = performance.now();
  for (let round = 0; round < 3_000; round += 1) {
    const characters = [...line];
    for (let edit = 0; edit <= random(3); edit += 1) {
      const at = random(characters.length);
      const kind = random(3);
      if (kind === 0) characters.splice(at, 1);
      else if (kind === 1) characters[at] = String.fromCharCode(random(256));
      else characters.splice(at, 0, '",=() \\\t'[random(8)]!);
    }
    const fuzzed = characters.join('');
    const headers = request.headers.map(([name, value]): [string, string] => [
      name,
      name === 'Signature' ? fuzzed : value,
    ]);
    const outcome = judge({ ...request, headers });
    // Some edits change nothing that counts: space after a comma, the case or name of the algorithm, the fragment of the key.
    if (outcome === 'ok') assert.ok(sameMeaning(fuzzed, line), fuzzed);
  }
  for (const long of [
    ' '.repeat(16_000),
    'a="'.repeat(5_000),
    `keyId="${'x'.repeat(16_000)}`,
    `${','.repeat(16_000)}`,
  ]) {
    const headers = [
      ...request.headers.filter(([name]) => name !== 'Signature'),
      ['Signature', long] as [string, string],
    ];
    assert.notEqual(judge({ ...request, headers }), 'ok');
  }
  assert.ok(performance.now() - start < 5_000);
});

/** The same signature over the same names. */
function sameMeaning(one: string, other: string): boolean {
  const part = (line: string, name: string) => new RegExp(`${name}="([^"]*)"`).exec(line)?.[1]?.replace(/=+$/, '');
  return ['headers', 'signature'].every((name) => part(one, name) === part(other, name));
}

test('what we sign we believe, and it holds what every peer asks for', () => {
  const url = new URL('https://example.org/inbox?x=1#frag');
  for (const [pair, key] of [
    [rsa, rsaPublic],
    [ed25519, edPublic],
  ] as const) {
    const headers = signDraftCavage({ method: 'POST', url, body }, { keyId, privateKey: pair.privateKey }, now);
    assert.equal(headers['content-type'], 'application/activity+json');
    assert.match(headers.signature!, /headers="\(request-target\) host date digest content-type"/);
    const request = {
      method: 'POST',
      target: '/inbox?x=1',
      host: 'example.org',
      scheme: 'https',
      headers: Object.entries(headers),
      body,
    } as const;
    assert.equal(judge(request, key), 'ok');
  }
  const headers = signDraftCavage({ method: 'GET', url }, { keyId, privateKey: rsa.privateKey }, now);
  assert.deepEqual(Object.keys(headers), ['host', 'date', 'signature']);
  const shared = signDraftCavage(
    { method: 'POST', url, body, digest: digestOf(body), contentType: 'text/x' },
    { keyId, privateKey: rsa.privateKey },
    now,
  );
  assert.equal(shared.digest, `SHA-256=${digestOf(body)}`);
  assert.equal(shared['content-type'], 'text/x');
});

test('requests that Mastodon signed are judged as its own tests judge them', () => {
  interface Vector {
    name: string;
    method: string;
    target: string;
    date: string;
    digest?: string;
    body?: string;
    signature: string;
    outcome: string;
  }
  const file = JSON.parse(readFileSync(new URL('fixtures/mastodon.json', import.meta.url), 'utf8')) as {
    now: string;
    host: string;
    publicKeyPem: string;
    requests: Vector[];
  };
  const key = readPublicKey(file.publicKeyPem);
  assert.ok(key.ok);
  for (const vector of file.requests) {
    const headers: [string, string][] = [
      ['Host', file.host],
      ['Date', vector.date],
      ['Signature', vector.signature],
    ];
    if (vector.digest) headers.push(['Digest', vector.digest]);
    const { method, target } = vector;
    const request: SignedRequest = {
      method,
      target,
      host: file.host,
      scheme: 'https',
      headers,
      body: Buffer.from(vector.body ?? ''),
    };
    assert.equal(judge(request, key.value, Date.parse(file.now)), vector.outcome, vector.name);
  }
});

test("Node's flat header list becomes pairs", () => {
  assert.deepEqual(headerPairs(['A', '1', 'a', '2']), [
    ['A', '1'],
    ['a', '2'],
  ]);
});
