import type { Kysely, Transaction } from 'kysely';
import type { AnyId, IdMaker } from '../../base/ids.ts';
import type { Added, NewDelivery, Supersedes } from '../../delivery/contract.ts';
import type { OpenDatabase } from '../database.ts';
import { accountsStore } from './accounts.ts';
import { activitiesStore } from './activities.ts';
import { appsStore } from './apps.ts';
import { blocksStore } from './blocks.ts';
import { SqliteDeliveries } from './deliveries.ts';
import { endedStore } from './ended.ts';
import { FetchNotes } from './fetches.ts';
import { followsStore } from './follows.ts';
import { homeStore } from './home.ts';
import { incomingStore } from './incoming.ts';
import { landingsStore } from './landings.ts';
import { likesStore } from './likes.ts';
import { markersStore } from './markers.ts';
import { notificationsStore } from './notifications.ts';
import { peopleStore } from './people.ts';
import { postsStore } from './posts.ts';
import { relationshipsStore } from './relationships.ts';
import { sessionsStore } from './sessions.ts';
import { settingsStore } from './settings.ts';
import type { PlaceTables } from './tables.ts';
import { tagsStore } from './tags.ts';
import { viewsStore } from './views.ts';

const nouns = (db: Kysely<PlaceTables>) => ({
  accounts: accountsStore(db),
  activities: activitiesStore(db),
  apps: appsStore(db),
  blocks: blocksStore(db),
  ended: endedStore(db),
  follows: followsStore(db),
  home: homeStore(db),
  incoming: incomingStore(db),
  landings: landingsStore(db),
  likes: likesStore(db),
  markers: markersStore(db),
  notifications: notificationsStore(db),
  people: peopleStore(db),
  posts: postsStore(db),
  relationships: relationshipsStore(db),
  sessions: sessionsStore(db),
  settings: settingsStore(db),
  tags: tagsStore(db),
  views: viewsStore(db),
});
type Nouns = ReturnType<typeof nouns>;

/** The nouns of a place inside one transaction. Nothing here may wait for the network: everybody else waits for this to end. */
export interface PlaceTransaction extends Nouns {
  /** Plans deliveries; only `outgoing/publish.ts` calls this. */
  planDeliveries(
    activityId: AnyId,
    rows: readonly NewDelivery[],
    nowMs: number,
    supersedes?: Supersedes,
  ): Promise<Added>;
}

/** Everything that one place keeps. */
export interface PlaceStore extends Nouns {
  /** The engine's side of the same file. */
  readonly deliveries: SqliteDeliveries<PlaceTables>;
  /** Which servers came for a post. */
  readonly fetches: FetchNotes;
  /** All or nothing, on disk when the promise resolves. */
  transaction<T>(run: (tx: PlaceTransaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Opens the nouns on a database that `openDatabase` has brought up to date. */
export function createPlaceStore(database: OpenDatabase<PlaceTables>, ids: IdMaker): PlaceStore {
  const deliveries = new SqliteDeliveries(database, ids);
  const fetches = new FetchNotes(database);
  return {
    ...nouns(database.kysely),
    deliveries,
    fetches,
    transaction: (run) =>
      database.kysely.transaction().execute((trx: Transaction<PlaceTables>) =>
        run({
          ...nouns(trx),
          planDeliveries: (activityId, rows, nowMs, supersedes) =>
            deliveries.add(trx, activityId, rows, nowMs, supersedes),
        }),
      ),
    close: async () => {
      try {
        await fetches.flush();
      } finally {
        await database.close();
      }
    },
  };
}

/** The largest id among the rows that are numbered in order of arrival: where a new `IdMaker` begins. */
export async function findLargestId(database: OpenDatabase<PlaceTables>): Promise<AnyId | undefined> {
  const tables = [
    'accounts',
    'posts',
    'activities',
    'deliveries',
    'incoming',
    'notifications',
    'follows',
    'likes',
  ] as const;
  let largest: AnyId | undefined;
  for (const table of tables) {
    const row = await database.kysely.selectFrom(table).select('id').orderBy('id', 'desc').limit(1).executeTakeFirst();
    if (row && (largest === undefined || row.id > largest)) largest = row.id;
  }
  return largest;
}
