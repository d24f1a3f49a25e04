/** Names of the wire, in one place. */

export const activityStreams = 'https://www.w3.org/ns/activitystreams';
/** The address that means everyone. Peers also write `as:Public` and `Public`; we write this one. */
export const everyone = `${activityStreams}#Public`;

export const activityJson = 'application/activity+json';

/** A document of the wire before it becomes text; what is `undefined` is left out. */
export type Document = { readonly [key: string]: unknown };

/**
 * Terms that our posts use beyond ActivityStreams. Defined inline and not by address: a peer that reads JSON-LD need not fetch anything
 * to understand us.
 */
const postTerms = {
  toot: 'http://joinmastodon.org/ns#',
  ostatus: 'http://ostatus.org#',
  Hashtag: 'as:Hashtag',
  sensitive: 'as:sensitive',
  conversation: 'ostatus:conversation',
  Emoji: 'toot:Emoji',
  blurhash: 'toot:blurhash',
  focalPoint: { '@id': 'toot:focalPoint', '@container': '@list' },
};

const actorTerms = {
  toot: 'http://joinmastodon.org/ns#',
  schema: 'http://schema.org#',
  manuallyApprovesFollowers: 'as:manuallyApprovesFollowers',
  alsoKnownAs: { '@id': 'as:alsoKnownAs', '@type': '@id' },
  movedTo: { '@id': 'as:movedTo', '@type': '@id' },
  PropertyValue: 'schema:PropertyValue',
  value: 'schema:value',
  discoverable: 'toot:discoverable',
  indexable: 'toot:indexable',
  featured: { '@id': 'toot:featured', '@type': '@id' },
  // FEP-2c59.
  webfinger: 'https://purl.archive.org/socialweb/webfinger#webfinger',
};

export const plainContext = activityStreams;
export const postContext = [activityStreams, postTerms];
/** The security contexts name `publicKey` and, for FEP-521a, `assertionMethod` and `Multikey`. */
export const actorContext = [
  activityStreams,
  'https://w3id.org/security/v1',
  'https://www.w3.org/ns/did/v1',
  'https://w3id.org/security/multikey/v1',
  actorTerms,
];

/** A time as the wire has it. */
export const isoTime = (atMs: number): string => new Date(atMs).toISOString();

/** The same document without its `@context`, for putting it inside another. */
export function withoutContext(document: Document): Document {
  const { '@context': _context, ...rest } = document;
  return rest;
}

/** The one way from a document to text. What is stored is what is sent and signed: nothing is written a second time from the parts. */
export const serialise = (document: Document): string => JSON.stringify(document);
