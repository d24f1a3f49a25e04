import type { Kysely } from 'kysely';
import type { AccountId } from '../../model/ids.ts';
import type { PlaceTables } from './tables.ts';

/** A signed-in browser. The cookie holds a secret token, the row only its hash: a copy of the file signs nobody in. */
export interface Session {
  readonly tokenHash: string;
  readonly personId: AccountId;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

/** Sessions of browsers; tokens of apps are in apps.ts. */
export const sessionsStore = (db: Kysely<PlaceTables>) => ({
  async add(session: Session): Promise<void> {
    await db
      .insertInto('sessions')
      .values({
        token_hash: session.tokenHash,
        person_id: session.personId,
        created_at: session.createdAtMs,
        expires_at: session.expiresAtMs,
      })
      .execute();
  },

  /** Undefined also when it has expired at `nowMs`. */
  async find(tokenHash: string, nowMs: number): Promise<Session | undefined> {
    const row = await db
      .selectFrom('sessions')
      .selectAll()
      .where('token_hash', '=', tokenHash)
      .where('expires_at', '>', nowMs)
      .executeTakeFirst();
    return (
      row && {
        tokenHash: row.token_hash,
        personId: row.person_id,
        createdAtMs: row.created_at,
        expiresAtMs: row.expires_at,
      }
    );
  },

  async remove(tokenHash: string): Promise<void> {
    await db.deleteFrom('sessions').where('token_hash', '=', tokenHash).execute();
  },

  /** Signs a person out everywhere, except in the browser of `exceptTokenHash`: a changed passphrase must not leave old doors open. */
  async removeAllOf(personId: AccountId, exceptTokenHash?: string): Promise<void> {
    let query = db.deleteFrom('sessions').where('person_id', '=', personId);
    if (exceptTokenHash !== undefined) query = query.where('token_hash', '!=', exceptTokenHash);
    await query.execute();
  },

  /** Moves the end of a session, so that a browser in use is not signed out. */
  async extend(tokenHash: string, expiresAtMs: number): Promise<void> {
    await db.updateTable('sessions').set({ expires_at: expiresAtMs }).where('token_hash', '=', tokenHash).execute();
  },

  /** Forgets what has expired. */
  async prune(nowMs: number): Promise<void> {
    await db.deleteFrom('sessions').where('expires_at', '<=', nowMs).execute();
  },
});

export type SessionsStore = ReturnType<typeof sessionsStore>;
