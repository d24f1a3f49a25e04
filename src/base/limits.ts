/**
 * Every bound that a stranger can push against, in one file, tested at limit-1, limit and limit+1 (DESIGN section 7).
 * Sizes in bytes, times in milliseconds, unless the name says otherwise.
 */
export const limits = {
  /** Body of a POST to an inbox. Mastodon's own activities stay under 64 KiB. */
  inboxBodyBytes: 1024 * 1024,
  /** Body of a form or API call. A post of 10,000 characters in 4-byte letters, percent-encoded, is 120 kB. */
  formBodyBytes: 512 * 1024,
  /** A document fetched from elsewhere, counted after inflating: 255 KiB of gzip can hold 256 MiB. */
  fetchedBytes: 1024 * 1024,
  /** Nested arrays and objects in JSON. Recursive code dies near 10,000. */
  jsonDepth: 64,
  /** Keys in one JSON document, all objects together. */
  jsonKeys: 20_000,
  /** `to` and `cc` together. */
  addressees: 1_000,
  /** `tag` of one object: mentions, hashtags, emoji. */
  tags: 100,
  /** Attachments read of one object; the rest is left out. */
  attachments: 16,
  /** Characters of an incoming post's HTML. */
  contentChars: 200_000,
  /** Characters of a name, handle, title or short field from elsewhere; longer is cut. */
  nameChars: 500,
  /** A URI longer than this is not stored. */
  uriChars: 2_048,
  /** Labels of a host name. A wildcard zone can invent 120 of them, and each block list lookup would walk them all. */
  hostLabels: 10,
  redirects: 5,
  /** DNS, connect and TLS together. */
  connectMs: 5_000,
  /** A whole fetch, redirects included. */
  fetchMs: 15_000,
  /** A key fetch while a peer waits at our inbox. */
  keyFetchMs: 4_000,
  /** How long a key that could not be had is not asked for again: 200 forged requests cause one fetch. */
  keyMissMs: 10 * 60_000,
  fetchesPerHost: 8,
  fetchesInAll: 64,
  /** Documents fetched because of one incoming activity. */
  fetchesPerActivity: 20,
  /** Ancestors fetched for one incoming reply. */
  threadDepth: 10,
  /** How old a signature may be; Mastodon takes 12 h as well. */
  signatureAgeMs: 12 * 3_600_000,
  /** How far in the future a signature may be dated. */
  signatureAheadMs: 3_600_000,
  /** RSA keys outside are refused: 512 bits can be broken, 16,384 cost us seconds. */
  rsaBits: { min: 2_048, max: 8_192 },
  headersMs: 10_000,
  requestMs: 30_000,
  connectionsPerAddress: 50,
  /** How long the id of a handled activity is remembered; longer than any signature lives. */
  rememberActivityMs: 7 * 24 * 3_600_000,
  /** A post that the person writes here. */
  postChars: 10_000,
  /** People with an account on one place. A place stays small by design: not a setting. */
  peoplePerPlace: 150,
  /** Places in one host. Beyond, run another host under another name. */
  placesPerHost: 500,
} as const;
