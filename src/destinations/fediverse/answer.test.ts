import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Answer } from './answer.ts';
import { UnreadableAnswer } from './read-reply.ts';

/** Feeds an answer in pieces that end at `cuts`, then closes, and tells what was understood. */
function read(text: string, cuts: readonly number[] = []) {
  const bytes = Buffer.from(text, 'latin1');
  const answer = new Answer();
  let from = 0;
  try {
    for (const to of [...cuts, bytes.length]) {
      if (to > from) answer.push(bytes.subarray(from, to));
      from = to;
    }
  } catch (error) {
    assert.ok(error instanceof UnreadableAnswer, String(error));
    return 'unreadable';
  }
  const isReusable = answer.isReusable;
  const isWhole = answer.close();
  return { status: answer.head?.status, text: answer.text, isWhole, isReusable, bodyBytes: answer.bodyBytes };
}

const fine: [string, string, ReturnType<typeof read>][] = [
  [
    'counted',
    'HTTP/1.1 500 Oh\xe9 no\r\nContent-Length: 4\r\nX-Empty:\r\n\r\noops',
    { status: 500, text: 'oops', isWhole: true, isReusable: true, bodyBytes: 4 },
  ],
  [
    'empty, no reason phrase',
    'HTTP/1.1 202\r\nContent-Length: 0\r\n\r\n',
    { status: 202, text: '', isWhole: true, isReusable: true, bodyBytes: 0 },
  ],
  [
    'none by its status',
    'HTTP/1.1 204 No Content\r\n\r\n',
    { status: 204, text: '', isWhole: true, isReusable: true, bodyBytes: 0 },
  ],
  [
    'chunks, an extension, a trailer',
    'HTTP/1.1 429 Slow\r\nTransfer-Encoding: Chunked\r\n\r\n3;a="b"\r\nnot\r\nA\r\n so fast..\r\n0\r\nX-T: 1\r\n\r\n',
    { status: 429, text: 'not so fast..', isWhole: true, isReusable: true, bodyBytes: 13 },
  ],
  [
    'until it closes',
    'HTTP/1.1 403 No\r\nServer: x\r\n\r\ngo away',
    { status: 403, text: 'go away', isWhole: true, isReusable: false, bodyBytes: 7 },
  ],
  [
    'interim answers first',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 202 Ok\r\nContent-Length: 2\r\n\r\nok',
    { status: 202, text: '', isWhole: true, isReusable: true, bodyBytes: 2 },
  ],
  [
    'closes afterwards',
    'HTTP/1.1 202 Ok\r\nConnection: Close\r\nContent-Length: 2\r\n\r\nok',
    { status: 202, text: '', isWhole: true, isReusable: false, bodyBytes: 2 },
  ],
  [
    'HTTP/1.0',
    'HTTP/1.0 202 Ok\r\nContent-Length: 2\r\n\r\nok',
    { status: 202, text: '', isWhole: true, isReusable: false, bodyBytes: 2 },
  ],
  [
    'more than was asked for',
    'HTTP/1.1 202 Ok\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 Ok\r\n\r\n',
    { status: 202, text: '', isWhole: true, isReusable: false, bodyBytes: 2 },
  ],
  [
    'cut off',
    'HTTP/1.1 500 Oh\r\nContent-Length: 9\r\n\r\noops',
    { status: 500, text: 'oops', isWhole: false, isReusable: false, bodyBytes: 4 },
  ],
  [
    'compressed: no words',
    'HTTP/1.1 500 Oh\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00',
    { status: 500, text: '', isWhole: true, isReusable: true, bodyBytes: 4 },
  ],
];

for (const [name, text, expected] of fine) {
  test(`an answer is read the same wherever it is split: ${name}`, () => {
    assert.deepEqual(read(text), expected);
    for (let cut = 1; cut < text.length; cut++) assert.deepEqual(read(text, [cut]), expected, `cut at ${cut}`);
    const everywhere = Array.from({ length: text.length - 1 }, (_, i) => i + 1);
    assert.deepEqual(read(text, everywhere), expected, 'byte by byte');
  });
}

const head = 'HTTP/1.1 500 Oh\r\n';
const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n`;
const bad: Record<string, string> = {
  'two lengths': `${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'two content-lengths': `${head}Content-Length: 2\r\nContent-Length: 2\r\n\r\nok`,
  'a list of lengths': `${head}Content-Length: 2, 2\r\n\r\nok`,
  'a negative length': `${head}Content-Length: -1\r\n\r\nok`,
  'a length with a sign': `${head}Content-Length: +2\r\n\r\nok`,
  'a length beyond numbers': `${head}Content-Length: 99999999999999999999\r\n\r\nok`,
  'another coding': `${head}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  'a coding in HTTP/1.0': 'HTTP/1.0 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'a coding twice': `${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'a folded header': `${head}X-A: b\r\n c\r\n\r\n`,
  'a space before the colon': `${head}Content-Length : 2\r\n\r\nok`,
  'a header without a name': `${head}: 2\r\n\r\n`,
  'NUL in a header': `${head}X: a\0b\r\n\r\n`,
  'a lone LF': `${head}X: a\nY: b\r\n\r\n`,
  'a lone CR': `${head}X: a\rY: b\r\n\r\n`,
  'a chunk of no size': `${chunked}\r\nok\r\n`,
  'a chunk in 0x': `${chunked}0x2\r\nok\r\n`,
  'a negative chunk': `${chunked}-2\r\nok\r\n`,
  'a chunk beyond numbers': `${chunked}fffffffff\r\nok\r\n`,
  'a chunk longer than it says': `${chunked}2\r\nokay\r\n0\r\n\r\n`,
  'a chunk line without end': `${chunked}2;${'x'.repeat(300)}`,
  'trailers without end': `${chunked}0\r\n${'X: y\r\n'.repeat(1_000)}\r\n`,
  'NUL in a trailer': `${chunked}0\r\nX: a\0\r\n\r\n`,
  'a huge head': `${head}${`X: ${'y'.repeat(1_000)}\r\n`.repeat(20)}\r\n`,
  'a huge head without end': `${head}X: ${'y'.repeat(20_000)}`,
  'many headers': `${head}${'X: y\r\n'.repeat(101)}\r\n`,
  'interim answers for ever': 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(5),
  'other protocols': 'HTTP/1.1 101 Switching Protocols\r\n\r\n',
  'HTTP/2': 'HTTP/2 200 Ok\r\n\r\n',
  'HTTP/1.2': 'HTTP/1.2 200 Ok\r\n\r\n',
  'a status of two digits': 'HTTP/1.1 20 Ok\r\n\r\n',
  'a status beyond all': 'HTTP/1.1 999 Ok\r\n\r\n',
  'no HTTP': 'SSH-2.0-OpenSSH_9.2\r\n',
  'an empty line first': '\r\nHTTP/1.1 200 Ok\r\n\r\n',
};

test('what two readers would read differently is not read at all, wherever it is split', () => {
  for (const [name, text] of Object.entries(bad)) {
    assert.equal(read(text), 'unreadable', name);
    for (let cut = 1; cut < Math.min(text.length, 400); cut++) {
      assert.equal(read(text, [cut]), 'unreadable', `${name}, cut at ${cut}`);
    }
  }
});

/** A small generator with a seed, so that a failure can be repeated. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test('mutated answers are read the same in one piece and in many, and never throw anything else', () => {
  const texts = [...fine.map(([, text]) => text), ...Object.values(bad).filter((text) => text.length < 400)];
  const spice = [
    '\r\n',
    '\n',
    '\0',
    ' ',
    ':',
    '0',
    'f',
    ';',
    '\xff',
    'HTTP/1.1 200 x\r\n\r\n',
    'Content-Length: 3\r\n',
  ];
  for (let seed = 1; seed <= 4_000; seed++) {
    const random = randomFrom(seed);
    let text = texts[random(texts.length)]!;
    for (let i = random(4); i >= 0; i--) {
      const at = random(text.length + 1);
      text = text.slice(0, at) + spice[random(spice.length)] + text.slice(at + random(3));
    }
    const cuts = Array.from({ length: random(6) }, () => random(text.length + 1)).sort((a, b) => a - b);
    const inPieces = read(text, cuts);
    assert.deepEqual(inPieces, read(text), `seed ${seed}: ${JSON.stringify(text)} cut at ${cuts}`);
  }
});

test('a peer that sends byte by byte up to the limit costs little', () => {
  const answer = new Answer();
  const begun = performance.now();
  assert.throws(() => {
    for (const byte of Buffer.from(`${head}X: ${'y'.repeat(20_000)}`)) answer.push(Buffer.from([byte]));
  }, UnreadableAnswer);
  assert.ok(performance.now() - begun < 1_000);
});
