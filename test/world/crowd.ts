import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Actor, createActor, makeKeys } from './actor.ts';
import type { Names } from './names.ts';
import type { Json } from './peer.ts';

/** Many small servers behind one port, one follower on each: what a post of a person with an audience meets. */

export interface Crowd {
  /** The followers, one per server. */
  readonly fans: readonly Actor[];
  /** What each server got in its inboxes, by name, in order of arrival; doubles are kept. Signatures are not verified here. */
  readonly received: ReadonlyMap<string, Json[]>;
  /** Names that take requests and never answer. */
  readonly tarpits: Set<string>;
  /** Names that answer with this status. */
  readonly statuses: Map<string, number>;
  /** Requests that are not an inbox POST. */
  readonly gets: { count: number };
  /** Every fan follows; the Follows are sent 20 at a time. */
  follow(actorId: string, inbox: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts `count` servers `s1.{domain}`, `s2.{domain}`…; one key for all, as making 300 takes half a minute. */
export async function createCrowd(names: Names, count: number, domain: string): Promise<Crowd> {
  const keys = makeKeys();
  const hosts = Array.from({ length: count }, (_, index) => `s${index + 1}.${domain}`);
  const fans = new Map(
    hosts.map((host) => [host, createActor(names, { origin: `http://${host}`, user: 'fan', keys })]),
  );
  const received = new Map<string, Json[]>(hosts.map((host) => [host, []]));
  const crowd = { tarpits: new Set<string>(), statuses: new Map<string, number>(), gets: { count: 0 } };
  const handle = async (incoming: IncomingMessage, response: ServerResponse) => {
    const host = incoming.headers.host ?? '';
    const body = Buffer.concat(await Array.fromAsync(incoming));
    if (crowd.tarpits.has(host)) return;
    const status = crowd.statuses.get(host);
    if (status !== undefined) response.writeHead(status).end();
    else if (incoming.method === 'POST') {
      received.get(host)?.push(JSON.parse(body.toString('utf8')));
      response.writeHead(202).end();
    } else {
      crowd.gets.count += 1;
      const found = fans.get(host)?.findDocument(incoming.url ?? '/');
      response.writeHead(found ? 200 : 404, { 'content-type': 'application/activity+json' });
      response.end(found ? JSON.stringify(found) : '');
    }
  };
  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy());
  });
  const address = names.nextAddress();
  await new Promise<void>((resolve) => server.listen({ port: 0, host: address, backlog: 4_096 }, resolve));
  for (const host of hosts) names.add(host, address, (server.address() as AddressInfo).port);
  return {
    ...crowd,
    fans: [...fans.values()],
    received,
    async follow(actorId, inbox) {
      const waiting = [...fans.values()];
      const sendAll = async () => {
        for (let fan = waiting.pop(); fan; fan = waiting.pop()) {
          const { status } = await fan.send(inbox, fan.activity('Follow', { object: actorId }));
          if (status !== 202) throw new Error(`the Follow of ${fan.handle} was answered ${status}`);
        }
      };
      await Promise.all(Array.from({ length: 20 }, sendAll));
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
