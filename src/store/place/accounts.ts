import { type Insertable, type Kysely, sql } from 'kysely';
import type { Account, AccountKind, Emoji, ProfileField } from '../../model/account.ts';
import type { AccountId } from '../../model/ids.ts';
import { toAccount } from './rows.ts';
import type { PlaceTables } from './tables.ts';

/** What is written of an account; what is left out of an update stays. */
export interface NewAccount {
  readonly id: AccountId;
  readonly uri: string;
  readonly handle: string;
  readonly domain: string | null;
  readonly kind?: AccountKind;
  readonly displayName?: string;
  readonly bioHtml?: string;
  readonly url?: string | null;
  readonly avatarUrl?: string | null;
  readonly headerUrl?: string | null;
  readonly inboxUrl?: string | null;
  readonly sharedInboxUrl?: string | null;
  readonly outboxUrl?: string | null;
  readonly followersUrl?: string | null;
  readonly featuredUrl?: string | null;
  readonly locked?: boolean;
  readonly discoverable?: boolean;
  readonly fields?: readonly ProfileField[];
  readonly emojis?: readonly Emoji[];
  readonly alsoKnownAs?: readonly string[];
  readonly movedTo?: string | null;
  /** Counts as the origin tells them; for the people here they are kept by the place itself. */
  readonly followersCount?: number;
  readonly followingCount?: number;
  readonly postsCount?: number;
  readonly createdAtMs: number;
  readonly fetchedAtMs?: number | null;
}

const json = (value: readonly unknown[] | undefined) => (value === undefined ? undefined : JSON.stringify(value));
const flag = (value: boolean | undefined) => (value === undefined ? undefined : value ? 1 : 0);

function toRow(account: Partial<NewAccount>) {
  const row = {
    id: account.id,
    uri: account.uri,
    handle: account.handle,
    domain: account.domain,
    kind: account.kind,
    display_name: account.displayName,
    bio_html: account.bioHtml,
    url: account.url,
    avatar_url: account.avatarUrl,
    header_url: account.headerUrl,
    inbox_url: account.inboxUrl,
    shared_inbox_url: account.sharedInboxUrl,
    outbox_url: account.outboxUrl,
    followers_url: account.followersUrl,
    featured_url: account.featuredUrl,
    locked: flag(account.locked),
    discoverable: flag(account.discoverable),
    fields: json(account.fields),
    emojis: json(account.emojis),
    also_known_as: json(account.alsoKnownAs),
    moved_to: account.movedTo,
    followers_count: account.followersCount,
    following_count: account.followingCount,
    posts_count: account.postsCount,
    created_at: account.createdAtMs,
    fetched_at: account.fetchedAtMs,
  };
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
}

/** Everyone who can author, here and elsewhere. */
export function accountsStore(db: Kysely<PlaceTables>) {
  const first = async (query: { executeTakeFirst(): Promise<Parameters<typeof toAccount>[0] | undefined> }) => {
    const row = await query.executeTakeFirst();
    return row && toAccount(row);
  };
  const all = () => db.selectFrom('accounts').selectAll();
  return {
    find: (id: AccountId) => first(all().where('id', '=', id)),
    findByUri: (uri: string) => first(all().where('uri', '=', uri)),
    /** By the address of the page for people. */
    findByUrl: (url: string) => first(all().where('url', '=', url)),
    /** `domain` null: a person here. Letters' case does not matter. */
    findByHandle: (handle: string, domain: string | null) =>
      first(
        all()
          .where('handle', '=', handle)
          .where(sql<string>`coalesce(domain, '')`, '=', domain ?? ''),
      ),
    /** Those whose own inbox it is. */
    async loadByInbox(inboxUrl: string): Promise<Account[]> {
      return (await all().where('inbox_url', '=', inboxUrl).where('domain', 'is not', null).execute()).map(toAccount);
    },
    /** A shared inbox that is closed: its people are reached one by one. */
    async forgetSharedInbox(inboxUrl: string): Promise<void> {
      await db
        .updateTable('accounts')
        .set({ shared_inbox_url: null })
        .where('shared_inbox_url', '=', inboxUrl)
        .whereRef('inbox_url', '<>', 'shared_inbox_url')
        .execute();
    },
    async loadMany(ids: readonly AccountId[]): Promise<Map<AccountId, Account>> {
      if (ids.length === 0) return new Map();
      const rows = await all()
        .where('id', 'in', [...new Set(ids)])
        .execute();
      return new Map(rows.map((row) => [row.id, toAccount(row)]));
    },

    /**
     * Adds or renews by `uri`; the stored id and creation time stay. A handle that moved to another uri at its origin
     * (an account made anew) is taken from the old row, which keeps its posts under a name that cannot clash.
     */
    async save(account: NewAccount): Promise<Account> {
      const row = toRow(account) as Insertable<PlaceTables['accounts']>;
      await db
        .updateTable('accounts')
        .set({ handle: sql`handle || '.' || id` })
        .where('handle', '=', account.handle)
        .where(sql<string>`coalesce(domain, '')`, '=', account.domain ?? '')
        .where('uri', '<>', account.uri)
        .where('domain', 'is not', null)
        .execute();
      const { id: _id, created_at: _createdAt, ...renewed } = row;
      const saved = await db
        .insertInto('accounts')
        .values(row)
        // Read again at its origin, it is no longer gone.
        .onConflict((conflict) => conflict.column('uri').doUpdateSet({ ...renewed, gone_at: null }))
        .returningAll()
        .executeTakeFirstOrThrow();
      return toAccount(saved);
    },
    async update(id: AccountId, changes: Partial<Omit<NewAccount, 'id' | 'createdAtMs'>>): Promise<void> {
      const row = toRow(changes);
      if (Object.keys(row).length > 0) await db.updateTable('accounts').set(row).where('id', '=', id).execute();
    },
    async markGone(id: AccountId, atMs: number): Promise<void> {
      await db
        .updateTable('accounts')
        .set({ gone_at: atMs })
        .where('id', '=', id)
        .where('gone_at', 'is', null)
        .execute();
    },

    /** Counts followers, followed and posts anew from the rows; for the people here. */
    async refreshCounts(id: AccountId): Promise<void> {
      await sql`update accounts set
        followers_count = (select count(*) from follows where followee_id = ${id} and state = 'accepted'),
        following_count = (select count(*) from follows where follower_id = ${id} and state = 'accepted')
        where id = ${id} and domain is null`.execute(db);
    },

    /** By the start of a handle or of a word of the display name; people one follows or is followed by first. */
    async search(text: string, limit: number, viewerId: AccountId | null, offset = 0): Promise<Account[]> {
      const [handle = '', domain] = text.replace(/^@/, '').split('@');
      if (handle === '') return [];
      const like = `${handle.replace(/[\\%_]/g, '\\$&')}%`;
      let query = all().where('gone_at', 'is', null);
      if (domain !== undefined) {
        query = query
          .where(sql<boolean>`handle like ${like} escape '\\'`)
          .where(sql<boolean>`domain like ${`${domain.replace(/[\\%_]/g, '\\$&')}%`} escape '\\'`);
      } else {
        query = query.where(
          sql<boolean>`(handle like ${like} escape '\\' or display_name like ${like} escape '\\' or display_name like ${`% ${like}`} escape '\\')`,
        );
      }
      const rows = await query
        .orderBy(
          sql`exists (select 1 from follows where (follower_id = ${viewerId} and followee_id = accounts.id)
            or (followee_id = ${viewerId} and follower_id = accounts.id))`,
          'desc',
        )
        .orderBy('followers_count', 'desc')
        .orderBy('id')
        .limit(limit)
        .offset(offset)
        .execute();
      return rows.map(toAccount);
    },
  };
}
export type AccountsStore = ReturnType<typeof accountsStore>;
