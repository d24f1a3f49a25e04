import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Actor, createActor, type Keys, makeKeys } from './actor.ts';
import { commitFault, type Fault } from './faults.ts';
import { type Names, request } from './names.ts';
import { type SignedRequest, type Verification, verifyRequest } from './signing.ts';

/** A server of somebody else in the fake Fediverse: it does what Mastodon would, remembers everything, and can be told to be rude. */

// biome-ignore lint/suspicious/noExplicitAny: activities are read by assertions.
export type Json = any;

/** One request that the peer got. */
export interface Recorded extends SignedRequest {
  readonly verification: Verification;
  /** Its body when it was a POST to an inbox that could be read. */
  readonly activity: Json;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface PeerOptions {
  /** Answers 401 to a GET of an actor or post without a good signature, as GoToSocial always does. */
  readonly isAuthorisedFetch?: boolean;
  /** Which form of signature it wants; a wrong one is answered 401. Both by default. */
  readonly form?: 'draft-cavage' | 'rfc9421';
  /** Answers a Follow with an Accept by itself. True by default. */
  readonly isOpen?: boolean;
  /** Keys for all its actors, to save the time of making them. */
  readonly keys?: Keys;
}

export interface Peer {
  readonly name: string;
  /** `http://peer.example` */
  readonly origin: string;
  /** Every request in order, also those that a fault answered. */
  readonly requests: Recorded[];
  /** The activities that came with a good signature, in order. */
  readonly inbox: Json[];
  /** What it serves besides its actors, by path. `undefined` as a value answers 410. */
  readonly documents: Map<string, Json>;
  /** An actor of this peer, made at the first call. */
  actor(name: string): Actor;
  /** Counts GETs, of one path or of all: "no outbound fetch" is `peer.gets() === 0`. */
  gets(path?: string): number;
  /** From now on requests to paths that begin so (`''`: all) get the fault, `times` times; the returned function ends it. */
  misbehave(path: string, fault: Fault, times?: number): () => void;
  /** Closes the port; the name still leads there. */
  die(): Promise<void>;
  /** Listens again on the same port. */
  revive(): Promise<void>;
}

interface Misbehaviour {
  readonly path: string;
  readonly fault: Fault;
  left: number;
}

/** Starts a peer under a name, on an address of its own. */
export async function createPeer(names: Names, name: string, options: PeerOptions = {}): Promise<Peer> {
  const address = names.nextAddress();
  const origin = `http://${name}`;
  const faults: Misbehaviour[] = [];
  const actors = new Map<string, Actor>();
  const peer: Omit<Peer, 'die' | 'revive'> = {
    name,
    origin,
    requests: [],
    inbox: [],
    documents: new Map(),
    actor(user) {
      const actor = actors.get(user) ?? createActor(names, { origin, user, keys: options.keys ?? makeKeys() });
      actors.set(user, actor);
      return actor;
    },
    gets: (path) =>
      peer.requests.filter((one) => one.method === 'GET' && (path === undefined || one.path === path)).length,
    misbehave(path, fault, times = Number.POSITIVE_INFINITY) {
      const one = { path, fault, left: times };
      faults.unshift(one);
      return () => void faults.splice(faults.indexOf(one), faults.includes(one) ? 1 : 0);
    },
  };
  const findFault = (path: string) => {
    const one = faults.find((fault) => fault.left > 0 && path.startsWith(fault.path));
    if (one) one.left -= 1;
    return one?.fault;
  };
  const receive = createReceiver(names, peer, actors, options);
  const handle = async (incoming: IncomingMessage, response: ServerResponse) => {
    // Asked before the first await, so that faults are handed out in the order of arrival.
    const fault = findFault(incoming.url ?? '/');
    const recorded = await receive.record(incoming);
    if (!fault || (await commitFault(fault, incoming, response))) receive.answer(recorded, response);
  };
  const door = await openDoor(address, handle);
  names.add(name, address, door.port);
  return Object.assign(peer, { die: door.close, revive: door.open });
}

/** Reads, judges and answers requests. */
function createReceiver(
  names: Names,
  peer: Pick<Peer, 'origin' | 'requests' | 'inbox' | 'documents'>,
  actors: Map<string, Actor>,
  options: PeerOptions,
) {
  const keys = new Map<string, string>();
  const fetchKey = async (keyId: string) => {
    const known = keys.get(keyId);
    if (known) return known;
    const { status, json } = await request(names, keyId.replace(/#.*/, ''), { headers: { accept: activityType } });
    const pem = status === 200 ? json().publicKey?.publicKeyPem : undefined;
    if (typeof pem !== 'string') throw new Error(`${keyId} answered ${status} and no key`);
    keys.set(keyId, pem);
    return pem;
  };
  const judge = async (signed: SignedRequest): Promise<Verification> => {
    try {
      const found = await verifyRequest(signed, fetchKey);
      const isOtherForm = found.kind === 'valid' && options.form !== undefined && found.form !== options.form;
      return isOtherForm ? { kind: 'wrong', reason: `this peer reads ${options.form} only` } : found;
    } catch (error) {
      return { kind: 'wrong', reason: (error as Error).message };
    }
  };
  return {
    async record(incoming: IncomingMessage): Promise<Recorded> {
      const chunks: Buffer[] = await Array.fromAsync(incoming);
      const { method = 'GET', url: path = '/', headers } = incoming;
      const signed: SignedRequest = { method, path, headers, body: Buffer.concat(chunks) };
      const at = Date.now();
      const recorded = { ...signed, verification: await judge(signed), activity: readActivity(signed), at };
      peer.requests.push(recorded);
      return recorded;
    },
    answer(recorded: Recorded, response: ServerResponse): void {
      const isGood = recorded.verification.kind === 'valid';
      if (recorded.method === 'POST') {
        if (isGood && recorded.activity !== undefined) takeIn(recorded.activity);
        response.writeHead(isGood ? 202 : 401).end();
        return;
      }
      const isPrivate = options.isAuthorisedFetch && !recorded.path.startsWith('/.well-known/');
      if (isPrivate && !isGood) response.writeHead(401).end('signed requests only');
      else serve(recorded.path, response);
    },
  };

  function takeIn(activity: Json) {
    peer.inbox.push(activity);
    const followed = typeof activity.object === 'string' ? activity.object : activity.object?.id;
    if (activity.type !== 'Follow' || options.isOpen === false) return;
    const actor = [...actors.values()].find(({ id }) => id === followed);
    actor?.accept(activity).catch(() => {});
  }

  function serve(path: string, response: ServerResponse) {
    const found = findDocument(peer, actors, path);
    if (found === 'gone') response.writeHead(410).end();
    else if (found === undefined) response.writeHead(404).end();
    else {
      const type = path.startsWith('/.well-known/webfinger')
        ? 'application/jrd+json'
        : `${activityType}; charset=utf-8`;
      response.writeHead(200, { 'content-type': type }).end(JSON.stringify(found));
    }
  }
}

const activityType = 'application/activity+json';

function readActivity({ method, body }: SignedRequest): Json {
  if (method !== 'POST') return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** What stands at a path: an actor, its WebFinger answer, a post, a collection. */
function findDocument(peer: Pick<Peer, 'origin' | 'documents'>, actors: Map<string, Actor>, path: string): Json {
  if (peer.documents.has(path)) return peer.documents.get(path) ?? 'gone';
  for (const actor of actors.values()) {
    const found = actor.findDocument(path);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A listening port that can be closed and opened again. */
async function openDoor(
  address: string,
  handle: (incoming: IncomingMessage, response: ServerResponse) => Promise<void>,
) {
  const sockets = new Set<Socket>();
  let server: Server;
  const door = {
    port: 0,
    async open() {
      server = createServer((incoming, response) => {
        handle(incoming, response).catch(() => response.destroy());
      });
      server.on('connection', (socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
        socket.on('error', () => {});
      });
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(door.port, address, resolve);
      });
      door.port = (server.address() as AddressInfo).port;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  await door.open();
  return door;
}
