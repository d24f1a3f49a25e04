import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRetryAfter } from './retry-after.ts';

const now = Date.parse('2026-11-25T12:00:00Z');

test('how long a server asks us to wait', () => {
  const cases: [Record<string, string>, number | undefined][] = [
    [{}, undefined],
    [{ 'retry-after': '30' }, 30_000],
    [{ 'retry-after': ' 0 ' }, 0],
    [{ 'retry-after': 'Wed, 25 Nov 2026 12:01:00 GMT' }, 60_000],
    [{ 'retry-after': 'Wed, 25 Nov 2026 11:00:00 GMT' }, 0],
    [{ 'retry-after': '99999999999' }, 7 * 24 * 3_600_000],
    [{ 'retry-after': '-5' }, undefined],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '' }, undefined],
    [{ 'x-ratelimit-reset': '2026-11-25T12:05:00.000Z' }, 300_000],
    [{ 'x-ratelimit-reset': String(now / 1_000 + 90) }, 90_000],
    [{ 'x-ratelimit-reset': '45' }, 45_000],
    [{ 'retry-after': '10', 'x-ratelimit-reset': '45' }, 10_000],
    [{ 'retry-after': 'soon', 'x-ratelimit-reset': '45' }, 45_000],
  ];
  for (const [headers, expected] of cases)
    assert.equal(readRetryAfter(headers, now), expected, JSON.stringify(headers));
});
