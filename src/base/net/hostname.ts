import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { limits } from '../limits.ts';
import { failed, ok, type Result } from '../result.ts';
import { findLabHosts, type LabHost, webSchemeOf } from './lab.ts';

/**
 * Names of servers. One host has one spelling here (lower case, punycode, no trailing dot, no default port); two spellings of one
 * host let a stranger pass for somebody (CVE-2023-42451), so text from the wire in any other spelling is refused, not repaired.
 */

/** Why a host or URL is not spoken to. */
export type UrlFailure =
  | 'not-a-url'
  | 'too-long'
  | 'scheme'
  | 'userinfo'
  | 'spelling'
  | 'address-literal'
  | 'private-name'
  | 'bad-name'
  | 'port'
  | 'own-place';

/** Ends of names that never lead to the public Internet (RFC 6761, 7686, 8375, 9476, and what routers use). */
const privateEnds = ['localhost', 'local', 'internal', 'onion', 'invalid', 'lan', 'home', 'corp', 'arpa', 'alt'];

/** Checks a name that is already canonical ASCII. Names of the lab are always fine. */
export function checkHostname(name: string, lab: readonly LabHost[] = []): Result<string, UrlFailure> {
  if (findLabHosts(lab, name).length > 0) return ok(name);
  if (isIP(name) !== 0 || name.startsWith('[')) return failed('address-literal');
  if (name.length === 0 || name.length > 253) return failed('bad-name');
  const labels = name.split('.');
  const end = labels.at(-1)!;
  if (privateEnds.includes(end)) return failed('private-name');
  if (labels.length < 2) return failed('private-name');
  if (labels.length > limits.hostLabels) return failed('bad-name');
  // An underscore is legal in DNS and not in host names; browsers and certificates differ about it.
  if (!labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label))) return failed('bad-name');
  // 1.2.3 and 0x7f.1 are addresses to some resolvers.
  if (/^(\d+|0x[0-9a-f]*)$/.test(end)) return failed('address-literal');
  return ok(name);
}

/**
 * Reads what a person typed or a handle holds (`Münster.example`, `peer.test:8443`) and gives the canonical form, port kept when it
 * is not 443. For identities from the wire use `readRemoteUrl`, which repairs nothing.
 */
export function canonicalHost(text: string, lab: readonly LabHost[] = []): Result<string, UrlFailure> {
  const match = /^([^\s:/?#@\\%[\]]+)(?::(\d{1,5}))?$/u.exec(text.trim());
  if (!match) return failed(isIP(text) ? 'address-literal' : 'bad-name');
  const name = domainToASCII(match[1]!.replace(/\.$/, ''));
  if (name === '') return failed('bad-name');
  const checked = checkHostname(name, lab);
  if (!checked.ok || match[2] === undefined) return checked;
  const port = Number(match[2]);
  if (!isPortFine(name, port, lab)) return failed('port');
  const usual = webSchemeOf(lab, name) === 'http' ? 80 : 443;
  return ok(port === usual ? name : `${name}:${port}`);
}

/** 443, or a port that no system service has: https to port 25 of a stranger is somebody else's attack. */
function isPortFine(name: string, port: number, lab: readonly LabHost[]): boolean {
  if (port < 1 || port > 65_535) return false;
  return port === 443 || port >= 1_024 || findLabHosts(lab, name).length > 0;
}

/**
 * Reads a URL from the wire that we might fetch or keep as an identity: https only (http for names that the lab lists so), the host
 * in its one canonical spelling, no userinfo, no address literal, at most `limits.uriChars`.
 * @returns the URL, or the reason. Pure: whether the name leads to a public address is the connector's question.
 */
export function readRemoteUrl(text: string, lab: readonly LabHost[] = []): Result<URL, UrlFailure> {
  if (text.length > limits.uriChars) return failed('too-long');
  const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/?#\\\s]*)(?=[/?#]|$)/.exec(text);
  if (!parts || !URL.canParse(text)) return failed('not-a-url');
  // The URL parser drops tabs and line ends and turns \ into /: what we check must be what others see.
  for (const character of text) if (character <= ' ' || character === '\u007f') return failed('spelling');
  const url = new URL(text);
  if (parts[2]!.includes('@')) return failed('userinfo');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return failed('scheme');
  if (isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0) return failed('address-literal');
  if (parts[2] !== url.host) return failed('spelling');
  const checked = checkHostname(url.hostname, lab);
  if (!checked.ok) return checked;
  if (!isSchemeFine(url, lab)) return failed('scheme');
  if (url.port !== '' && !isPortFine(url.hostname, Number(url.port), lab)) return failed('port');
  return ok(url);
}

/** https, or http to a name that the lab lists as http. */
export function isSchemeFine(url: { protocol: string; hostname: string }, lab: readonly LabHost[]): boolean {
  if (url.protocol === 'http:') return findLabHosts(lab, url.hostname).some((line) => line.scheme === 'http');
  return url.protocol === 'https:' && (findLabHosts(lab, url.hostname).length === 0 || hasHttpsLine(lab, url.hostname));
}

const hasHttpsLine = (lab: readonly LabHost[], name: string): boolean =>
  findLabHosts(lab, name).some((line) => line.scheme === 'https');

/** True when two URLs have the same origin; false when either cannot be read. */
export function isSameOrigin(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) && new URL(one).origin === new URL(other).origin;
}
