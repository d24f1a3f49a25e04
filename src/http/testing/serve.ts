import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../base/clock.ts';
import { failed } from '../../base/result.ts';
import { testDesk } from '../../delivery/testing/desk.ts';
import type { Person } from '../../model/account.ts';
import type { PlaceIdentity } from '../../model/place.ts';
import type { OpenPlace } from '../../outgoing/open-place.ts';
import { addPerson } from '../../people/set-up.ts';
import { openSession } from '../../people/sign-in.ts';
import { openPlace } from '../../place/open.ts';
import type { Remote } from '../../remote/remote.ts';
import { browserSession } from '../cookies.ts';
import type { Route } from '../route.ts';
import { Router } from '../router.ts';
import { routes } from '../routes.ts';
import { createHttpServer, type ServerOptions } from '../server.ts';

/** A real place in a temporary folder behind the real server on a loopback address of the laboratory: for tests of what http answers. */
export interface Served {
  readonly place: OpenPlace;
  readonly origin: string;
  readonly address: { readonly address: string; readonly port: number };
  /** Asks with plain `fetch`, following nothing. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** Adds the owner. */
  addOwner(handle?: string, language?: 'en' | 'fr'): Promise<Person>;
  /** The headers and the form token of a signed-in browser. */
  signIn(person: Person): Promise<{ cookie: string; form: string }>;
  stop(): Promise<void>;
}

/** A remote that nothing is behind: whatever is asked is not found. */
export const emptyRemote: Remote = {
  findAccount: async (uri) => failed({ reason: 'not-found', host: new URL(uri).host, words: '404' }),
  findAccountByHandle: async (handle) => failed({ reason: 'not-found', host: handle.split('@').at(-1)!, words: '404' }),
  findPost: async (uri) => failed({ reason: 'not-found', host: new URL(uri).host, words: '404' }),
  fetchPost: async (uri) => failed({ reason: 'not-found', host: new URL(uri).host, words: '404' }),
  verify: async () => failed({ status: 401, reason: 'key-refused', detail: '404' }),
  findByUrl: async (url) => failed({ reason: 'not-found', host: URL.parse(url)?.host ?? url, words: '404' }),
};

export interface ServeOptions {
  readonly address?: string;
  readonly port?: number;
  readonly federates?: boolean;
  readonly clock?: Clock;
  readonly remote?: Remote;
  readonly routes?: readonly Route[];
  readonly options?: Partial<ServerOptions>;
}

export async function serve(about: ServeOptions = {}): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'canari-http-'));
  const clock = about.clock ?? systemClock;
  const places = new Map<string, OpenPlace>();
  const server = createHttpServer({
    places: { findPlace: (hostname) => places.get(hostname) },
    router: new Router(about.routes ?? routes),
    clock,
    trustedProxies: [],
    language: 'en',
    ...about.options,
  });
  const address = await server.listen({ address: about.address ?? '127.77.200.1', port: about.port ?? 0 });
  const hostname = about.federates === false ? 'localhost' : address.address;
  const identity: PlaceIdentity = {
    domain: about.federates === false ? 'localhost' : 'wagtail.example',
    origin: `http://${hostname}:${address.port}`,
    federates: about.federates !== false,
  };
  const place = await openPlace(
    folder,
    { clock, connectRemote: () => about.remote ?? emptyRemote, wake: () => {}, heardFrom: () => {}, deskOf: testDesk },
    identity,
  );
  places.set(hostname, place);
  return {
    place,
    origin: identity.origin,
    address,
    ask: (path, init) => fetch(`http://${address.address}:${address.port}${path}`, { redirect: 'manual', ...init }),
    async addOwner(handle = 'alice', language = 'en') {
      const added = await addPerson(place, {
        handle,
        displayName: 'Alice Wren',
        passphrase: 'four odd words here',
        language,
      });
      if (!added.ok) throw added.error;
      return added.value.person;
    },
    async signIn(person) {
      const token = await openSession(place, person.account.id);
      return { cookie: `canari=${token}`, form: browserSession(token).formToken };
    },
    async stop() {
      await server.stop();
      await place.store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
