import { CanariError } from '../base/errors.ts';
import { failed, ok, type Result } from '../base/result.ts';
import type { Person } from '../model/account.ts';
import type { AccountId } from '../model/ids.ts';
import type { OpenPlace } from '../outgoing/open-place.ts';
import { checkPassphrase, hashPassphrase, hashSecret, isPassphrase, newSecret } from './passphrase.ts';

/** A signed-in browser stays so for 30 days. */
export const sessionLifeMs = 30 * 24 * 3_600_000;

/** Compared with when the name is unknown, so that the time of the answer tells nothing. */
const nobodysHash = hashPassphrase(newSecret());

/**
 * Signs in with name and passphrase. How often one may try is the caller's matter (per address and per name).
 * @returns the session's secret for the cookie; `CANARI_SIGN_IN_WRONG` for an unknown name and a wrong passphrase alike.
 */
export async function signIn(
  place: OpenPlace,
  given: { handle: string; passphrase: string },
): Promise<Result<{ token: string; person: Person }, CanariError>> {
  const handle = given.handle.trim().replace(/^@/, '').split('@')[0]!;
  const person = await place.store.people.findByHandle(handle);
  const hash = person ? await place.store.people.passphraseHash(person.account.id) : undefined;
  const right = await isPassphrase(given.passphrase, hash ?? (await nobodysHash));
  if (!person || !hash || !right) {
    return failed(
      new CanariError('CANARI_SIGN_IN_WRONG', 'Name and passphrase do not belong together.', {
        status: 401,
        hint: 'Capital letters count. A recovery code lets you choose a new passphrase.',
      }),
    );
  }
  return ok({ token: await openSession(place, person.account.id), person });
}

/** Opens a session for somebody who has just proved who they are. @returns the secret for the cookie. */
export async function openSession(place: OpenPlace, personId: AccountId): Promise<string> {
  const token = newSecret();
  const now = place.clock.now();
  await place.store.sessions.add({
    tokenHash: hashSecret(token),
    personId,
    createdAtMs: now,
    expiresAtMs: now + sessionLifeMs,
  });
  return token;
}

/** The person behind a session's secret. */
export async function findSession(place: OpenPlace, token: string): Promise<Person | undefined> {
  const session = await place.store.sessions.find(hashSecret(token), place.clock.now());
  return session && place.store.people.find(session.personId);
}

export async function signOut(place: OpenPlace, token: string): Promise<void> {
  await place.store.sessions.remove(hashSecret(token));
}

/** Chooses a new passphrase; every signed-in browser and app has to sign in again. */
export async function changePassphrase(
  place: OpenPlace,
  personId: AccountId,
  passphrase: string,
): Promise<Result<void, CanariError>> {
  const wrong = checkPassphrase(passphrase);
  if (wrong) return failed(wrong);
  const hash = await hashPassphrase(passphrase);
  await place.store.transaction(async (tx) => {
    await tx.people.setPassphraseHash(personId, hash);
    await tx.sessions.removeAllOf(personId);
    await tx.apps.revokeAllOf(personId);
  });
  return ok(undefined);
}

/** A recovery code and a new passphrase instead of the forgotten one. A code works once; a wrong passphrase does not use it up. */
export async function recover(
  place: OpenPlace,
  given: { handle: string; code: string; passphrase: string },
): Promise<Result<{ token: string; person: Person }, CanariError>> {
  const wrong = checkPassphrase(given.passphrase);
  if (wrong) return failed(wrong);
  const person = await place.store.people.findByHandle(given.handle.trim().replace(/^@/, '').split('@')[0]!);
  const code = given.code.trim().toLowerCase().replace(/\s+/g, '');
  const used =
    person && (await place.store.people.useRecoveryCode(person.account.id, hashSecret(code), place.clock.now()));
  if (!person || !used) {
    return failed(
      new CanariError('CANARI_CODE_WRONG', 'Name and code do not belong together, or the code was used before.', {
        status: 401,
        hint: 'Each code works once. The operator of the host can set a passphrase too: canari passphrase NAME',
      }),
    );
  }
  const changed = await changePassphrase(place, person.account.id, given.passphrase);
  if (!changed.ok) return changed;
  return ok({ token: await openSession(place, person.account.id), person });
}
