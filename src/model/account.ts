import type { AccountId } from './ids.ts';
import type { Reach } from './reach.ts';

/** Anyone who can author: a person here (`domain` null) or a remote account that this place has met. */
export interface Account {
  readonly id: AccountId;
  /** The ActivityPub id. */
  readonly uri: string;
  /** Without @ and domain. */
  readonly handle: string;
  /** Of the handle; null for the people of this place. */
  readonly domain: string | null;
  readonly kind: AccountKind;
  readonly displayName: string;
  /** Sanitised already. */
  readonly bioHtml: string;
  /** The page for people; null when the origin names none. */
  readonly url: string | null;
  readonly avatarUrl: string | null;
  readonly headerUrl: string | null;
  readonly inboxUrl: string | null;
  readonly sharedInboxUrl: string | null;
  readonly outboxUrl: string | null;
  readonly followersUrl: string | null;
  readonly featuredUrl: string | null;
  /** Follows wait for a yes. */
  readonly locked: boolean;
  readonly discoverable: boolean;
  readonly fields: readonly ProfileField[];
  readonly emojis: readonly Emoji[];
  readonly alsoKnownAs: readonly string[];
  readonly movedTo: string | null;
  readonly followersCount: number;
  readonly followingCount: number;
  readonly postsCount: number;
  readonly lastPostAtMs: number | null;
  readonly createdAtMs: number;
  /** When the origin was last read; null for the people here. */
  readonly fetchedAtMs: number | null;
  /** The origin said that this account is no more. */
  readonly goneAtMs: number | null;
}

export type AccountKind = 'Person' | 'Service' | 'Group' | 'Organization' | 'Application';
export interface ProfileField {
  readonly name: string;
  readonly valueHtml: string;
}
export interface Emoji {
  readonly shortcode: string;
  readonly url: string;
}

/** What only someone with an account on this place has. `account.id` is the person's id everywhere. */
export interface Person {
  readonly account: Account;
  readonly bioText: string;
  readonly language: 'en' | 'fr';
  readonly defaultAudience: 'public' | 'quiet' | 'followers' | 'direct';
  readonly defaultSensitive: boolean;
  /** Whether the pages of followers and following may be read by anyone; the counts always may. */
  readonly showsFollows: boolean;
  /** To whom one's answers are pushed; null: as the number of followers' servers suggests. */
  readonly defaultReach: Reach | null;
  readonly keys: PersonKeys;
  readonly createdAtMs: number;
}

/** PEM texts. The private halves never leave the place's folder and the sender threads' memory. */
export interface PersonKeys {
  readonly rsaPrivate: string;
  readonly rsaPublic: string;
  readonly ed25519Private: string;
  readonly ed25519Public: string;
}

/** `handle@domain`, with this place's own domain for the people here. */
export const fullHandle = (account: Pick<Account, 'handle' | 'domain'>, placeDomain: string) =>
  `${account.handle}@${account.domain ?? placeDomain}`;
