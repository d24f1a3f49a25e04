import { sql } from 'kysely';
import type { PostId } from '../../model/ids.ts';
import type { OpenDatabase } from '../database.ts';
import type { PlaceTables } from './tables.ts';

/** Noted in memory before they are written whatever the time. */
const mostWaiting = 500;
/** Notes remembered as made, so that one who comes again costs nothing. */
const mostRemembered = 20_000;
/** Rows: 300,000 are about 20 MB. The oldest go first; whoever fetched something long ago has most likely thrown it away. */
const mostRows = 300_000;
/** A copy elsewhere is not hunted for longer than this. */
const keptMs = 365 * 24 * 3_600_000;

/** The origin that stands for somebody who did not sign. */
export const anybody = '';

/**
 * Who came for which post. 3,000 servers come within a minute, so it is noted in memory and written in batches: after `mostWaiting` notes, when
 * the caller's timer says so, before an edit or a deletion needs it, and at closing. A killed process loses what it noted since the last batch.
 */
export class FetchNotes {
  readonly #database: OpenDatabase<PlaceTables>;
  readonly #waiting = new Map<string, { postId: PostId; origin: string; atMs: number }>();
  readonly #remembered = new Set<string>();
  #rows: number | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(database: OpenDatabase<PlaceTables>) {
    this.#database = database;
  }

  /** True when this was noted lately. */
  has(postId: PostId, origin: string): boolean {
    return this.#remembered.has(`${postId} ${origin}`);
  }

  /** @param origin of the key that signed, or `anybody`. @returns true when there is something to write now or soon. */
  note(postId: PostId, origin: string, atMs: number): boolean {
    if (this.has(postId, origin)) return false;
    const key = `${postId} ${origin}`;
    if (this.#remembered.size >= mostRemembered) this.#remembered.delete(this.#remembered.values().next().value!);
    this.#remembered.add(key);
    this.#waiting.set(key, { postId, origin, atMs });
    return true;
  }

  /** True when so much waits that a batch should be written without waiting for the timer. */
  get isFull(): boolean {
    return this.#waiting.size >= mostWaiting;
  }

  /** True when an inbox is known at this origin: an edit or a deletion can go there. */
  async knowsInboxAt(origin: string): Promise<boolean> {
    const row = await this.#database.kysely
      .selectFrom('accounts')
      .select('id')
      .where('uri', '>', `${origin}/`)
      .where('uri', '<', `${origin}0`)
      .where('inbox_url', 'is not', null)
      .where('gone_at', 'is', null)
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  }

  /** Writes what waits; resolves when it, and what was being written, is on disk. */
  flush(): Promise<void> {
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    if (this.#waiting.size === 0) return;
    const notes = [...this.#waiting.values()];
    this.#waiting.clear();
    const lastAtMs = notes.at(-1)!.atMs;
    await this.#database.kysely.transaction().execute(async (tx) => {
      for (const postId of new Set(notes.map((note) => note.postId))) {
        const { rows } = await sql<{ destination: string }>`
          select distinct destination from deliveries where post_id = ${postId}`.execute(tx);
        const sent = new Set(rows.map(({ destination }) => destination));
        const post = await tx.selectFrom('posts').select('id').where('id', '=', postId).executeTakeFirst();
        const fresh = notes.filter((note) => note.postId === postId && !sent.has(`fediverse:${hostOf(note.origin)}`));
        if (!post || fresh.length === 0) continue;
        await tx
          .insertInto('fetched')
          .values(fresh.map(({ origin, atMs }) => ({ post_id: postId, origin, fetched_at: atMs })))
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      }
      await tx
        .deleteFrom('fetched')
        .where('fetched_at', '<', lastAtMs - keptMs)
        .execute();
    });
    await this.#keepBounded(notes.length);
  }

  async #keepBounded(added: number): Promise<void> {
    const { kysely } = this.#database;
    const count = async () =>
      (
        await kysely
          .selectFrom('fetched')
          .select(({ fn }) => fn.countAll<number>().as('n'))
          .executeTakeFirstOrThrow()
      ).n;
    this.#rows = this.#rows === undefined ? await count() : this.#rows + added;
    if (this.#rows <= mostRows) return;
    await sql`delete from fetched where (post_id, origin) in
      (select post_id, origin from fetched order by fetched_at limit ${Math.ceil(mostRows / 10)})`.execute(kysely);
    this.#rows = await count();
  }
}

const hostOf = (origin: string) => URL.parse(origin)?.host ?? '';
