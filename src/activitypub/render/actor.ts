import { fullHandle, type Person } from '../../model/account.ts';
import type { Addresses } from '../../model/place.ts';
import { renderMultikey } from '../signature/keys.ts';
import { actorContext, type Document, isoTime } from './contexts.ts';

/**
 * The document of a person here: everything a peer needs to show, follow and verify them.
 * The RSA key is what all peers know (`publicKey`); the Ed25519 key follows FEP-521a. `webfinger` is FEP-2c59.
 * @param place.domain the domain of the place's handles.
 */
export function renderActor(person: Person, place: { addresses: Addresses; domain: string }): Document {
  const { account, keys } = person;
  const { addresses } = place;
  const id = addresses.actor(account.id);
  return {
    '@context': actorContext,
    id,
    type: account.kind,
    preferredUsername: account.handle,
    webfinger: fullHandle(account, place.domain),
    name: account.displayName || account.handle,
    summary: account.bioHtml,
    url: addresses.profile(account.handle),
    inbox: addresses.inbox(account.id),
    outbox: addresses.outbox(account.id),
    followers: addresses.followers(account.id),
    following: addresses.following(account.id),
    featured: addresses.featured(account.id),
    endpoints: { sharedInbox: addresses.sharedInbox() },
    manuallyApprovesFollowers: account.locked,
    discoverable: account.discoverable,
    // Whether posts may be searched elsewhere: the same wish, so the same answer.
    indexable: account.discoverable,
    published: isoTime(account.createdAtMs),
    icon: renderImage(account.avatarUrl),
    image: renderImage(account.headerUrl),
    attachment: account.fields.map(({ name, valueHtml }) => ({ type: 'PropertyValue', name, value: valueHtml })),
    alsoKnownAs: account.alsoKnownAs.length > 0 ? account.alsoKnownAs : undefined,
    movedTo: account.movedTo ?? undefined,
    publicKey: { id: addresses.mainKey(account.id), owner: id, publicKeyPem: keys.rsaPublic },
    assertionMethod: [
      {
        id: addresses.ed25519Key(account.id),
        type: 'Multikey',
        controller: id,
        publicKeyMultibase: renderMultikey(keys.ed25519Public),
      },
    ],
  };
}

const imageTypes: Record<string, string | undefined> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
};

function renderImage(url: string | null): Document | undefined {
  if (url === null) return undefined;
  const ending = /\.([a-z]{3,4})$/i.exec(new URL(url).pathname)?.[1]?.toLowerCase() ?? '';
  return { type: 'Image', mediaType: imageTypes[ending], url };
}
