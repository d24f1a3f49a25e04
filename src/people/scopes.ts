import { failed, ok, type Result } from '../base/result.ts';

/**
 * What an app may do, in the words that apps know (Mastodon's OAuth scopes, with their granular children).
 * No `admin:` scopes: there is nothing here that an app could administer.
 */
const readParts = [
  'accounts',
  'blocks',
  'bookmarks',
  'favourites',
  'filters',
  'follows',
  'lists',
  'mutes',
  'notifications',
  'search',
  'statuses',
] as const;
const writeParts = [
  'accounts',
  'blocks',
  'bookmarks',
  'conversations',
  'favourites',
  'filters',
  'follows',
  'lists',
  'media',
  'mutes',
  'notifications',
  'reports',
  'statuses',
] as const;

export type Scope =
  | 'read'
  | 'write'
  | 'follow'
  | 'push'
  | 'profile'
  | `read:${(typeof readParts)[number]}`
  | `write:${(typeof writeParts)[number]}`;

/** Every scope that can be asked for, parents first. */
export const allScopes: readonly Scope[] = [
  'read',
  ...readParts.map((part): Scope => `read:${part}`),
  'write',
  ...writeParts.map((part): Scope => `write:${part}`),
  'follow',
  'push',
  'profile',
];

const known: ReadonlySet<string> = new Set(allScopes);

/** What an app gets that names no scope. */
export const defaultScopes: readonly Scope[] = ['read'];

/** `follow` is the old name of these; apps still ask for it. */
const followMeans: ReadonlySet<string> = new Set([
  'read:blocks',
  'write:blocks',
  'read:follows',
  'write:follows',
  'read:mutes',
  'write:mutes',
]);

/** A list is longer than every scope together only when somebody tries something (THREATS 57: one scope repeated 10,000 times). */
const longestScopeText = 2_048;

/**
 * Reads `read write:statuses`: words between spaces (or pluses, as some apps send them), each one once.
 * @returns the scopes in the order of `allScopes`; empty for an empty text. The failure is the first word that is no scope.
 */
export function readScopes(text: string): Result<Scope[], string> {
  if (text.length > longestScopeText) return failed(`${text.slice(0, 40)}…`);
  const words = text.split(/[\s+]+/).filter((word) => word !== '');
  const stranger = words.find((word) => !known.has(word));
  if (stranger !== undefined) return failed(stranger.slice(0, 40));
  const asked = new Set(words);
  return ok(allScopes.filter((scope) => asked.has(scope)));
}

/** As stored by us: read back without doubt; a scope that a later version no longer knows is left out. */
export const storedScopes = (text: string): Scope[] => text.split(' ').filter((word): word is Scope => known.has(word));

/** Whether what was granted covers one scope: itself, its parent (`read` covers `read:statuses`), or `follow` for what that means. */
export function covers(granted: readonly Scope[], needed: Scope): boolean {
  if (granted.includes(needed)) return true;
  const parent = needed.split(':')[0] as Scope;
  if (parent !== needed && granted.includes(parent)) return true;
  return followMeans.has(needed) && granted.includes('follow');
}

/** Whether all of `asked` lies within `granted`: an app gets no more than it registered for. */
export const allCovered = (granted: readonly Scope[], asked: readonly Scope[]): boolean =>
  asked.every((scope) => covers(granted, scope));
