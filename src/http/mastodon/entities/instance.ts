import { limits } from '../../../base/limits.ts';
import { repository, version } from '../../../base/version.ts';
import type { Person } from '../../../model/account.ts';
import { profileLimits } from '../../../people/profile.ts';
import { defaultPictures } from '../default-pictures.ts';
import { renderAccount } from './account.ts';
import type { Viewer } from './viewer.ts';

/**
 * Apps compare the front of this text with Mastodon's versions; the rest says what speaks. 4.3 is the first with `api_versions`, which tells
 * exactly what is here: 1 has neither grouped notifications (2) nor quotes (7).
 */
export const apiVersions = { mastodon: 1 } as const;
const versionText = `4.3.0 (compatible; Canari ${version})`;

/** What apps need to know of a place. */
export interface InstanceFacts {
  /** Who lives here; the first is the owner. Empty before anybody has settled in. */
  readonly people: readonly Person[];
  readonly postsCount: number;
}

const titleOf = (facts: InstanceFacts, domain: string) => facts.people[0]?.account.displayName || domain;

/** Nothing can be attached and no poll be made yet: zero, so that apps hide what they would offer. */
const statusLimits = {
  statuses: { max_characters: limits.postChars, max_media_attachments: 0, characters_reserved_per_url: 23 },
  media_attachments: {
    supported_mime_types: [],
    description_limit: 1_500,
    image_size_limit: 0,
    image_matrix_limit: 0,
    video_size_limit: 0,
    video_frame_rate_limit: 0,
    video_matrix_limit: 0,
  },
  polls: { max_options: 0, max_characters_per_option: 0, min_expiration: 0, max_expiration: 0 },
} as const;

const accountLimits = {
  max_display_name_length: profileLimits.displayNameChars,
  max_note_length: profileLimits.bioChars,
  max_avatar_description_length: 0,
  max_header_description_length: 0,
  max_featured_tags: 0,
  max_pinned_statuses: 0,
  max_profile_fields: profileLimits.fields,
  profile_field_name_limit: profileLimits.fieldChars,
  profile_field_value_limit: profileLimits.fieldChars,
} as const;

/** Strangers see what the people here write in public, and not what is known of elsewhere. */
const timelinesAccess = {
  live_feeds: { local: 'public', remote: 'authenticated' },
  hashtag_feeds: { local: 'public', remote: 'authenticated' },
  trending_link_feeds: { local: 'disabled', remote: 'disabled' },
} as const;

/** Instance (v2). No address for streaming: apps open a stream only where one is named. */
export function renderInstance(facts: InstanceFacts, viewer: Viewer) {
  const { origin, domain } = viewer.place.identity;
  const owner = facts.people[0];
  return {
    domain,
    title: titleOf(facts, domain),
    version: versionText,
    // Typed apps need an address here, so the place's own stands in while the package names none.
    source_url: repository ?? `${origin}/`,
    description: owner?.bioText ?? '',
    usage: { users: { active_month: facts.people.length } },
    thumbnail: { url: origin + defaultPictures.header.path, description: '', blurhash: null, versions: {} },
    icon: [
      {
        src: origin + defaultPictures.avatar.path,
        size: `${defaultPictures.avatar.width}x${defaultPictures.avatar.height}`,
      },
    ],
    languages: [owner?.language ?? 'en'],
    configuration: {
      urls: { status: null, about: `${origin}/`, privacy_policy: null, terms_of_service: null },
      // Web push is not offered; an empty key tells apps so without breaking those that read the field.
      vapid: { public_key: '' },
      accounts: accountLimits,
      ...statusLimits,
      translation: { enabled: false },
      timelines_access: timelinesAccess,
      limited_federation: false,
    },
    registrations: {
      enabled: false,
      approval_required: false,
      message: null,
      min_age: null,
      reason_required: null,
      url: null,
    },
    api_versions: apiVersions,
    contact: { email: '', account: owner ? renderAccount(owner.account, viewer) : null },
    rules: [],
  };
}

/** V1::Instance, for apps that do not know the second. */
export function renderInstanceV1(facts: InstanceFacts, viewer: Viewer) {
  const { origin, domain } = viewer.place.identity;
  const owner = facts.people[0];
  return {
    uri: domain,
    title: titleOf(facts, domain),
    short_description: owner?.bioText ?? '',
    description: owner?.bioText ?? '',
    email: '',
    version: versionText,
    urls: {},
    stats: { user_count: facts.people.length, status_count: facts.postsCount, domain_count: 0 },
    thumbnail: origin + defaultPictures.header.path,
    languages: [owner?.language ?? 'en'],
    registrations: false,
    approval_required: false,
    invites_enabled: false,
    configuration: { accounts: accountLimits, ...statusLimits },
    contact_account: owner ? renderAccount(owner.account, viewer) : null,
    rules: [],
  };
}
