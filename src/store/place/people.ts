import type { Kysely } from 'kysely';
import type { Account, Person, PersonKeys } from '../../model/account.ts';
import type { AccountId } from '../../model/ids.ts';
import type { Audience } from '../../model/post.ts';
import type { Reach } from '../../model/reach.ts';
import { toAccount, toPerson } from './rows.ts';
import type { PlaceTables } from './tables.ts';

/** What a person can change of what is theirs alone; the public part is in `accounts`. */
export interface PersonChanges {
  readonly bioText?: string | undefined;
  readonly language?: 'en' | 'fr' | undefined;
  readonly defaultAudience?: Audience | undefined;
  readonly defaultSensitive?: boolean | undefined;
  readonly showsFollows?: boolean | undefined;
  /** Null: as the number of followers' servers suggests. */
  readonly defaultReach?: Reach | null | undefined;
}

/** Those with an account on this place. */
export function peopleStore(db: Kysely<PlaceTables>) {
  const withAccount = async (row: Parameters<typeof toPerson>[0] | undefined): Promise<Person | undefined> => {
    if (!row) return undefined;
    const account = await db
      .selectFrom('accounts')
      .selectAll()
      .where('id', '=', row.account_id)
      .executeTakeFirstOrThrow();
    return toPerson(row, toAccount(account));
  };
  const find = async (id: AccountId) =>
    withAccount(await db.selectFrom('people').selectAll().where('account_id', '=', id).executeTakeFirst());
  return {
    find,
    async findByHandle(handle: string): Promise<Person | undefined> {
      const row = await db
        .selectFrom('accounts')
        .select('id')
        .where('handle', '=', handle)
        .where('domain', 'is', null)
        .executeTakeFirst();
      return row && find(row.id);
    },
    /** All of them, in order of arrival: never more than `limits.peoplePerPlace`. */
    async all(): Promise<Person[]> {
      const rows = await db.selectFrom('people').selectAll().orderBy('account_id').execute();
      return Promise.all(rows.map(async (row) => (await withAccount(row))!));
    },
    async count(): Promise<number> {
      const { n } = await db
        .selectFrom('people')
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      return n;
    },
    async add(account: Account, passphraseHash: string, keys: PersonKeys, language: 'en' | 'fr'): Promise<void> {
      await db
        .insertInto('people')
        .values({
          account_id: account.id,
          passphrase_hash: passphraseHash,
          language,
          private_key_rsa: keys.rsaPrivate,
          public_key_rsa: keys.rsaPublic,
          private_key_ed25519: keys.ed25519Private,
          public_key_ed25519: keys.ed25519Public,
          created_at: account.createdAtMs,
        })
        .execute();
    },
    async update(id: AccountId, changes: PersonChanges): Promise<void> {
      const row = {
        bio_text: changes.bioText,
        language: changes.language,
        default_audience: changes.defaultAudience,
        default_sensitive: changes.defaultSensitive,
        shows_follows: changes.showsFollows,
        default_reach: changes.defaultReach,
      };
      const set = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
      if (Object.keys(set).length > 0) await db.updateTable('people').set(set).where('account_id', '=', id).execute();
    },
    async passphraseHash(id: AccountId): Promise<string | undefined> {
      const row = await db
        .selectFrom('people')
        .select('passphrase_hash')
        .where('account_id', '=', id)
        .executeTakeFirst();
      return row?.passphrase_hash;
    },
    async setPassphraseHash(id: AccountId, hash: string): Promise<void> {
      await db.updateTable('people').set({ passphrase_hash: hash }).where('account_id', '=', id).execute();
    },
    /** Up to which notification the person has looked; undefined when never. */
    async notificationsSeen(id: AccountId): Promise<string | undefined> {
      const row = await db
        .selectFrom('people')
        .select('notifications_seen_id')
        .where('account_id', '=', id)
        .executeTakeFirst();
      return row?.notifications_seen_id ?? undefined;
    },
    async setNotificationsSeen(id: AccountId, notificationId: string): Promise<void> {
      await db
        .updateTable('people')
        .set({ notifications_seen_id: notificationId })
        .where('account_id', '=', id)
        .execute();
    },
    /** Replaces all recovery codes. */
    async setRecoveryCodes(id: AccountId, hashes: readonly string[]): Promise<void> {
      await db.deleteFrom('recovery_codes').where('person_id', '=', id).execute();
      await db
        .insertInto('recovery_codes')
        .values(hashes.map((code_hash) => ({ person_id: id, code_hash, used_at: null })))
        .execute();
    },
    /** Marks a code as used; false when there is none such or it was used before. */
    async useRecoveryCode(id: AccountId, hash: string, atMs: number): Promise<boolean> {
      const done = await db
        .updateTable('recovery_codes')
        .set({ used_at: atMs })
        .where('person_id', '=', id)
        .where('code_hash', '=', hash)
        .where('used_at', 'is', null)
        .executeTakeFirst();
      return done.numUpdatedRows === 1n;
    },
  };
}
export type PeopleStore = ReturnType<typeof peopleStore>;
