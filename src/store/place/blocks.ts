import { type Kysely, sql } from 'kysely';
import type { AccountId } from '../../model/ids.ts';
import { accountsStore } from './accounts.ts';
import type { AccountPage } from './follows.ts';
import { inOrder, type PageRequest, paged } from './page.ts';
import type { PlaceTables } from './tables.ts';

/** Blocks (both ways, also those that others told us of) and mutes (ours alone, told to nobody). */
export function blocksStore(db: Kysely<PlaceTables>) {
  async function pageOf(
    table: 'blocks' | 'mutes',
    id: AccountId,
    page: PageRequest,
    nowMs?: number,
  ): Promise<AccountPage> {
    let query = db
      .selectFrom(table)
      .select([`${table}.id`, 'target_id'])
      .where('account_id', '=', id);
    if (nowMs !== undefined) query = query.where(sql<boolean>`(expires_at is null or expires_at > ${nowMs})`);
    const rows = inOrder(await paged(query, `${table}.id`, page).execute(), page);
    const accounts = await accountsStore(db).loadMany(rows.map((row) => row.target_id));
    return rows.map((row) => ({ cursor: row.id, account: accounts.get(row.target_id)! }));
  }
  return {
    async add(block: {
      id: string;
      accountId: AccountId;
      targetId: AccountId;
      uri: string | null;
      createdAtMs: number;
    }) {
      await db
        .insertInto('blocks')
        .values({
          id: block.id,
          account_id: block.accountId,
          target_id: block.targetId,
          uri: block.uri,
          created_at: block.createdAtMs,
        })
        .onConflict((conflict) => conflict.columns(['account_id', 'target_id']).doNothing())
        .execute();
    },
    /** @returns the uri of the block that was there, null when it had none, undefined when there was no block. */
    async remove(accountId: AccountId, targetId: AccountId): Promise<string | null | undefined> {
      const row = await db
        .deleteFrom('blocks')
        .where('account_id', '=', accountId)
        .where('target_id', '=', targetId)
        .returning('uri')
        .executeTakeFirst();
      return row?.uri;
    },
    async has(accountId: AccountId, targetId: AccountId): Promise<boolean> {
      const row = await db
        .selectFrom('blocks')
        .select('id')
        .where('account_id', '=', accountId)
        .where('target_id', '=', targetId)
        .executeTakeFirst();
      return row !== undefined;
    },
    /** A block in either direction. */
    async between(a: AccountId, b: AccountId): Promise<boolean> {
      const row = await db
        .selectFrom('blocks')
        .select('id')
        .where((or) =>
          or.or([
            or.and([or('account_id', '=', a), or('target_id', '=', b)]),
            or.and([or('account_id', '=', b), or('target_id', '=', a)]),
          ]),
        )
        .executeTakeFirst();
      return row !== undefined;
    },
    /** People of this place who have blocked the account. */
    async localBlockersOf(targetId: AccountId): Promise<AccountId[]> {
      const rows = await db
        .selectFrom('blocks')
        .innerJoin('people', 'people.account_id', 'blocks.account_id')
        .select('blocks.account_id')
        .where('target_id', '=', targetId)
        .execute();
      return rows.map((row) => row.account_id);
    },
    page: (id: AccountId, page: PageRequest) => pageOf('blocks', id, page),

    async mute(mute: {
      id: string;
      accountId: AccountId;
      targetId: AccountId;
      mutesNotifications: boolean;
      expiresAtMs: number | null;
      createdAtMs: number;
    }) {
      const row = {
        id: mute.id,
        account_id: mute.accountId,
        target_id: mute.targetId,
        mutes_notifications: mute.mutesNotifications,
        expires_at: mute.expiresAtMs,
        created_at: mute.createdAtMs,
      };
      await db
        .insertInto('mutes')
        .values(row)
        .onConflict((conflict) =>
          conflict
            .columns(['account_id', 'target_id'])
            .doUpdateSet({ mutes_notifications: row.mutes_notifications, expires_at: row.expires_at }),
        )
        .execute();
    },
    async unmute(accountId: AccountId, targetId: AccountId): Promise<void> {
      await db.deleteFrom('mutes').where('account_id', '=', accountId).where('target_id', '=', targetId).execute();
    },
    /** Without mutes that ran out. */
    mutePage: (id: AccountId, page: PageRequest, nowMs: number) => pageOf('mutes', id, page, nowMs),
    /** Whether notifications of `targetId` stay silent for the person. */
    async silences(accountId: AccountId, targetId: AccountId, nowMs: number): Promise<boolean> {
      const row = await db
        .selectFrom('mutes')
        .select('id')
        .where('account_id', '=', accountId)
        .where('target_id', '=', targetId)
        .where('mutes_notifications', '=', 1)
        .where((or) => or.or([or('expires_at', 'is', null), or('expires_at', '>', nowMs)]))
        .executeTakeFirst();
      return row !== undefined;
    },
  };
}
export type BlocksStore = ReturnType<typeof blocksStore>;
