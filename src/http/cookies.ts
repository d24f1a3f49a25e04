import { createHash } from 'node:crypto';
import type { BrowserSession } from './route.ts';

/** How long a browser stays signed in without being used. */
export const sessionDays = 30;

/** `__Host-` makes browsers refuse the cookie from a neighbour domain or without TLS; it needs https, which localhost does not have. */
const sessionCookieName = (isSecure: boolean) => (isSecure ? '__Host-canari' : 'canari');

/** One cookie's value. The first wins when a name comes twice. */
export function findCookie(header: string, name: string): string | undefined {
  for (const part of header.split(';')) {
    const equals = part.indexOf('=');
    if (equals > 0 && part.slice(0, equals).trim() === name) return part.slice(equals + 1).trim();
  }
  return undefined;
}

/** The token that a browser shows. Anything that we cannot have made is none. */
export function findSessionToken(cookieHeader: string, isSecure: boolean): string | undefined {
  const token = findCookie(cookieHeader, sessionCookieName(isSecure));
  return token !== undefined && /^[A-Za-z0-9_-]{16,128}$/.test(token) ? token : undefined;
}

const attributes = (isSecure: boolean, maxAgeSeconds: number) =>
  `Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}${isSecure ? '; Secure' : ''}`;

export const renderSessionCookie = (token: string, isSecure: boolean) =>
  `${sessionCookieName(isSecure)}=${token}; ${attributes(isSecure, sessionDays * 86_400)}`;

export const renderEndOfSession = (isSecure: boolean) => `${sessionCookieName(isSecure)}=; ${attributes(isSecure, 0)}`;

/** Which language a visitor chose by hand. */
export const languageCookieName = 'canari-language';
export const renderLanguageCookie = (language: string, isSecure: boolean) =>
  `${languageCookieName}=${language}; ${attributes(isSecure, 365 * 86_400)}`;

/** The form token follows from the session's secret and gives nothing of it away, so it needs no place in the store. */
export const browserSession = (token: string): BrowserSession => ({
  token,
  formToken: createHash('sha256').update(`form:${token}`).digest('base64url'),
});
