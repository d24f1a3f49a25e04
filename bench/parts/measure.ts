import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { idAt, idTimeMs } from '../../src/base/ids.ts';
import type { Crowd } from '../../test/world/crowd.ts';
import type { Place } from '../../test/world/place.ts';

/** What several benchmarks of a whole place share. */

/** What Linux counts CPU time in. */
const tickMs = 10;

export const sleep = (delayMs: number) => new Promise((resolve) => setTimeout(resolve, delayMs));
export const round = (value: number, digits = 0) => Number(value.toFixed(digits));
export const percentile = (sorted: readonly number[], part: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;

export interface Said {
  readonly id: string;
  readonly uri: string;
}

/** Writes a post by the client API. */
export async function say(place: Place, token: string, json: Record<string, string>): Promise<Said> {
  const answer = await place.ask('/api/v1/statuses', { method: 'POST', token, json });
  if (answer.status !== 200) throw new Error(`a post was answered ${answer.status}: ${answer.text().slice(0, 200)}`);
  return answer.json();
}

/** How many servers of the crowd (or of `among`) have got a post. */
export function reached(crowd: Crowd, uri: string, among?: ReadonlySet<string>): number {
  let count = 0;
  for (const [host, got] of crowd.received) {
    if (among && !among.has(host)) continue;
    if (got.some(({ type, object }) => type === 'Create' && object?.id === uri)) count += 1;
  }
  return count;
}

/** Followers of the person, spread over the crowd's servers as a long tail is; the crowd's own fans are among them. */
export function fillFollowers(place: Place, { servers, followers }: { servers: number; followers: number }) {
  const database = new DatabaseSync(join(place.dataFolder, 'places', place.name, 'place.sqlite'));
  const person = database.prepare('select cast(account_id as text) as id from people').get() as { id: string };
  const firstMs = idTimeMs(person.id) - 2 * followers - 10_000;
  const account = database.prepare(`insert into accounts
    (id, uri, handle, domain, inbox_url, shared_inbox_url, created_at, fetched_at) values (?, ?, ?, ?, ?, ?, ?, ?)`);
  const follow = database.prepare(`insert into follows (id, follower_id, followee_id, state, shows_boosts, created_at)
    values (?, ?, ?, 'accepted', 1, ?)`);
  for (const statement of [account, follow]) statement.setReadBigInts(true);
  database.exec('begin');
  for (let n = 0; n < followers; n++) {
    const host = `s${n < servers ? n + 1 : 1 + Math.floor(servers * (n / followers) ** 4)}.crowd.example`;
    const user = n < servers ? 'fan' : `f${n}`;
    const uri = `http://${host}/users/${user}`;
    const id = idAt(firstMs + n, n);
    const fetchedAt = Date.now();
    account.run(id, uri, user, host, `${uri}/inbox`, `http://${host}/inbox`, firstMs, fetchedAt);
    follow.run(idAt(firstMs + followers + n, n), id, person.id, firstMs);
  }
  database.exec('commit; analyze');
  database.close();
}

function withDatabase<T>(place: Place, run: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(join(place.dataFolder, 'places', place.name, 'place.sqlite'), { readOnly: true });
  try {
    return run(database);
  } finally {
    database.close();
  }
}
const countOf = (place: Place, condition: string) =>
  withDatabase(place, (database) =>
    Number(database.prepare(`select count(*) n from deliveries where ${condition}`).get()?.n),
  );

/** Deliveries of the place, all of them or those in one state. */
export const countDeliveries = (place: Place, state?: string) => countOf(place, state ? `state = '${state}'` : 'true');

/** CPU of the place's process so far, all threads, milliseconds (proc(5)). */
export function cpuMs(processId: number): number {
  const fields = readFileSync(`/proc/${processId}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}
