import { randomInt } from 'node:crypto';
import { makeKeyPair } from '../activitypub/signature/keys.ts';
import { CanariError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { failed, ok, type Result } from '../base/result.ts';
import type { Person, PersonKeys } from '../model/account.ts';
import type { AccountId } from '../model/ids.ts';
import type { OpenPlace } from '../outgoing/open-place.ts';
import type { PlaceTransaction } from '../store/place/place-store.ts';
import { checkPassphrase, hashPassphrase, hashSecret, newSecret } from './passphrase.ts';

/** Names that would clash with addresses of the place itself, or pretend to be it. */
const reservedHandles = new Set([
  'inbox',
  'admin',
  'administrator',
  'root',
  'postmaster',
  'abuse',
  'webmaster',
  'hostmaster',
  'support',
]);

/** How many recovery codes a person gets; each works once. */
const recoveryCodes = 8;
/** The place's setting that holds the hash of its one-time link while nobody lives there. */
const linkSetting = 'start-link';

/** Why a name cannot be a handle; undefined when it can. Letters as Mastodon takes them, so that everybody can mention it. */
export function checkHandle(handle: string): CanariError | undefined {
  if (!/^[a-z0-9_]{1,30}$/i.test(handle)) {
    return new CanariError('CANARI_HANDLE_INVALID', 'A name has 1 to 30 letters a-z, digits or _.', {
      hint: 'Your display name may have anything.',
    });
  }
  if (reservedHandles.has(handle.toLowerCase())) {
    return new CanariError('CANARI_HANDLE_RESERVED', `"${handle}" is kept for the place itself.`, {
      hint: 'Choose another name.',
      values: { handle },
    });
  }
  return undefined;
}

export interface NewPerson {
  readonly handle: string;
  readonly displayName?: string | undefined;
  readonly passphrase: string;
  readonly language: 'en' | 'fr';
}

/**
 * Adds a person to the place, with keys that are made once.
 * Fails with `CANARI_HANDLE_…`, `CANARI_PASSPHRASE_…`, `CANARI_HANDLE_TAKEN`, `CANARI_PLACE_FULL`.
 * @returns the person and the recovery codes, which are shown once and stored as hashes.
 */
export async function addPerson(
  place: OpenPlace,
  wanted: NewPerson,
  mostPeople: number = limits.peoplePerPlace,
): Promise<Result<{ person: Person; codes: readonly string[] }, CanariError>> {
  const wrong = checkHandle(wanted.handle) ?? checkPassphrase(wanted.passphrase);
  if (wrong) return failed(wrong);
  const [hash, keys] = await Promise.all([hashPassphrase(wanted.passphrase), makePersonKeys()]);
  const codes = newRecoveryCodes();
  const added = await place.store.transaction(async (tx) => {
    if ((await tx.people.count()) >= mostPeople) return placeFull(mostPeople);
    if (await tx.accounts.findByHandle(wanted.handle, null)) return handleTaken(wanted.handle);
    const id = place.ids.next() as AccountId;
    await saveAccount(place, tx, id, wanted);
    const account = (await tx.accounts.find(id))!;
    await tx.people.add(account, hash, keys, wanted.language);
    await tx.people.setRecoveryCodes(id, codes.map(hashSecret));
    await tx.settings.remove(linkSetting);
    return id;
  });
  if (added instanceof CanariError) return failed(added);
  place.live.tell([{ kind: 'account', accountId: added }]);
  return ok({ person: (await place.store.people.find(added))!, codes });
}

/** RSA, which everyone verifies, and Ed25519 for proofs and the peers that know it. */
async function makePersonKeys(): Promise<PersonKeys> {
  const [rsa, ed25519] = await Promise.all([makeKeyPair('rsa'), makeKeyPair('ed25519')]);
  return {
    rsaPrivate: rsa.privatePem,
    rsaPublic: rsa.publicPem,
    ed25519Private: ed25519.privatePem,
    ed25519Public: ed25519.publicPem,
  };
}

async function saveAccount(place: OpenPlace, tx: PlaceTransaction, id: AccountId, wanted: NewPerson) {
  const { addresses } = place;
  await tx.accounts.save({
    id,
    uri: addresses.actor(id),
    handle: wanted.handle.toLowerCase(),
    domain: null,
    displayName: wanted.displayName?.trim().slice(0, 100) || wanted.handle,
    url: addresses.profile(wanted.handle.toLowerCase()),
    inboxUrl: addresses.inbox(id),
    sharedInboxUrl: addresses.sharedInbox(),
    outboxUrl: addresses.outbox(id),
    followersUrl: addresses.followers(id),
    featuredUrl: addresses.featured(id),
    discoverable: true,
    createdAtMs: place.clock.now(),
  });
}

const placeFull = (most: number) =>
  new CanariError(
    'CANARI_PLACE_FULL',
    `This place has room for ${most === 1 ? 'one person' : `${most} people`}, and is full.`,
    {
      status: 403,
      hint: 'A place stays small. Start another one on a domain of its own.',
      values: { most },
    },
  );
const handleTaken = (handle: string) =>
  new CanariError('CANARI_HANDLE_TAKEN', `@${handle} is taken here.`, {
    hint: 'Choose another name.',
    values: { handle },
  });

/** Ten letters and digits in two groups, without those that look alike: 49 bits, and each try costs a pause. */
function newRecoveryCodes(): string[] {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
  const group = () => Array.from({ length: 5 }, () => alphabet[randomInt(alphabet.length)]).join('');
  return Array.from({ length: recoveryCodes }, () => `${group()}-${group()}`);
}

/** Makes new codes in place of all earlier ones. */
export async function renewRecoveryCodes(place: OpenPlace, personId: AccountId): Promise<readonly string[]> {
  const codes = newRecoveryCodes();
  await place.store.transaction((tx) => tx.people.setRecoveryCodes(personId, codes.map(hashSecret)));
  return codes;
}

/** A fresh one-time key for the page where the owner chooses name and passphrase; undefined when somebody lives here already. */
export async function newStartKey(place: OpenPlace): Promise<string | undefined> {
  if ((await place.store.people.count()) > 0) return undefined;
  const key = newSecret();
  await place.store.settings.set(linkSetting, hashSecret(key));
  return key;
}

/** Whether the key of a one-time link is the last one made, and nobody has used it. */
export async function isStartKey(place: OpenPlace, key: string): Promise<boolean> {
  const hash = await place.store.settings.find(linkSetting);
  return hash !== undefined && hash === hashSecret(key) && (await place.store.people.count()) === 0;
}
