import type { Audience } from '../../../model/post.ts';

/** Our audiences in Mastodon's words. */
export const visibilities = {
  public: 'public',
  quiet: 'unlisted',
  followers: 'private',
  direct: 'direct',
} as const satisfies Record<Audience, string>;

/** Mastodon's words in ours; undefined for a word that is none. */
export function readVisibility(word: string): Audience | undefined {
  return (Object.keys(visibilities) as Audience[]).find((audience) => visibilities[audience] === word);
}
