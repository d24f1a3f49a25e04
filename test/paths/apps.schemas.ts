import { z } from 'zod';

/**
 * What apps are promised, written from the public documentation of Mastodon's entities. Objects are loose (other fields may be there), but every
 * documented field must be there with its type: a typed app refuses an answer that lacks one.
 */
const id = z.string().regex(/^1\d{18}$/);
const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const date = z.string().regex(/^\d{4}-\d\d-\d\d$/);
const url = z.url({ protocol: /^https?$/ });
const count = z.number().int().nonnegative();

const emoji = z.looseObject({ shortcode: z.string(), url, static_url: url, visible_in_picker: z.boolean() });
const field = z.looseObject({ name: z.string(), value: z.string(), verified_at: time.nullable() });

export const account = z.looseObject({
  id,
  username: z.string().min(1),
  acct: z.string().min(1),
  url,
  uri: url,
  display_name: z.string(),
  note: z.string(),
  avatar: url,
  avatar_static: url,
  avatar_description: z.string(),
  header: url,
  header_static: url,
  header_description: z.string(),
  locked: z.boolean(),
  fields: z.array(field),
  emojis: z.array(emoji),
  bot: z.boolean(),
  group: z.boolean(),
  discoverable: z.boolean().nullable(),
  indexable: z.boolean(),
  created_at: time,
  last_status_at: date.nullable(),
  statuses_count: count,
  followers_count: count,
  following_count: count,
  hide_collections: z.boolean().nullable(),
  roles: z.array(z.unknown()),
});

const visibility = z.enum(['public', 'unlisted', 'private', 'direct']);
const plainField = z.looseObject({ name: z.string(), value: z.string().regex(/^[^<]*$/) });

export const credentialAccount = account.extend({
  source: z.looseObject({
    note: z.string(),
    fields: z.array(plainField),
    privacy: visibility,
    sensitive: z.boolean(),
    language: z.string(),
    follow_requests_count: count,
    hide_collections: z.boolean().nullable(),
    discoverable: z.boolean().nullable(),
    indexable: z.boolean(),
    attribution_domains: z.array(z.string()),
    quote_policy: z.string(),
  }),
  role: z.looseObject({
    id: z.string(),
    name: z.string(),
    color: z.string(),
    permissions: z.string(),
    highlighted: z.boolean(),
  }),
});

const attachment = z.looseObject({
  id: z.string(),
  type: z.enum(['image', 'gifv', 'video', 'audio', 'unknown']),
  url: url.nullable(),
  preview_url: url.nullable(),
  remote_url: url.nullable(),
  meta: z.looseObject({}).nullable(),
  description: z.string().nullable(),
  blurhash: z.string().nullable(),
});

const plainStatus = z.looseObject({
  id,
  uri: url,
  created_at: time,
  account,
  content: z.string(),
  visibility,
  sensitive: z.boolean(),
  spoiler_text: z.string(),
  media_attachments: z.array(attachment),
  application: z.looseObject({ name: z.string(), website: url.nullable() }).optional(),
  mentions: z.array(z.looseObject({ id, username: z.string(), url, acct: z.string() })),
  tags: z.array(z.looseObject({ name: z.string(), url })),
  emojis: z.array(emoji),
  reblogs_count: count,
  favourites_count: count,
  replies_count: count,
  quotes_count: count,
  url: url.nullable(),
  in_reply_to_id: id.nullable(),
  in_reply_to_account_id: id.nullable(),
  poll: z.null(),
  card: z.null(),
  quote: z.null(),
  language: z.string().nullable(),
  edited_at: time.nullable(),
  favourited: z.boolean().optional(),
  reblogged: z.boolean().optional(),
  muted: z.boolean().optional(),
  bookmarked: z.boolean().optional(),
  pinned: z.boolean().optional(),
  filtered: z.array(z.unknown()).optional(),
});

export const status = plainStatus.extend({ reblog: plainStatus.extend({ reblog: z.null() }).nullable() });

/** What a person's app gets: the part that depends on who asks must be there. */
export const ownStatus = status.required({
  favourited: true,
  reblogged: true,
  muted: true,
  bookmarked: true,
  filtered: true,
});
export const deletedStatus = status.extend({ text: z.string() });

export const context = z.looseObject({ ancestors: z.array(status), descendants: z.array(status) });
export const statusSource = z.looseObject({ id, text: z.string(), spoiler_text: z.string() });
export const statusEdit = z.looseObject({
  content: z.string(),
  spoiler_text: z.string(),
  sensitive: z.boolean(),
  created_at: time,
  account,
  media_attachments: z.array(attachment),
  emojis: z.array(emoji),
});

export const notification = z.looseObject({
  id,
  type: z.enum(['mention', 'status', 'reblog', 'follow', 'follow_request', 'favourite', 'poll', 'update']),
  group_key: z.string().min(1),
  created_at: time,
  account,
  status: status.optional(),
});

export const relationship = z.looseObject({
  id,
  following: z.boolean(),
  showing_reblogs: z.boolean(),
  notifying: z.boolean(),
  languages: z.array(z.string()).nullable(),
  followed_by: z.boolean(),
  blocking: z.boolean(),
  blocked_by: z.boolean(),
  muting: z.boolean(),
  muting_notifications: z.boolean(),
  muting_expires_at: time.nullable(),
  requested: z.boolean(),
  requested_by: z.boolean(),
  domain_blocking: z.boolean(),
  endorsed: z.boolean(),
  note: z.string(),
});

export const application = z.looseObject({
  id,
  name: z.string(),
  website: url.nullable(),
  scopes: z.array(z.string()),
  redirect_uris: z.array(z.string()).min(1),
  redirect_uri: z.string(),
  vapid_key: z.string(),
});
export const credentialApplication = application.extend({
  client_id: z.string().min(20),
  client_secret: z.string().min(20),
  client_secret_expires_at: z.literal(0),
});
export const token = z.looseObject({
  access_token: z.string().min(20),
  token_type: z.literal('Bearer'),
  scope: z.string().min(1),
  created_at: z.number().int().min(1_600_000_000).max(9_999_999_999),
});

export const tag = z.looseObject({
  id: z.string(),
  name: z.string(),
  url,
  history: z.array(z.unknown()),
  following: z.boolean().optional(),
  trendable: z.boolean(),
  usable: z.boolean(),
  requires_review: z.boolean(),
});
export const search = z.looseObject({
  accounts: z.array(account),
  statuses: z.array(status),
  hashtags: z.array(tag),
});

const limits = {
  statuses: z.looseObject({
    max_characters: count.min(500),
    max_media_attachments: count,
    characters_reserved_per_url: count,
  }),
  media_attachments: z.looseObject({
    supported_mime_types: z.array(z.string()),
    image_size_limit: count,
    image_matrix_limit: count,
    video_size_limit: count,
    video_frame_rate_limit: count,
    video_matrix_limit: count,
  }),
  polls: z.looseObject({
    max_options: count,
    max_characters_per_option: count,
    min_expiration: count,
    max_expiration: count,
  }),
};

export const instance = z.looseObject({
  domain: z.string(),
  title: z.string(),
  version: z.string().regex(/^\d+\.\d+\.\d+ \(compatible; Canari /),
  source_url: url,
  description: z.string(),
  usage: z.looseObject({ users: z.looseObject({ active_month: count }) }),
  thumbnail: z.looseObject({ url }),
  icon: z.array(z.looseObject({ src: url, size: z.string() })),
  languages: z.array(z.string()),
  configuration: z.looseObject({
    urls: z.looseObject({ about: url }),
    vapid: z.looseObject({ public_key: z.string() }),
    accounts: z.looseObject({ max_featured_tags: count, max_pinned_statuses: count }),
    ...limits,
    translation: z.looseObject({ enabled: z.boolean() }),
    limited_federation: z.boolean(),
  }),
  registrations: z.looseObject({
    enabled: z.boolean(),
    approval_required: z.boolean(),
    message: z.string().nullable(),
    url: url.nullable(),
  }),
  api_versions: z.looseObject({ mastodon: z.number().int() }),
  contact: z.looseObject({ email: z.string(), account: account.nullable() }),
  rules: z.array(z.unknown()),
});

export const instanceV1 = z.looseObject({
  uri: z.string(),
  title: z.string(),
  short_description: z.string(),
  description: z.string(),
  email: z.string(),
  version: z.string(),
  urls: z.looseObject({}),
  stats: z.looseObject({ user_count: count, status_count: count, domain_count: count }),
  thumbnail: url.nullable(),
  languages: z.array(z.string()),
  registrations: z.boolean(),
  approval_required: z.boolean(),
  invites_enabled: z.boolean(),
  configuration: z.looseObject({ accounts: z.looseObject({ max_featured_tags: count }), ...limits }),
  contact_account: account.nullable(),
  rules: z.array(z.unknown()),
});

export const preferences = z.looseObject({
  'posting:default:visibility': visibility,
  'posting:default:sensitive': z.boolean(),
  'posting:default:language': z.string().nullable(),
  'reading:expand:media': z.enum(['default', 'show_all', 'hide_all']),
  'reading:expand:spoilers': z.boolean(),
});

const marker = z.looseObject({ last_read_id: z.string(), version: z.number().int(), updated_at: time });
export const markers = z.looseObject({ home: marker.optional(), notifications: marker.optional() });

export const apiError = z.looseObject({ error: z.string().min(1) });

const accounts = z.array(account);
const statuses = z.array(status);
const ownStatuses = z.array(ownStatus);

/** Which schema a good answer has, by method and path: the first that fits. Answers of paths that are not here are not expected. */
export const schemaOf: readonly (readonly [method: string, path: RegExp, schema: z.ZodType])[] = [
  ['POST', /^\/api\/v1\/apps$/, credentialApplication],
  ['GET', /^\/api\/v1\/apps\/verify_credentials$/, application],
  ['POST', /^\/oauth\/token$/, token],
  ['POST', /^\/oauth\/revoke$/, z.object({})],
  ['GET', /^\/\.well-known\/oauth-authorization-server$/, z.looseObject({ issuer: url, token_endpoint: url })],
  [
    'GET',
    /^\/oauth\/userinfo$/,
    z.looseObject({ iss: url, sub: url, name: z.string(), preferred_username: z.string() }),
  ],
  ['GET', /^\/api\/v2\/instance$/, instance],
  ['GET', /^\/api\/v1\/instance$/, instanceV1],
  ['GET', /^\/api\/v1\/accounts\/verify_credentials$/, credentialAccount],
  ['PATCH', /^\/api\/v1\/accounts\/update_credentials$/, credentialAccount],
  ['GET', /^\/api\/v1\/preferences$/, preferences],
  ['GET', /^\/api\/v1\/accounts\/relationships$/, z.array(relationship)],
  ['GET', /^\/api\/v1\/accounts\/lookup$/, account],
  ['GET', /^\/api\/v1\/accounts(\/search)?$/, accounts],
  ['GET', /^\/api\/v1\/accounts\/\d+$/, account],
  ['GET', /^\/api\/v1\/accounts\/\d+\/statuses$/, statuses],
  ['GET', /^\/api\/v1\/accounts\/\d+\/(followers|following)$/, accounts],
  ['POST', /^\/api\/v1\/(accounts|follow_requests)\/\d+\/\w+$/, relationship],
  ['GET', /^\/api\/v1\/(blocks|mutes|follow_requests)$/, accounts],
  ['GET', /^\/api\/v1\/timelines\/home$/, ownStatuses],
  ['GET', /^\/api\/v1\/timelines\/(public|tag\/[^/]+)$/, statuses],
  ['GET', /^\/api\/v1\/(statuses|favourites)$/, statuses],
  ['POST', /^\/api\/v1\/statuses(\/\d+\/\w+)?$/, ownStatus],
  ['PUT', /^\/api\/v1\/statuses\/\d+$/, ownStatus],
  ['DELETE', /^\/api\/v1\/statuses\/\d+$/, deletedStatus],
  ['GET', /^\/api\/v1\/statuses\/\d+$/, status],
  ['GET', /^\/api\/v1\/statuses\/\d+\/context$/, context],
  ['GET', /^\/api\/v1\/statuses\/\d+\/source$/, statusSource],
  ['GET', /^\/api\/v1\/statuses\/\d+\/history$/, z.array(statusEdit)],
  ['GET', /^\/api\/v1\/statuses\/\d+\/(favourited|reblogged)_by$/, accounts],
  ['GET', /^\/api\/v1\/notifications$/, z.array(notification)],
  ['GET', /^\/api\/v1\/notifications\/unread_count$/, z.object({ count })],
  ['GET', /^\/api\/v1\/notifications\/\d+$/, notification],
  ['POST', /^\/api\/v1\/notifications\/(\d+\/dismiss|clear)$/, z.object({})],
  ['GET', /^\/api\/v1\/markers$/, markers],
  ['POST', /^\/api\/v1\/markers$/, markers],
  ['GET', /^\/api\/v2\/search$/, search],
  ['GET', /^\/api\/v1\/accounts\/familiar_followers$/, z.array(z.object({ id, accounts }))],
  ['GET', /^\/api\/v1\/instance\/extended_description$/, z.object({ updated_at: time, content: z.string() })],
  [
    'GET',
    /^\/api\/v[12]\/(custom_emojis|announcements|trends(\/\w+)?|suggestions|instance\/(peers|rules|domain_blocks|activity)|lists|filters|conversations|bookmarks|scheduled_statuses|followed_tags|domain_blocks|endorsements|featured_tags|directory|timelines\/link|accounts\/\d+\/(lists|featured_tags|endorsements))$/,
    z.tuple([]),
  ],
];
