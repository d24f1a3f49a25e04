import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { systemClock } from './base/clock.ts';
import { logger } from './base/log.ts';
import { measureLoopDelay } from './base/loop-delay.ts';
import { createConnector, type NetworkOptions } from './base/net/connector.ts';
import { createFetcher, type Fetcher } from './base/net/guarded-fetch.ts';
import { version } from './base/version.ts';
import type { Config } from './config.ts';
import { destinationAt, type Outcome } from './delivery/contract.ts';
import { DeliveryEngine } from './delivery/dispatcher.ts';
import { Holds } from './delivery/holds.ts';
import { createThreadSenders } from './delivery/senders.ts';
import { Host } from './host/host.ts';
import { Router } from './http/router.ts';
import { routes } from './http/routes.ts';
import { createHttpServer } from './http/server.ts';
import { startIncoming } from './incoming/line.ts';
import type { OpenPlace } from './outgoing/open-place.ts';
import { createLane } from './outgoing/prepare.ts';
import { dropInbox } from './people/closed-inbox.ts';
import { startTidying } from './place/tidy.ts';
import { createDesk } from './receipts/control.ts';
import { createDocumentReader } from './remote/fetch.ts';
import { createKeyFinder } from './remote/keys.ts';
import { createRemote } from './remote/reader.ts';
import { openDatabase } from './store/database.ts';
import { SqliteHealth } from './store/host/health.ts';
import { SqliteHolds } from './store/host/holds.ts';
import { PeerKeys } from './store/host/peer-keys.ts';

/** What other servers see in their logs. Some answer 418 to those who do not say who they are. */
const userAgent = `Canari/${version}`;
const clock = systemClock;
const log = logger('main');

/** The composition root: everything that a process of Canari is made of, wired once. */
export interface Running {
  readonly host: Host;
  /** Where it listens; undefined for a command that only opens the folder. */
  readonly address: { address: string; port: number } | undefined;
  /** In order: no new requests, what is under way ends, the engine hands back, files are closed. */
  stop(): Promise<void>;
}

/**
 * Opens the data folder, whose lock the caller holds. `serving`: also listens and delivers; without, for commands that write while no server runs,
 * nothing goes out: what is planned waits for the server.
 */
export async function start(config: Config, options: { serving: boolean }): Promise<Running> {
  mkdirSync(config.dataFolder, { recursive: true, mode: 0o700 });
  const network: NetworkOptions = { allowNetworks: config.lab.networks, labHosts: config.lab.hosts };
  const hostFile = await openDatabase(
    join(config.dataFolder, 'host.sqlite'),
    join(import.meta.dirname, 'store/host/migrations'),
  );
  const fetcher = createFetcher(createConnector(network, { clock }), { clock, userAgent });
  const keyCache = new PeerKeys(hostFile);
  const health = new SqliteHealth(hostFile);
  const holds = new Holds(new SqliteHolds(hostFile));
  const engine = options.serving ? createEngine(network, health, holds) : undefined;
  const incoming = new Map<OpenPlace, { stop(): Promise<void> }>();
  const tidying = new Map<OpenPlace, () => void>();

  const host = await Host.open({
    clock,
    folder: config.dataFolder,
    labHosts: config.lab.hosts,
    origin: config.origin,
    localOrigin: `http://localhost:${config.listen.port}`,
    connectRemote(place) {
      // A place never asks itself; its neighbours in this process are others to it, as all others are.
      const isLocal = (url: URL) => url.origin === place.identity.origin;
      const documents = createDocumentReader({ fetcher, clock, isLocal });
      const keys = createKeyFinder({ documents, cache: keyCache, clock, isLocal, labHosts: network.labHosts });
      return createRemote(place, { fetcher, documents, keys, keyCache });
    },
    wake: (domain) => engine?.wake(domain),
    heardFrom: (origin) => void engine?.heardFrom(destinationAt('fediverse', origin)),
    deskOf: (domain) => createDesk({ lane: domain, engine, health, holds, clock }),
    isTaken: (origin) => speaksAlready(fetcher, origin),
    async opened(place) {
      if (!engine || !place.identity.federates) return;
      await engine.openLane(createLane(place, (outcomes) => void afterOutcomes(place, outcomes)));
      incoming.set(place, startIncoming(place));
      tidying.set(place, startTidying(place));
    },
    async closing(place) {
      tidying.get(place)?.();
      tidying.delete(place);
      await incoming.get(place)?.stop();
      incoming.delete(place);
      await engine?.closeLane(place.identity.domain);
    },
  });

  const server = options.serving
    ? createHttpServer({
        places: host,
        router: new Router(routes),
        clock,
        trustedProxies: config.trustedProxies,
        language: config.language,
      })
    : undefined;
  const address = await server?.listen(config.listen);
  return {
    host,
    address,
    async stop() {
      await server?.stop();
      await engine?.stop();
      await host.close();
      await fetcher.close();
      await hostFile.close();
    },
  };
}

function createEngine(network: NetworkOptions, health: SqliteHealth<unknown>, holds: Holds): DeliveryEngine {
  const senders = createThreadSenders({
    entry: new URL('./sender.ts', import.meta.url),
    data: { network, userAgent },
    threads: availableParallelism(),
    clock,
  });
  return new DeliveryEngine({ clock, senders, health, holds, loopDelayMs: measureLoopDelay(clock) });
}

/** Followers whose inbox is closed for ever leave. */
async function afterOutcomes(place: OpenPlace, outcomes: readonly Outcome[]): Promise<void> {
  for (const { state, code, address } of outcomes) {
    if (state !== 'refused' || code !== 'gone') continue;
    try {
      await dropInbox(place, address);
    } catch (error) {
      log.error('A closed inbox could not be dropped: {error}', { error });
    }
  }
}

/** Whether NodeInfo answers under an origin: then somebody else's keys are known for it (DESIGN section 7). */
async function speaksAlready(fetcher: Fetcher, origin: string): Promise<boolean> {
  const answer = await fetcher.get(`${origin}/.well-known/nodeinfo`, { headers: { accept: 'application/json' } });
  return answer.ok && /nodeinfo\.diaspora\.software/.test(Buffer.from(answer.value.body).toString('utf8'));
}
