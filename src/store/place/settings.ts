import type { Kysely } from 'kysely';

interface SettingsTable {
  settings: { key: string; value: string };
}

/** Small facts of a place or host: its domain, the hash of its one-time link. */
export function settingsStore<Tables extends SettingsTable>(tables: Kysely<Tables>) {
  const db = tables as unknown as Kysely<SettingsTable>;
  return {
    async find(key: string): Promise<string | undefined> {
      return (await db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst())?.value;
    },
    async set(key: string, value: string): Promise<void> {
      await db
        .insertInto('settings')
        .values({ key, value })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
        .execute();
    },
    async remove(key: string): Promise<void> {
      await db.deleteFrom('settings').where('key', '=', key).execute();
    },
  };
}
export type SettingsStore = ReturnType<typeof settingsStore>;
