import type { OpenDatabase } from '../database.ts';
import type { PlaceTables } from './tables.ts';

/** Columns that hold addresses of the place itself, and texts that link to them. */
const columns: Readonly<Record<string, readonly string[]>> = {
  accounts: [
    'uri',
    'url',
    'inbox_url',
    'shared_inbox_url',
    'outbox_url',
    'followers_url',
    'featured_url',
    'bio_html',
    'fields',
  ],
  posts: ['uri', 'url', 'in_reply_to_uri', 'conversation_uri', 'content_html'],
  post_versions: ['content_html'],
  likes: ['uri'],
  follows: ['uri'],
  blocks: ['uri'],
};

/**
 * Rewrites every address of the place from one origin to another. Only for a place that has never spoken: elsewhere its ids are remembered for
 * ever (DESIGN section 7). One transaction; both origins without final slash.
 */
export async function rewriteOrigin(database: OpenDatabase<PlaceTables>, from: string, to: string): Promise<void> {
  await database.kysely.connection().execute(async () => {
    const { sqlite } = database;
    sqlite.exec('begin immediate');
    try {
      for (const [table, names] of Object.entries(columns)) {
        for (const name of names) {
          sqlite
            .prepare(`update ${table} set ${name} = replace(${name}, ?, ?) where ${name} like ?`)
            .run(`${from}/`, `${to}/`, `%${from}/%`);
        }
      }
      sqlite.exec('commit');
    } catch (error) {
      if (sqlite.isTransaction) sqlite.exec('rollback');
      throw error;
    }
  });
}
