import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Route } from './route.ts';
import { Router } from './router.ts';

const route = (path: string, more: Partial<Route> = {}): Route => ({
  method: 'GET',
  path,
  who: 'anyone',
  shows: 'nothing',
  answers: 'json',
  handler: () => new Response(),
  ...more,
});

describe('the router', () => {
  const router = new Router([
    route('/api/v1/accounts/:id'),
    route('/api/v1/accounts/lookup'),
    route('/@:address'),
    route('/@:address', { accept: 'activity' }),
    route('/@:address/:id'),
    route('/@:address/followers'),
    route('/posts/:id', { method: 'POST' }),
    route('/'),
  ]);
  const found = (method: string, path: string, wantsActivity = false) => {
    const match = router.match(method, path, wantsActivity);
    return match.kind === 'route' ? [match.route.path, match.route.accept, match.params] : match.kind;
  };

  it('prefers what is written out to a parameter', () => {
    assert.deepEqual(found('GET', '/api/v1/accounts/lookup'), ['/api/v1/accounts/lookup', undefined, {}]);
    assert.deepEqual(found('GET', '/api/v1/accounts/17'), ['/api/v1/accounts/:id', undefined, { id: '17' }]);
    assert.deepEqual(found('GET', '/@a/followers'), ['/@:address/followers', undefined, { address: 'a' }]);
  });

  it('takes a name after an @, decoded', () => {
    assert.deepEqual(found('GET', '/@bob%40x.example'), ['/@:address', undefined, { address: 'bob@x.example' }]);
    assert.deepEqual(found('GET', '/%40alice/1'), ['/@:address/:id', undefined, { address: 'alice', id: '1' }]);
    assert.equal(found('GET', '/alice'), 'nothing');
  });

  it('chooses by what the reader accepts', () => {
    assert.deepEqual(found('GET', '/@a', true), ['/@:address', 'activity', { address: 'a' }]);
    assert.deepEqual(found('GET', '/@a/1', true), ['/@:address/:id', undefined, { address: 'a', id: '1' }]);
    const match = router.match('GET', '/@a', false);
    assert.ok(match.kind === 'route' && match.varies);
  });

  it('tells a wrong method from a wrong path', () => {
    const match = router.match('GET', '/posts/1', false);
    assert.ok(match.kind === 'wrong-method');
    assert.deepEqual(match.allowed, ['POST']);
    assert.deepEqual(found('HEAD', '/'), ['/', undefined, {}]);
    assert.equal(found('GET', '/no/such'), 'nothing');
    assert.equal(found('GET', '/@%ff'), 'nothing');
  });

  it('refuses a table with the same row twice', () => {
    assert.throws(() => new Router([route('/a'), route('/a')]), /same method and path/);
  });
});
