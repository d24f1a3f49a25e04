import { CanariError } from '../base/errors.ts';
import { failed, ok, type Result } from '../base/result.ts';
import type { Person } from '../model/account.ts';
import type { Audience } from '../model/post.ts';
import type { Reach } from '../model/reach.ts';
import { updatePersonActivity } from '../outgoing/activities.ts';
import { readWords } from '../outgoing/compose.ts';
import { followersTargets } from '../outgoing/fan-out.ts';
import type { OpenPlace } from '../outgoing/open-place.ts';
import { publish } from '../outgoing/publish.ts';

/** Bounds of a profile; Mastodon's are 30, 500 and 4 fields of 255, most clients show ours well. */
export const profileLimits = { displayNameChars: 100, bioChars: 2_000, fields: 8, fieldChars: 255 } as const;

/** What is left out stays as it is. */
export interface ProfileChanges {
  readonly displayName?: string | undefined;
  readonly bioText?: string | undefined;
  readonly locked?: boolean | undefined;
  readonly discoverable?: boolean | undefined;
  readonly fields?: readonly { name: string; value: string }[] | undefined;
  readonly language?: 'en' | 'fr' | undefined;
  readonly defaultAudience?: Audience | undefined;
  readonly defaultSensitive?: boolean | undefined;
  readonly showsFollows?: boolean | undefined;
  /** Null: as the number of followers' servers suggests. */
  readonly defaultReach?: Reach | null | undefined;
}

/** Changes one's profile and settings; what others see of it is sent to all followers' servers. Fails with `CANARI_PROFILE_TOO_LONG`. */
export async function updateProfile(
  place: OpenPlace,
  person: Person,
  changes: ProfileChanges,
): Promise<Result<Person, CanariError>> {
  const wrong = checkProfile(changes);
  if (wrong) return failed(wrong);
  const id = person.account.id;
  const bio = changes.bioText === undefined ? undefined : await readWords(place, changes.bioText);
  const fields = changes.fields && (await renderFields(place, changes.fields));
  const updated = await place.store.transaction(async (tx) => {
    await tx.people.update(id, changes);
    await tx.accounts.update(id, {
      ...(changes.displayName !== undefined && { displayName: changes.displayName.trim() || person.account.handle }),
      ...(bio && { bioHtml: bio.html }),
      ...(changes.locked !== undefined && { locked: changes.locked }),
      ...(changes.discoverable !== undefined && { discoverable: changes.discoverable }),
      ...(fields && { fields }),
    });
    const after = (await tx.people.find(id))!;
    if (isPublicChange(changes)) {
      await publish(place, tx, {
        ...updatePersonActivity(place, after, place.clock.now()),
        targets: await followersTargets(tx, id),
        supersedes: { cancel: 'updates' },
      });
    }
    return after;
  });
  place.live.tell([{ kind: 'account', accountId: id }]);
  place.wake();
  return ok(updated);
}

const isPublicChange = (changes: ProfileChanges) =>
  [changes.displayName, changes.bioText, changes.locked, changes.discoverable, changes.fields].some(
    (value) => value !== undefined,
  );

async function renderFields(place: OpenPlace, fields: readonly { name: string; value: string }[]) {
  const kept = fields.filter(({ name, value }) => name.trim() !== '' && value.trim() !== '');
  return Promise.all(
    kept.map(async ({ name, value }) => {
      const { html } = await readWords(place, value);
      // One line: the paragraph around it would break the table of fields elsewhere.
      return { name: name.trim(), valueHtml: html.replace(/^<p>|<\/p>$/g, '') };
    }),
  );
}

function checkProfile(changes: ProfileChanges): CanariError | undefined {
  const long = (what: string, limit: number) =>
    new CanariError('CANARI_PROFILE_TOO_LONG', `${what}: at most ${limit}.`, { values: { what, limit } });
  const chars = (text: string | undefined) => [...(text ?? '')].length;
  if (chars(changes.displayName) > profileLimits.displayNameChars)
    return long('display name', profileLimits.displayNameChars);
  if (chars(changes.bioText) > profileLimits.bioChars) return long('bio', profileLimits.bioChars);
  if ((changes.fields?.length ?? 0) > profileLimits.fields) return long('fields', profileLimits.fields);
  if (
    changes.fields?.some(
      ({ name, value }) => chars(name) > profileLimits.fieldChars || chars(value) > profileLimits.fieldChars,
    )
  ) {
    return long('field', profileLimits.fieldChars);
  }
  return undefined;
}
