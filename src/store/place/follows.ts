import { type Kysely, sql } from 'kysely';
import type { Account } from '../../model/account.ts';
import type { AccountId, FollowId } from '../../model/ids.ts';
import { accountsStore } from './accounts.ts';
import { inOrder, type PageRequest, paged } from './page.ts';
import type { PlaceTables } from './tables.ts';

export interface Follow {
  readonly id: FollowId;
  readonly followerId: AccountId;
  readonly followeeId: AccountId;
  readonly state: 'requested' | 'accepted';
  /** The id of the Follow activity, when one was sent or received. */
  readonly uri: string | null;
  readonly showsBoosts: boolean;
  readonly createdAtMs: number;
}

/** One inbox address and how many followers it stands for. */
export interface FollowerInbox {
  readonly inboxUrl: string;
  readonly followers: number;
}

/** A page of accounts; `cursor` is the follow's id. */
export type AccountPage = readonly { readonly cursor: string; readonly account: Account }[];

/** Who follows whom, requests included. */
export function followsStore(db: Kysely<PlaceTables>) {
  const toFollow = (row: {
    id: FollowId;
    follower_id: AccountId;
    followee_id: AccountId;
    state: 'requested' | 'accepted';
    uri: string | null;
    shows_boosts: number;
    created_at: number;
  }): Follow => ({
    id: row.id,
    followerId: row.follower_id,
    followeeId: row.followee_id,
    state: row.state,
    uri: row.uri,
    showsBoosts: row.shows_boosts === 1,
    createdAtMs: row.created_at,
  });
  const refresh = async (...ids: AccountId[]) => {
    for (const id of ids) await accountsStore(db).refreshCounts(id);
  };
  async function pageOf(
    side: 'follower_id' | 'followee_id',
    other: 'follower_id' | 'followee_id',
    id: AccountId,
    state: Follow['state'],
    page: PageRequest,
  ): Promise<AccountPage> {
    const query = db
      .selectFrom('follows')
      .select(['follows.id', other])
      .where(side, '=', id)
      .where('state', '=', state);
    const rows = inOrder(await paged(query, 'follows.id', page).execute(), page);
    const accounts = await accountsStore(db).loadMany(rows.map((row) => row[other]!));
    return rows.map((row) => ({ cursor: row.id, account: accounts.get(row[other]!)! }));
  }

  return {
    async find(followerId: AccountId, followeeId: AccountId): Promise<Follow | undefined> {
      const row = await db
        .selectFrom('follows')
        .selectAll()
        .where('follower_id', '=', followerId)
        .where('followee_id', '=', followeeId)
        .executeTakeFirst();
      return row && toFollow(row);
    },
    async findByUri(uri: string): Promise<Follow | undefined> {
      const row = await db.selectFrom('follows').selectAll().where('uri', '=', uri).executeTakeFirst();
      return row && toFollow(row);
    },
    /** Adds, or renews uri, state and boosts of the same pair. */
    async save(follow: Follow): Promise<void> {
      const row = {
        id: follow.id,
        follower_id: follow.followerId,
        followee_id: follow.followeeId,
        state: follow.state,
        uri: follow.uri,
        shows_boosts: follow.showsBoosts,
        created_at: follow.createdAtMs,
      };
      await db
        .insertInto('follows')
        .values(row)
        .onConflict((conflict) =>
          conflict
            .columns(['follower_id', 'followee_id'])
            .doUpdateSet({ state: row.state, uri: row.uri, shows_boosts: row.shows_boosts }),
        )
        .execute();
      await refresh(follow.followerId, follow.followeeId);
    },
    /** A request becomes a follow; false when there was no request. */
    async accept(followerId: AccountId, followeeId: AccountId): Promise<boolean> {
      const done = await db
        .updateTable('follows')
        .set({ state: 'accepted' })
        .where('follower_id', '=', followerId)
        .where('followee_id', '=', followeeId)
        .where('state', '=', 'requested')
        .executeTakeFirst();
      await refresh(followerId, followeeId);
      return done.numUpdatedRows > 0n;
    },
    /** @returns the follow that was there. */
    async remove(followerId: AccountId, followeeId: AccountId): Promise<Follow | undefined> {
      const row = await db
        .deleteFrom('follows')
        .where('follower_id', '=', followerId)
        .where('followee_id', '=', followeeId)
        .returningAll()
        .executeTakeFirst();
      await refresh(followerId, followeeId);
      return row && toFollow(row);
    },
    /** Everything of an account that is gone. */
    async removeAllOf(id: AccountId): Promise<void> {
      const rows = await db
        .deleteFrom('follows')
        .where((or) => or.or([or('follower_id', '=', id), or('followee_id', '=', id)]))
        .returning(['follower_id', 'followee_id'])
        .execute();
      await refresh(...new Set(rows.flatMap((row) => [row.follower_id, row.followee_id])));
    },
    followers: (id: AccountId, page: PageRequest) => pageOf('followee_id', 'follower_id', id, 'accepted', page),
    following: (id: AccountId, page: PageRequest) => pageOf('follower_id', 'followee_id', id, 'accepted', page),
    /** Those who wait for a yes. */
    requests: (id: AccountId, page: PageRequest) => pageOf('followee_id', 'follower_id', id, 'requested', page),

    /**
     * Where the followers of a person live: one line per shared inbox, with the number of followers behind it. A server on which the person
     * has blocked somebody still gets its followers' own inboxes for posts that not everyone may see (THREATS 55): `withoutShared`.
     */
    async inboxesOfFollowers(
      id: AccountId,
      options: { withoutShared: 'never' | 'where-blocked' },
    ): Promise<FollowerInbox[]> {
      const blockedHosts = sql`select distinct a.domain from blocks b join accounts a on a.id = b.target_id
        where b.account_id = ${id} and a.domain is not null`;
      const shared = options.withoutShared === 'never' ? sql`1` : sql`(a.domain not in (${blockedHosts}))`;
      const { rows } = await sql<{ inboxUrl: string; followers: number }>`
        select case when ${shared} then coalesce(a.shared_inbox_url, a.inbox_url) else a.inbox_url end as "inboxUrl", count(*) as followers
        from follows f join accounts a on a.id = f.follower_id
        where f.followee_id = ${id} and f.state = 'accepted' and a.domain is not null and a.inbox_url is not null and a.gone_at is null
        group by 1 order by followers desc`.execute(db);
      return rows;
    },
    /** Where the followers of all people of this place live, largest first, for the overview of destinations. */
    async inboxesOfAll(): Promise<FollowerInbox[]> {
      const { rows } = await sql<FollowerInbox>`
        select coalesce(a.shared_inbox_url, a.inbox_url) as "inboxUrl", count(*) as followers
        from follows f join people p on p.account_id = f.followee_id join accounts a on a.id = f.follower_id
        where f.state = 'accepted' and a.domain is not null and a.inbox_url is not null and a.gone_at is null
        group by 1 order by followers desc`.execute(db);
      return rows;
    },
    /** People of this place who follow an account, for their homes. */
    async localFollowers(id: AccountId, options: { ofBoosts?: boolean } = {}): Promise<AccountId[]> {
      let query = db
        .selectFrom('follows')
        .innerJoin('people', 'people.account_id', 'follows.follower_id')
        .select('follower_id')
        .where('followee_id', '=', id)
        .where('state', '=', 'accepted');
      if (options.ofBoosts) query = query.where('shows_boosts', '=', 1);
      return (await query.execute()).map((row) => row.follower_id);
    },
    async countRequests(id: AccountId): Promise<number> {
      const { n } = await db
        .selectFrom('follows')
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .where('followee_id', '=', id)
        .where('state', '=', 'requested')
        .executeTakeFirstOrThrow();
      return n;
    },
  };
}
export type FollowsStore = ReturnType<typeof followsStore>;
