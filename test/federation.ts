import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../src/base/clock.ts';
import { createFetcher } from '../src/base/net/guarded-fetch.ts';
import type { LabHost } from '../src/base/net/lab.ts';
import { testDesk } from '../src/delivery/testing/desk.ts';
import { fediverseRoutes } from '../src/http/fediverse/routes.ts';
import { Router } from '../src/http/router.ts';
import { createHttpServer } from '../src/http/server.ts';
import { type Incoming, startIncoming } from '../src/incoming/line.ts';
import type { Account, Person } from '../src/model/account.ts';
import type { AccountId } from '../src/model/ids.ts';
import type { OpenPlace } from '../src/outgoing/open-place.ts';
import { addPerson } from '../src/people/set-up.ts';
import { openPlace, type PlaceParts } from '../src/place/open.ts';
import { createDocumentReader } from '../src/remote/fetch.ts';
import { createKeyFinder } from '../src/remote/keys.ts';
import { createRemote } from '../src/remote/reader.ts';
import { openDatabase } from '../src/store/database.ts';
import { PeerKeys } from '../src/store/host/peer-keys.ts';
import { type Keys, makeKeys } from './world/actor.ts';
import { type Answer, createNames, labNetwork, type Names, type RequestOptions, request } from './world/names.ts';
import { createPeer, type Json, type Peer, type PeerOptions } from './world/peer.ts';

/**
 * One place in this process, with its federation routes, its path in and its real way of reading others, among fake peers on loopback: for
 * tests that look into the store after each activity. Nothing is delivered; what is planned can be read.
 */
export interface Federation {
  readonly names: Names;
  readonly place: OpenPlace;
  readonly origin: string;
  readonly sharedInbox: string;
  readonly incoming: Incoming;
  readonly alice: Person;
  peer(name: string): Peer;
  /** Asks the place, unsigned. */
  ask(path: string, options?: RequestOptions): Promise<Answer>;
  /** Waits until everything that came in was applied, and says how an activity ended: `applied: stored`. */
  ended(activity: Json | string): Promise<string | undefined>;
  /** Alice follows somebody of a peer, as if they had said yes. */
  follow(uri: string): Promise<Account>;
  /** What was planned to be sent, in order. */
  planned(): Promise<{ kind: string; body: Json }[]>;
  /** Stops applying and starts again, as after a restart. */
  restart(): Promise<void>;
  end(): Promise<void>;
}

export interface FederationOptions {
  readonly peers: readonly string[];
  readonly clock?: Clock;
  readonly locked?: boolean;
  readonly peerOptions?: Readonly<Record<string, PeerOptions>>;
  /** Changes how the place reads others. */
  readonly connect?: (parts: PlaceParts['connectRemote']) => PlaceParts['connectRemote'];
}

const name = 'wren.example';
/** Keys of all fake actors: making them costs 0.1 s each. */
let sharedKeys: Keys | undefined;

export async function createFederation(options: FederationOptions): Promise<Federation> {
  const { clock = systemClock } = options;
  sharedKeys ??= makeKeys();
  const names = createNames();
  const folder = mkdtempSync(join(tmpdir(), 'canari-federation-'));
  const peers = new Map<string, Peer>();
  const lab: LabHost[] = [];
  for (const peer of options.peers) {
    peers.set(peer, await createPeer(names, peer, { keys: sharedKeys, ...options.peerOptions?.[peer] }));
    lab.push({ name: peer, ...names.find(peer)!, scheme: 'http' });
  }
  const origin = `http://${name}`;
  lab.push({ name, address: '127.77.255.254', port: 9, scheme: 'http' });
  const fetcher = createFetcher({ allowNetworks: [labNetwork], labHosts: lab }, { clock, userAgent: 'Canari-test' });
  const hostFile = await openDatabase(':memory:', join(import.meta.dirname, '../src/store/host/migrations'));
  const isLocal = (url: URL) => url.origin === origin;
  const documents = createDocumentReader({ fetcher, clock, isLocal });
  const keyCache = new PeerKeys(hostFile);
  const keys = createKeyFinder({ documents, cache: keyCache, clock, isLocal, labHosts: lab });
  const connect: PlaceParts['connectRemote'] = (opened) => createRemote(opened, { fetcher, documents, keys, keyCache });
  const place = await openPlace(
    join(folder, name),
    {
      clock,
      connectRemote: options.connect?.(connect) ?? connect,
      wake: () => {},
      heardFrom: () => {},
      deskOf: testDesk,
    },
    { domain: name, origin, federates: true },
  );
  const added = await addPerson(place, { handle: 'alice', passphrase: 'four words that fit', language: 'en' });
  if (!added.ok) throw added.error;
  const alice = added.value.person;
  if (options.locked) await place.store.accounts.update(alice.account.id, { locked: true });
  const server = createHttpServer({
    places: { findPlace: (host) => (host === name ? place : undefined) },
    router: new Router(fediverseRoutes),
    clock,
    trustedProxies: [],
    language: 'en',
    connectionsPerAddress: 500,
  });
  const address = names.nextAddress();
  const { port } = await server.listen({ address, port: 0 });
  names.add(name, address, port);
  let incoming = startIncoming(place);
  const federation: Federation = {
    names,
    place,
    origin,
    sharedInbox: `${origin}/inbox`,
    get incoming() {
      return incoming;
    },
    alice: (await place.store.people.find(alice.account.id))!,
    peer: (peer) => peers.get(peer)!,
    ask: (path, ask) => request(names, origin + path, { ...ask, headers: { ...ask?.headers } }),
    async ended(activity) {
      await incoming.settled();
      const end = await place.store.incoming.findEnd(typeof activity === 'string' ? activity : activity.id);
      return end && `${end.state}: ${end.reason}`;
    },
    async follow(uri) {
      const found = await place.remote.findAccount(uri);
      if (!found.ok) throw new Error(found.error.words);
      const id = place.ids.next();
      await place.store.follows.save({
        id: id as never,
        followerId: alice.account.id,
        followeeId: found.value.id as AccountId,
        state: 'accepted',
        uri: place.addresses.activity(id),
        showsBoosts: true,
        createdAtMs: clock.now(),
      });
      return found.value;
    },
    async planned() {
      const { DatabaseSync } = await import('node:sqlite');
      const reader = new DatabaseSync(join(folder, name, 'place.sqlite'), { readOnly: true });
      const rows = reader.prepare('select kind, body from activities order by id').all() as {
        kind: string;
        body: string;
      }[];
      reader.close();
      return rows.map(({ kind, body }) => ({ kind, body: JSON.parse(body) }));
    },
    async restart() {
      await incoming.stop();
      incoming = startIncoming(place);
    },
    async end() {
      await incoming.stop();
      await server.stop();
      for (const peer of peers.values()) await peer.die();
      await fetcher.close();
      await place.store.close();
      await hostFile.close();
      names.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return federation;
}
