import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { CanariError } from '../../../base/errors.ts';
import { describeFailure } from '../failure-words.ts';
import { formatAge, formatNumber } from './formats.ts';
import { typesetFrench } from './typography.ts';
import { catalogue, languages } from './words.ts';

/** Every sentence of a catalogue with its path; functions are called with something that fits. */
function sentences(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function') {
    const make = value as (...values: unknown[]) => unknown;
    const argument = path.includes('.failures.')
      ? { limit: 5, length: 7, most: 3, least: 10, handle: 'x', error: 'y' }
      : 3;
    return sentences(make(argument, 3), path);
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => sentences(inner, `${path}.${key}`));
}

describe('the two catalogues', () => {
  const [en, fr] = [new Map(sentences(catalogue('en'))), new Map(sentences(catalogue('fr')))];

  it('say the same things', () => {
    // Words that happen to be alike.
    const alike = new Set([
      '.foot.canari',
      '.ways.notifications',
      '.notifications.title',
      '.audienceShort.public',
      '.consent.code',
      '.tag.title',
      '.post.withCount',
      '.profile.title',
      '.profile.here',
    ]);
    for (const [path, sentence] of en) {
      const other = fr.get(path);
      assert.ok(other, `${path} is missing in French`);
      if (!alike.has(path)) assert.notEqual(other, sentence, `${path} is not translated`);
    }
    assert.equal(en.size, fr.size);
  });

  it('fill in the same places', () => {
    const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort().join();
    for (const [path, sentence] of en) assert.equal(places(fr.get(path)!), places(sentence), path);
  });

  it('set French with its spaces', () => {
    for (const [path, sentence] of fr) assert.doesNotMatch(sentence, / [;!?»]|« | :(\s|$)|'/, `${path}: ${sentence}`);
  });

  it('know every failure that people can meet on a page', () => {
    const folders = ['people', 'outgoing', 'http', 'http/pages', 'text'].map((folder) =>
      join(import.meta.dirname, '../../../', folder),
    );
    const files = folders.flatMap((folder) =>
      readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.includes('.test.'))
        .map((entry) => join(folder, entry.name)),
    );
    const codes = files.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/new CanariError\(\s*'(CANARI_[A-Z_]+)'/g)].map((match) => match[1]!),
    );
    assert.ok(codes.length > 20);
    // Apps alone meet these; the page of an unexpected failure says its reference instead, and a lacking sign-in leads to signing in.
    const never =
      /^CANARI_(APP_(NAME|WEBSITE|REDIRECT|SCOPES)|APPS_TOO_MANY|TOKEN_INVALID|SCOPE_MISSING|PERSON_NEEDED|UNEXPECTED|SIGN_IN_NEEDED)$/;
    for (const code of new Set(codes)) {
      if (never.test(code)) continue;
      for (const language of languages)
        assert.ok(catalogue(language).failures[code], `${code} has no words in ${language}`);
    }
  });
});

describe('a failure without words of its own', () => {
  it('says whose doing it is, and its exact words', () => {
    const theirs = new CanariError('CANARI_NEW', 'It broke.', {
      doing: 'theirs',
      values: { host: 'x.example' },
      hint: 'Wait.',
    });
    const said = describeFailure(catalogue('fr'), theirs);
    assert.match(said.doing, /x\.example/);
    assert.equal(said.exact, 'It broke. Wait.');
  });

  it('keeps what broke here to the log', () => {
    const ours = new CanariError('CANARI_UNEXPECTED', 'near "select": syntax error', { doing: 'ours', status: 500 });
    assert.equal(describeFailure(catalogue('en'), ours).exact, undefined);
  });
});

describe('numbers and times', () => {
  it('are written as each language writes them', () => {
    assert.equal(formatNumber(3000, 'en'), '3,000');
    assert.equal(formatNumber(3000, 'fr'), '3\u202f000');
    const now = Date.UTC(2026, 3, 12, 12);
    assert.equal(formatAge(now - 30_000, now, 'en'), 'now');
    assert.equal(formatAge(now - 7_200_000, now, 'en'), '2h ago');
    assert.match(formatAge(now - 7_200_000, now, 'fr'), /^il y a 2\s?h$/);
    assert.equal(formatAge(now - 30 * 86_400_000, now, 'fr'), '13 mars');
    assert.equal(formatAge(now - 400 * 86_400_000, now, 'en'), '8 March 2025');
  });

  it('do not touch what has no such space', () => {
    assert.equal(typesetFrench('http://a.example:80/?x=1;y'), 'http://a.example:80/?x=1;y');
    assert.equal(typesetFrench('Quoi ? « Rien » : rien !'), 'Quoi\u202f? «\u202fRien\u202f»\u00a0: rien\u202f!');
  });
});
