import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readActivity } from '../src/activitypub/parse/activity.ts';
import { limits } from '../src/base/limits.ts';
import { fediverseRoutes } from '../src/http/fediverse/routes.ts';

/** FEDERATION.md says what the code does. */
const text = readFileSync(join(import.meta.dirname, '../FEDERATION.md'), 'utf8');

/** First cells of the table below a heading. */
function firstCells(heading: string): string[] {
  const section = text.slice(text.indexOf(`\n## ${heading}\n`)).slice(1);
  const end = section.indexOf('\n## ', 1);
  const rows = section.slice(0, end < 0 ? undefined : end).match(/^\| .*$/gm) ?? [];
  return rows.slice(1).map((row) => row.split('|')[1]!.trim());
}

test('every address is a route, and every route is listed', () => {
  const listed = firstCells('Where things are').map((cell) => cell.replaceAll('`', ''));
  const routes = new Set(fediverseRoutes.map(({ method, path }) => `${method} ${path}`));
  assert.deepEqual(listed.sort(), [...routes].sort());
});

test('every verb that is acted on is listed, and no other', () => {
  const listed = firstCells('What we take in').flatMap((cell) => cell.split(', '));
  const isActedOn = (type: string): boolean => {
    const read = readActivity({
      id: 'https://a.example/1',
      type,
      actor: 'https://a.example/a',
      object: 'https://a.example/2',
    });
    return read.ok && read.value.verb !== 'other';
  };
  const all = [
    'Accept',
    'Add',
    'Announce',
    'Arrive',
    'Block',
    'Create',
    'Delete',
    'Dislike',
    'Flag',
    'Follow',
    'Ignore',
    'Invite',
    'Join',
    'Leave',
    'Like',
  ];
  all.push(
    'Listen',
    'Move',
    'Offer',
    'Question',
    'Read',
    'Reject',
    'Remove',
    'TentativeAccept',
    'TentativeReject',
    'Travel',
    'Undo',
    'Update',
    'View',
  );
  assert.deepEqual(listed.sort(), all.filter(isActedOn).sort());
});

test('the numbers are those of the limits', () => {
  for (const said of [
    `at most ${limits.signatureAgeMs / 3_600_000} hours old and ${limits.signatureAheadMs / 3_600_000} hour ahead`,
    `more than ${limits.inboxBodyBytes / 1024 / 1024} MiB`,
    `more than ${limits.addressees.toLocaleString('en')} addressees or ${limits.tags} tags`,
    `nested deeper than ${limits.jsonDepth}`,
    `At most ${limits.fetchesPerActivity} documents`,
    `${limits.threadDepth} posts upwards`,
  ]) {
    assert.ok(text.includes(said), said);
  }
});
