import { type Kysely, sql } from 'kysely';
import type { Account } from '../../model/account.ts';
import type { AccountId, NotificationId, PostId } from '../../model/ids.ts';
import type { NotificationKind, PostView } from '../../model/post.ts';
import { accountsStore } from './accounts.ts';
import { fillPage, type PageRequest, paged } from './page.ts';
import type { PlaceTables } from './tables.ts';
import { viewsStore } from './views.ts';
import { unblocked } from './visibility.ts';

export interface NotificationView {
  readonly id: NotificationId;
  readonly kind: NotificationKind;
  readonly account: Account;
  readonly post: PostView | null;
  readonly createdAtMs: number;
}

export interface NotificationPage extends PageRequest {
  readonly kinds?: readonly NotificationKind[];
  readonly excludeKinds?: readonly NotificationKind[];
  readonly accountId?: AccountId;
}

/** What a person is told of. One row per kind, account and post, however often it is sent. */
export function notificationsStore(db: Kysely<PlaceTables>) {
  async function toViews(
    personId: AccountId,
    rows: { id: NotificationId; kind: string; account_id: AccountId; post_id: PostId | null; created_at: number }[],
  ): Promise<NotificationView[]> {
    const accounts = await accountsStore(db).loadMany(rows.map((row) => row.account_id));
    const views = await viewsStore(db).load(
      rows.flatMap((row) => row.post_id ?? []),
      personId,
    );
    const posts = new Map(views.map((view) => [view.post.id, view]));
    return rows.flatMap((row) => {
      const post = row.post_id ? posts.get(row.post_id) : null;
      if (post === undefined) return [];
      const kind = row.kind as NotificationKind;
      return [{ id: row.id, kind, account: accounts.get(row.account_id)!, post, createdAtMs: row.created_at }];
    });
  }
  return {
    /** False when the person was told before. */
    async add(notification: {
      id: NotificationId;
      personId: AccountId;
      kind: NotificationKind;
      accountId: AccountId;
      postId: PostId | null;
      createdAtMs: number;
    }): Promise<boolean> {
      const row = await db
        .insertInto('notifications')
        .values({
          id: notification.id,
          person_id: notification.personId,
          kind: notification.kind,
          account_id: notification.accountId,
          post_id: notification.postId,
          created_at: notification.createdAtMs,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst();
      return row !== undefined;
    },
    async page(personId: AccountId, page: NotificationPage): Promise<NotificationView[]> {
      let query = db
        .selectFrom('notifications')
        .selectAll()
        .where('person_id', '=', personId)
        .where(unblocked(personId, sql`notifications.account_id`));
      if (page.kinds?.length) query = query.where('kind', 'in', [...page.kinds]);
      if (page.excludeKinds?.length) query = query.where('kind', 'not in', [...page.excludeKinds]);
      if (page.accountId) query = query.where('account_id', '=', page.accountId);
      return fillPage(
        page,
        (bounds) => paged(query, 'notifications.id', bounds).execute(),
        (row) => row.id,
        (rows) => toViews(personId, rows),
      );
    },
    async find(personId: AccountId, id: NotificationId): Promise<NotificationView | undefined> {
      const row = await db
        .selectFrom('notifications')
        .selectAll()
        .where('person_id', '=', personId)
        .where('id', '=', id)
        .executeTakeFirst();
      return row && (await toViews(personId, [row]))[0];
    },
    async countNewerThan(personId: AccountId, id: string | undefined, most: number): Promise<number> {
      const rows = await db
        .selectFrom('notifications')
        .select('id')
        .where('person_id', '=', personId)
        .where('id', '>', (id ?? '0') as NotificationId)
        .limit(most)
        .execute();
      return rows.length;
    },
    async newestId(personId: AccountId): Promise<NotificationId | undefined> {
      const row = await db
        .selectFrom('notifications')
        .select('id')
        .where('person_id', '=', personId)
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row?.id;
    },
    async remove(personId: AccountId, id: NotificationId): Promise<void> {
      await db.deleteFrom('notifications').where('person_id', '=', personId).where('id', '=', id).execute();
    },
    async removeAll(personId: AccountId): Promise<void> {
      await db.deleteFrom('notifications').where('person_id', '=', personId).execute();
    },
    /** After a block: what that account caused leaves. After an Undo: only that kind, for that post. */
    async removeFrom(
      personId: AccountId,
      accountId: AccountId,
      only?: { kind: NotificationKind; postId: PostId | null },
    ) {
      let query = db.deleteFrom('notifications').where('person_id', '=', personId).where('account_id', '=', accountId);
      if (only) {
        query = query.where('kind', '=', only.kind);
        if (only.postId) query = query.where('post_id', '=', only.postId);
      }
      await query.execute();
    },
  };
}
export type NotificationsStore = ReturnType<typeof notificationsStore>;
