import type { Kysely, Selectable } from 'kysely';
import type { AccountId, AppId } from '../../model/ids.ts';
import type { PlaceTables } from './tables.ts';

/** A client application that has registered itself. Its secret is stored as a hash. */
export interface App {
  readonly id: AppId;
  readonly clientId: string;
  readonly clientSecretHash: string;
  readonly name: string;
  readonly website: string | null;
  /** Exactly these, never a prefix of them. */
  readonly redirectUris: readonly string[];
  /** The most that it may ask for, as words between spaces. */
  readonly scopes: string;
  readonly createdAtMs: number;
}

/** A one-time code between the person's yes and the app's token. */
export interface AppCode {
  readonly codeHash: string;
  readonly appId: AppId;
  readonly personId: AccountId;
  readonly redirectUri: string;
  readonly scopes: string;
  /** PKCE, S256; null when the app sent none. */
  readonly challenge: string | null;
  readonly expiresAtMs: number;
  readonly usedAtMs: number | null;
}

/** What an app shows at each call. */
export interface AppToken {
  readonly tokenHash: string;
  /** Null for one that the operator made (`canari token`). */
  readonly appId: AppId | null;
  /** Null for client_credentials: the app speaks for nobody. */
  readonly personId: AccountId | null;
  readonly scopes: string;
  /** The code that it was made from. */
  readonly codeHash: string | null;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number | null;
}

const toApp = (row: Selectable<PlaceTables['apps']>): App => ({
  id: row.id,
  clientId: row.client_id,
  clientSecretHash: row.client_secret_hash,
  name: row.name,
  website: row.website,
  redirectUris: row.redirect_uris.split('\n'),
  scopes: row.scopes,
  createdAtMs: row.created_at,
});

const toCode = (row: Selectable<PlaceTables['app_codes']>): AppCode => ({
  codeHash: row.code_hash,
  appId: row.app_id,
  personId: row.person_id,
  redirectUri: row.redirect_uri,
  scopes: row.scopes,
  challenge: row.challenge,
  expiresAtMs: row.expires_at,
  usedAtMs: row.used_at,
});

const toToken = (row: Selectable<PlaceTables['app_tokens']>): AppToken => ({
  tokenHash: row.token_hash,
  appId: row.app_id,
  personId: row.person_id,
  scopes: row.scopes,
  codeHash: row.code_hash,
  createdAtMs: row.created_at,
  lastUsedAtMs: row.last_used_at,
});

/** Apps, their codes and their tokens. Secrets come in as hashes and never go out. */
export const appsStore = (db: Kysely<PlaceTables>) => ({
  async add(app: App): Promise<void> {
    await db
      .insertInto('apps')
      .values({
        id: app.id,
        client_id: app.clientId,
        client_secret_hash: app.clientSecretHash,
        name: app.name,
        website: app.website,
        redirect_uris: app.redirectUris.join('\n'),
        scopes: app.scopes,
        created_at: app.createdAtMs,
      })
      .execute();
  },
  async find(id: AppId): Promise<App | undefined> {
    const row = await db.selectFrom('apps').selectAll().where('id', '=', id).executeTakeFirst();
    return row && toApp(row);
  },
  async findByClientId(clientId: string): Promise<App | undefined> {
    const row = await db.selectFrom('apps').selectAll().where('client_id', '=', clientId).executeTakeFirst();
    return row && toApp(row);
  },

  /** How many apps are registered that nobody has ever let in. */
  async countUnused(): Promise<number> {
    const { n } = await unusedApps(db)
      .select(({ fn }) => fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    return n;
  },
  /** Forgets apps registered before `beforeMs` that nobody has let in; an app that comes back registers again. */
  async pruneUnused(beforeMs: number): Promise<void> {
    const stale = unusedApps(db).select('apps.id').where('apps.created_at', '<', beforeMs);
    await db.deleteFrom('apps').where('id', 'in', stale).execute();
  },

  async addCode(code: AppCode): Promise<void> {
    await db
      .insertInto('app_codes')
      .values({
        code_hash: code.codeHash,
        app_id: code.appId,
        person_id: code.personId,
        redirect_uri: code.redirectUri,
        scopes: code.scopes,
        challenge: code.challenge,
        expires_at: code.expiresAtMs,
        used_at: code.usedAtMs,
      })
      .execute();
  },
  async findCode(codeHash: string): Promise<AppCode | undefined> {
    const row = await db.selectFrom('app_codes').selectAll().where('code_hash', '=', codeHash).executeTakeFirst();
    return row && toCode(row);
  },
  async markCodeUsed(codeHash: string, atMs: number): Promise<void> {
    await db.updateTable('app_codes').set({ used_at: atMs }).where('code_hash', '=', codeHash).execute();
  },
  /** Forgets codes that expired before `beforeMs`. */
  async pruneCodes(beforeMs: number): Promise<void> {
    await db.deleteFrom('app_codes').where('expires_at', '<', beforeMs).execute();
  },

  async addToken(token: AppToken): Promise<void> {
    await db
      .insertInto('app_tokens')
      .values({
        token_hash: token.tokenHash,
        app_id: token.appId,
        person_id: token.personId,
        scopes: token.scopes,
        code_hash: token.codeHash,
        created_at: token.createdAtMs,
        last_used_at: token.lastUsedAtMs,
      })
      .execute();
  },
  async findToken(tokenHash: string): Promise<AppToken | undefined> {
    const row = await db.selectFrom('app_tokens').selectAll().where('token_hash', '=', tokenHash).executeTakeFirst();
    return row && toToken(row);
  },
  /** What apps hold of one person, the latest first, each with its app's name (null for one that the operator made). */
  async tokensOf(personId: AccountId): Promise<(AppToken & { readonly appName: string | null })[]> {
    const rows = await db
      .selectFrom('app_tokens')
      .leftJoin('apps', 'apps.id', 'app_tokens.app_id')
      .selectAll('app_tokens')
      .select('apps.name as app_name')
      .where('person_id', '=', personId)
      .orderBy('app_tokens.created_at', 'desc')
      .execute();
    return rows.map((row) => ({ ...toToken(row), appName: row.app_name }));
  },
  /** Locks one app of one person out; another person's token stays. */
  async removeTokenOf(personId: AccountId, tokenHash: string): Promise<void> {
    await db.deleteFrom('app_tokens').where('token_hash', '=', tokenHash).where('person_id', '=', personId).execute();
  },
  async markTokenUsed(tokenHash: string, atMs: number): Promise<void> {
    await db.updateTable('app_tokens').set({ last_used_at: atMs }).where('token_hash', '=', tokenHash).execute();
  },
  async removeToken(tokenHash: string): Promise<void> {
    await db.deleteFrom('app_tokens').where('token_hash', '=', tokenHash).execute();
  },
  /** Takes back what a code gave, when it turns up a second time (RFC 6749, 4.1.2). */
  async removeTokensOfCode(codeHash: string): Promise<void> {
    await db.deleteFrom('app_tokens').where('code_hash', '=', codeHash).execute();
  },
  /** Locks every app of a person out, codes on their way too. */
  async revokeAllOf(personId: AccountId): Promise<void> {
    await db.deleteFrom('app_codes').where('person_id', '=', personId).execute();
    await db.deleteFrom('app_tokens').where('person_id', '=', personId).execute();
  },
});

export type AppsStore = ReturnType<typeof appsStore>;

/** Apps without a token and without a code. */
const unusedApps = (db: Kysely<PlaceTables>) =>
  db
    .selectFrom('apps')
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('app_tokens').select('token_hash').whereRef('app_tokens.app_id', '=', 'apps.id'))),
    )
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('app_codes').select('code_hash').whereRef('app_codes.app_id', '=', 'apps.id'))),
    );
