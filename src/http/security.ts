import { timingSafeEqual } from 'node:crypto';
import { CanariError } from '../base/errors.ts';
import type { BrowserSession } from './route.ts';

/** Pages hold no script at all, and no style outside the stylesheet: what slips past the sanitiser has nowhere to run (THREATS 52). */
const pagePolicy = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Headers of every answer. `formTargets` are the origins, beside our own, that a form of this page may lead to: only the consent page has
 * one (the app that asked), since browsers apply form-action to the redirect as well.
 */
export function securityHeaders(isSecure: boolean, formTargets: readonly string[] = []): [string, string][] {
  const headers: [string, string][] = [
    ['Content-Security-Policy', `${pagePolicy}; form-action ${["'self'", ...formTargets].join(' ')}`],
    ['X-Content-Type-Options', 'nosniff'],
    // Not no-referrer: browsers would then send "Origin: null" with our own forms.
    ['Referrer-Policy', 'same-origin'],
    ['X-Frame-Options', 'DENY'],
    ['Cross-Origin-Opener-Policy', 'same-origin'],
    ['Permissions-Policy', 'camera=(), geolocation=(), microphone=(), interest-cohort=()'],
  ];
  if (isSecure) headers.push(['Strict-Transport-Security', 'max-age=31536000']);
  return headers;
}

const forged = (message: string) =>
  new CanariError('CANARI_FORM_FROM_ELSEWHERE', message, {
    status: 403,
    hint: 'Open the page here and send it again.',
  });

/**
 * Refuses a form that another site sent (THREATS 59). Every browser of today says where a form comes from: a foreign or opaque origin is
 * refused. One that says nothing (text browsers) still needs the form token when it is signed in.
 */
export function checkFormOrigin(headers: Headers, ownOrigin: string): void {
  const site = headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin' && site !== 'none') throw forged(`A form came from ${site}.`);
  const origin = headers.get('origin');
  if (origin !== null && origin !== ownOrigin) throw forged('A form came from another origin.');
}

/** The second lock on a signed-in form: a value that only our own pages of this very session hold. */
export function checkFormToken(session: BrowserSession, shown: string | null): void {
  const expected = Buffer.from(session.formToken);
  const given = Buffer.from(shown ?? '');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw forged('The form belongs to another session.');
  }
}

/**
 * Where to go after signing in: only a path of this place (THREATS 59). `//evil`, `/\evil`, a scheme, a control character or an
 * over-long one becomes `otherwise`.
 */
export function localPath(wanted: string | null, otherwise: string): string {
  if (wanted === null || wanted.length > 4_000 || !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(wanted)) return otherwise;
  return wanted;
}
