import type { Account, Person } from '../../../model/account.ts';
import { defaultPictures } from '../default-pictures.ts';
import { renderEmoji } from './emoji.ts';
import { isoDate, isoTime, type Viewer } from './viewer.ts';
import { visibilities } from './visibility.ts';

/** Mastodon's Account. Pictures are absolute addresses even when unset: an empty text breaks typed apps. */
export function renderAccount(account: Account, { place }: Viewer) {
  const avatar = account.avatarUrl ?? place.identity.origin + defaultPictures.avatar.path;
  const header = account.headerUrl ?? place.identity.origin + defaultPictures.header.path;
  return {
    id: account.id,
    username: account.handle,
    acct: account.domain === null ? account.handle : `${account.handle}@${account.domain}`,
    display_name: account.displayName,
    locked: account.locked,
    bot: account.kind === 'Service' || account.kind === 'Application',
    discoverable: account.discoverable,
    indexable: account.discoverable,
    group: account.kind === 'Group',
    created_at: isoTime(account.createdAtMs),
    note: account.bioHtml,
    url: account.url ?? account.uri,
    uri: account.uri,
    avatar,
    avatar_static: avatar,
    avatar_description: '',
    header,
    header_static: header,
    header_description: '',
    followers_count: account.followersCount,
    following_count: account.followingCount,
    statuses_count: account.postsCount,
    last_status_at: account.lastPostAtMs === null ? null : isoDate(account.lastPostAtMs),
    hide_collections: null as boolean | null,
    noindex: !account.discoverable,
    emojis: account.emojis.map(renderEmoji),
    roles: [],
    fields: account.fields.map((field) => ({
      name: field.name,
      value: field.valueHtml,
      verified_at: null as string | null,
    })),
    // Only when true, as Mastodon does: apps show a warning when the key is there.
    ...(account.goneAtMs === null ? {} : { suspended: true }),
  };
}
export type AccountEntity = ReturnType<typeof renderAccount>;

/** CredentialAccount: what an app may know of the person whom it speaks for. `fields` are the texts as typed. */
export function renderCredentialAccount(
  person: Person,
  more: { followRequestsCount: number; fields: readonly { name: string; value: string }[] },
  viewer: Viewer,
) {
  return {
    ...renderAccount(person.account, viewer),
    hide_collections: !person.showsFollows,
    source: {
      privacy: visibilities[person.defaultAudience],
      sensitive: person.defaultSensitive,
      language: person.language,
      note: person.bioText,
      fields: more.fields.map(({ name, value }) => ({ name, value, verified_at: null })),
      follow_requests_count: more.followRequestsCount,
      hide_collections: !person.showsFollows,
      discoverable: person.account.discoverable,
      indexable: person.account.discoverable,
      attribution_domains: [],
      quote_policy: 'nobody',
      // Ours (docs/apps.md).
      canari: { reach: person.defaultReach ?? 'auto' },
    },
    role: { id: '-99', name: '', color: '', permissions: '0', highlighted: false },
  };
}
