import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Clock, systemClock } from '../src/base/clock.ts';
import { failed, ok } from '../src/base/result.ts';
import { testDesk } from '../src/delivery/testing/desk.ts';
import type { Account, Person } from '../src/model/account.ts';
import type { AccountId } from '../src/model/ids.ts';
import type { OpenPlace } from '../src/outgoing/open-place.ts';
import { addPerson } from '../src/people/set-up.ts';
import { openPlace, placeFile } from '../src/place/open.ts';
import type { Remote, RemoteFailure } from '../src/remote/remote.ts';

/** A real place on a real file, without network: elsewhere is what `meet` has put into the store. */
export interface TestPlace {
  readonly place: OpenPlace;
  /** The folder that holds the place's own. */
  readonly folder: string;
  readonly woken: { times: number };
  /** Adds a person of this place. */
  person(handle: string): Promise<Person>;
  /** Adds a remote account, as if it had been read. `shared`: its server has a shared inbox. */
  meet(handle: string, domain: string, options?: { shared?: boolean; locked?: boolean }): Promise<Account>;
  /** What waits to be delivered: kind of activity and inbox, in order. */
  planned(): Promise<{ kind: string; inbox: string; priority: number; state: string }[]>;
  close(): Promise<void>;
}

const nowhere: RemoteFailure = { reason: 'not-found', host: 'nowhere.example', words: 'this test has no network' };

function remoteOf(place: Omit<OpenPlace, 'remote'>): Remote {
  return {
    async findAccount(uri) {
      const known = await place.store.accounts.findByUri(uri);
      return known ? ok(known) : failed(nowhere);
    },
    async findAccountByHandle(handle) {
      const [name = '', domain = ''] = handle.replace(/^@/, '').split('@');
      const known = await place.store.accounts.findByHandle(name, domain);
      return known ? ok(known) : failed(nowhere);
    },
    async findPost(uri) {
      const known = await place.store.posts.findByUri(uri);
      return known ? ok(known) : failed(nowhere);
    },
    fetchPost: async () => failed(nowhere),
    findByUrl: async () => failed(nowhere),
    verify: async () => failed({ status: 401, reason: 'missing', detail: 'this test has no network' }),
  };
}

/** Opens a fresh place. `domain` localhost: it does not federate. */
export async function openTestPlace(options: { domain?: string; clock?: Clock } = {}): Promise<TestPlace> {
  const domain = options.domain ?? 'place.example';
  const clock = options.clock ?? systemClock;
  const folder = mkdtempSync(join(tmpdir(), 'canari-place-'));
  const woken = { times: 0 };
  const place = await openPlace(
    join(folder, domain),
    { clock, connectRemote: remoteOf, wake: () => void woken.times++, heardFrom: () => {}, deskOf: testDesk },
    { domain, origin: `https://${domain}`, federates: domain !== 'localhost' },
  );
  return {
    place,
    folder,
    woken,
    async person(handle) {
      const added = await addPerson(place, { handle, passphrase: 'four words that fit', language: 'en' });
      if (!added.ok) throw added.error;
      return added.value.person;
    },
    meet: (handle, host, { shared = true, locked = false } = {}) =>
      place.store.accounts.save({
        id: place.ids.next() as AccountId,
        uri: `https://${host}/users/${handle}`,
        handle,
        domain: host,
        url: `https://${host}/@${handle}`,
        inboxUrl: `https://${host}/users/${handle}/inbox`,
        sharedInboxUrl: shared ? `https://${host}/inbox` : null,
        locked,
        createdAtMs: clock.now(),
        fetchedAtMs: clock.now(),
      }),
    async planned() {
      const reader = new DatabaseSync(placeFile(join(folder, domain)), { readOnly: true });
      const rows = reader
        .prepare(`select a.kind, i.url inbox, d.priority, d.state from deliveries d
          join activities a on a.id = d.activity_id join inboxes i on i.id = d.inbox_id order by d.id`)
        .all();
      reader.close();
      return rows.map((row) => ({ ...row })) as never;
    },
    async close() {
      await place.store.close();
      rmSync(folder, { recursive: true });
    },
  };
}
