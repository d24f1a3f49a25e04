import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectError } from '../../base/net/connector.ts';
import { readFailure, readReply, UnreadableAnswer } from './read-reply.ts';

const now = Date.UTC(2026, 10, 24, 12);
const reply = (status: number, headers: Record<string, string> = {}, text = '') =>
  readReply({ status, headers, text }, now);

test('each status means one thing', () => {
  const expected: [number, string][] = [
    [200, 'accepted'],
    [202, 'accepted'],
    [204, 'accepted'],
    [301, 'later delivery redirected 3'],
    [308, 'later delivery redirected 3'],
    [400, 'refused rejected'],
    [401, 'later delivery unauthorised 4'],
    [403, 'later delivery unauthorised 4'],
    [404, 'later delivery not-found 3'],
    [405, 'refused rejected'],
    [408, 'later delivery server-error'],
    [410, 'gone gone'],
    [413, 'refused rejected'],
    [418, 'refused rejected'],
    [422, 'refused rejected'],
    [429, 'later pace throttled'],
    [451, 'refused rejected'],
    [500, 'later delivery server-error'],
    [502, 'later destination server-error'],
    [503, 'later destination server-error'],
    [504, 'later destination server-error'],
    [522, 'later destination server-error'],
  ];
  for (const [status, meaning] of expected) {
    const verdict = reply(status);
    const words =
      verdict.outcome === 'accepted'
        ? ['accepted']
        : verdict.outcome === 'later'
          ? ['later', verdict.scope, verdict.code, verdict.tries]
          : [verdict.outcome, verdict.code];
    assert.equal(words.filter((word) => word !== undefined).join(' '), meaning, `${status}`);
  }
});

test('how long they ask us to wait, in each way that is used', () => {
  const waits: [number, Record<string, string>, number][] = [
    [429, { 'retry-after': '120' }, 120_000],
    [429, { 'retry-after': 'Tue, 24 Nov 2026 12:05:00 GMT' }, 300_000],
    // GoToSocial: 429 with an ISO date and no Retry-After.
    [429, { 'x-ratelimit-reset': '2026-11-24T12:01:00.000Z' }, 60_000],
    [503, { 'retry-after': '30' }, 30_000],
  ];
  for (const [status, headers, waitMs] of waits) {
    const verdict = reply(status, headers);
    assert.ok(verdict.outcome === 'later' && verdict.scope === 'pace');
    assert.equal(verdict.retryAfterMs, waitMs);
  }
});

test('their words are short and plain, whatever they send', () => {
  const words = (text: string) => (reply(500, {}, text) as { words: string }).words;
  assert.equal(words('{"error":"Something went wrong"}'), 'HTTP 500: Something went wrong');
  assert.equal(words('<html><body><h1>Bad\u0007 gateway</h1>\r\n<hr></body>'), 'HTTP 500: Bad gateway');
  assert.equal(words(''), 'HTTP 500');
  assert.equal(words('{"error":'), 'HTTP 500: {"error":');
  assert.equal(words('\u202egnp.exe'), 'HTTP 500: gnp.exe');
  assert.ok(words('x'.repeat(100_000)).length <= 220);
  const begun = performance.now();
  words('<'.repeat(4_096));
  words('<a '.repeat(1_300));
  assert.ok(performance.now() - begun < 50);
});

test('no answer at all: whose doing, and what must wait', () => {
  const blocked = readFailure(new ConnectError('blocked-address', 'x leads to 10.0.0.1, which is not public'));
  assert.ok(blocked.outcome === 'later' && blocked.code === 'forbidden-address' && blocked.scope === 'destination');
  assert.equal(readFailure(new ConnectError('bad-host', 'http')).outcome, 'refused');
  const tls = readFailure(new ConnectError('tls', 'certificate has expired'));
  assert.ok(tls.outcome === 'later' && tls.code === 'tls');
  const nonsense = readFailure(new UnreadableAnswer('a header'));
  assert.ok(nonsense.outcome === 'later' && nonsense.code === 'unreadable');
});
