import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { browserSession, findSessionToken, renderSessionCookie } from './cookies.ts';
import { checkFormOrigin, checkFormToken, localPath } from './security.ts';

describe('where one goes after signing in', () => {
  it('is a path of this place (THREATS 59)', () => {
    for (const path of [
      '/home',
      '/@a/1?x=1#p2',
      '/oauth/authorize?client_id=x&redirect_uri=https%3A%2F%2Fapp.example',
    ]) {
      assert.equal(localPath(path, '/home'), path);
    }
    const evil = [
      '//evil.example',
      '/\\evil.example',
      'https://evil.example',
      'javascript:alert(1)',
      '',
      'home',
      '/a\r\nSet-Cookie: x=1',
      '/a b',
      '/a\\b',
      `/${'x'.repeat(4_001)}`,
      '\t//evil.example',
    ];
    for (const one of evil) assert.equal(localPath(one, '/home'), '/home', JSON.stringify(one));
    assert.equal(localPath(null, '/home'), '/home');
  });
});

describe('a form', () => {
  const own = 'https://wren.example';
  const check = (headers: Record<string, string>) => () => checkFormOrigin(new Headers(headers), own);

  it('comes from here', () => {
    assert.doesNotThrow(check({ origin: own, 'sec-fetch-site': 'same-origin' }));
    assert.doesNotThrow(check({ origin: own }));
    assert.doesNotThrow(check({}));
    const foreign: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://wren.example' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: own, 'sec-fetch-site': 'cross-site' },
    ];
    for (const headers of foreign) {
      assert.throws(check(headers), { code: 'CANARI_FORM_FROM_ELSEWHERE', status: 403 }, JSON.stringify(headers));
    }
  });

  it('belongs to its session', () => {
    const session = browserSession('a'.repeat(43));
    assert.doesNotThrow(() => checkFormToken(session, session.formToken));
    const other = browserSession('b'.repeat(43)).formToken;
    for (const token of [null, '', other, session.token]) {
      assert.throws(() => checkFormToken(session, token), { code: 'CANARI_FORM_FROM_ELSEWHERE' });
    }
    assert.ok(!session.formToken.includes(session.token));
  });
});

describe('the session’s cookie', () => {
  it('is for this host over https alone', () => {
    const cookie = renderSessionCookie('t'.repeat(43), true);
    assert.match(cookie, /^__Host-canari=t+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+; Secure$/);
    assert.equal(findSessionToken(`a=1; ${cookie.split(';')[0]}`, true), 't'.repeat(43));
    // A plain cookie that a neighbour could have set is not the one.
    assert.equal(findSessionToken(`canari=${'t'.repeat(43)}`, true), undefined);
  });

  it('works on localhost without', () => {
    assert.doesNotMatch(renderSessionCookie('t'.repeat(43), false), /Secure|__Host/);
    assert.equal(findSessionToken('canari=<script>', false), undefined);
  });
});
