import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allCovered, allScopes, covers, readScopes, storedScopes } from './scopes.ts';

test('scopes are read once each, in one order, whatever the separators', () => {
  assert.deepEqual(readScopes('push  write+read read'), { ok: true, value: ['read', 'write', 'push'] });
  assert.deepEqual(readScopes(''), { ok: true, value: [] });
  assert.deepEqual(readScopes('read:statuses\nfollow'), { ok: true, value: ['read:statuses', 'follow'] });
});

test('an unknown scope is named, an endless list is not read', () => {
  assert.deepEqual(readScopes('read admin:read'), { ok: false, error: 'admin:read' });
  assert.deepEqual(readScopes('READ'), { ok: false, error: 'READ' });
  assert.equal(readScopes('read '.repeat(10_000)).ok, false);
});

test('a parent covers its children and never the other way round', () => {
  assert.equal(covers(['read'], 'read:statuses'), true);
  assert.equal(covers(['read:statuses'], 'read:statuses'), true);
  assert.equal(covers(['read:statuses'], 'read'), false);
  assert.equal(covers(['read'], 'write:statuses'), false);
  assert.equal(covers(['write'], 'read:statuses'), false);
  assert.equal(covers(['read', 'write'], 'push'), false);
});

test('follow means the relations and nothing else', () => {
  const covered = allScopes.filter((scope) => covers(['follow'], scope));
  assert.deepEqual(covered.sort(), [
    'follow',
    'read:blocks',
    'read:follows',
    'read:mutes',
    'write:blocks',
    'write:follows',
    'write:mutes',
  ]);
});

test('asked scopes lie within the registered ones or not', () => {
  assert.equal(allCovered(['read', 'write', 'follow', 'push'], ['read:accounts', 'push', 'write']), true);
  assert.equal(allCovered(['read'], ['read', 'write:media']), false);
  assert.deepEqual(storedScopes('read write gone'), ['read', 'write']);
});
