import type { StatementSync } from 'node:sqlite';
import type { OpenDatabase } from '../database.ts';

/** What is kept of somebody's public key. */
export interface PeerKey {
  readonly kind: 'key';
  readonly keyId: string;
  /** Id of the actor that it speaks for. */
  readonly owner: string;
  readonly algorithm: 'rsa' | 'ed25519';
  /** SPKI. */
  readonly pem: string;
  /** Wall time. */
  readonly fetchedAtMs: number;
}

/** What is kept when there was none. */
export interface PeerKeyMiss {
  readonly kind: 'miss';
  /** Wall time until which nobody asks again. */
  readonly untilMs: number;
  readonly reason: 'gone' | 'unreachable' | 'refused';
  readonly detail: string;
}

type Row = {
  owner_uri: string | null;
  public_key: string | null;
  miss: string | null;
  fetched_at: number;
  expires_at: number;
};

/** Strangers can name any number of keys: rows beyond this leave, misses first, then the oldest. A key lost is fetched again. */
const mostRows = 50_000;
/** How many saves pass between two looks at the size. */
const savesPerLook = 500;

/** Public keys of peers in the host's database, as `remote/keys.ts` asks for them (its `KeyCache`). Shared by all places. */
export class PeerKeys<Tables> {
  readonly #database: OpenDatabase<Tables>;
  readonly #find: StatementSync;
  readonly #save: StatementSync;
  readonly #saveMiss: StatementSync;
  readonly #forget: StatementSync;
  readonly #trim: StatementSync;
  #saves = 0;

  constructor(database: OpenDatabase<Tables>) {
    const { sqlite } = database;
    this.#database = database;
    this.#find = sqlite.prepare('select * from peer_keys where key_id = ?');
    this.#save = sqlite.prepare(`insert into peer_keys (key_id, owner_uri, public_key, miss, fetched_at, expires_at)
      values (?, ?, ?, null, ?, 0) on conflict (key_id) do update set owner_uri = excluded.owner_uri,
        public_key = excluded.public_key, miss = null, fetched_at = excluded.fetched_at, expires_at = 0`);
    this.#saveMiss = sqlite.prepare(`insert into peer_keys (key_id, miss, fetched_at, expires_at) values (?, ?, ?, ?)
      on conflict (key_id) do update set miss = excluded.miss, fetched_at = excluded.fetched_at,
        expires_at = excluded.expires_at where public_key is null`);
    this.#forget = sqlite.prepare('delete from peer_keys where key_id = ?');
    this.#trim = sqlite.prepare(`delete from peer_keys where key_id in
      (select key_id from peer_keys order by public_key is not null, fetched_at limit max(0, (select count(*) from peer_keys) - ?))`);
    for (const writing of [this.#save, this.#saveMiss, this.#forget, this.#trim]) writing.setReadBigInts(true);
  }

  find(keyId: string): Promise<PeerKey | PeerKeyMiss | undefined> {
    return this.#turn(() => {
      const row = this.#find.get(keyId) as Row | undefined;
      return row && toKey(keyId, row);
    });
  }

  /** Replaces what was there, a miss as well. */
  save(key: PeerKey): Promise<void> {
    return this.#turn(() => {
      this.#save.run(key.keyId, key.owner, `${key.algorithm} ${key.pem}`, key.fetchedAtMs);
      this.#look();
    });
  }

  /** Never replaces a key. */
  saveMiss(keyId: string, untilMs: number, miss: Pick<PeerKeyMiss, 'reason' | 'detail'>): Promise<void> {
    return this.#turn(() => {
      this.#saveMiss.run(keyId, `${miss.reason} ${miss.detail.slice(0, 500)}`, untilMs, untilMs);
      this.#look();
    });
  }

  forget(keyId: string): Promise<void> {
    return this.#turn(() => void this.#forget.run(keyId));
  }

  #look(): void {
    this.#saves += 1;
    if (this.#saves % savesPerLook === 0) this.#trim.run(mostRows);
  }

  #turn<T>(run: () => T): Promise<T> {
    return this.#database.kysely.connection().execute(async () => run());
  }
}

function toKey(keyId: string, row: Row): PeerKey | PeerKeyMiss | undefined {
  if (row.public_key !== null && row.owner_uri !== null) {
    const algorithm = row.public_key.startsWith('ed25519 ') ? 'ed25519' : 'rsa';
    const pem = row.public_key.slice(algorithm.length + 1);
    return { kind: 'key', keyId, owner: row.owner_uri, algorithm, pem, fetchedAtMs: row.fetched_at };
  }
  if (row.miss === null) return undefined;
  const [reason = ''] = row.miss.split(' ', 1);
  const known = reason === 'gone' || reason === 'unreachable' ? reason : 'refused';
  return { kind: 'miss', untilMs: row.expires_at, reason: known, detail: row.miss.slice(reason.length + 1) };
}
