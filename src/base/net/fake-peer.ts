import { readFileSync } from 'node:fs';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';
import type { NetworkOptions } from './connector.ts';
import type { LabHost } from './lab.ts';

/** Servers for tests: on 127.77.x.y, behind names of a laboratory, with the address guard on. Nothing outside tests imports this. */

/** The one network that tests open. */
export const labNetwork = '127.77.0.0/16';

const fixture = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');

/** The authority of the fixtures, for `NetworkOptions.extraCa`. */
export const labCa = (): string => fixture('ca.pem');

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export interface FakePeer {
  /** The lines that lead to it. */
  readonly hosts: LabHost[];
  readonly port: number;
  /** Every request it got, in order: "no outbound fetch" is an assertion. */
  readonly seen: SeenRequest[];
  /** Sockets that were opened to it. */
  readonly connections: { count: number };
  close(): Promise<void>;
}

export type Answer = (request: SeenRequest, response: ServerResponse) => void;

/** Starts a web server under the given names; https with the fixture certificate (`peer.test`, `*.peer.test`), or the expired one. */
export async function startPeer(
  names: readonly string[],
  answer: Answer,
  options: { address?: string; scheme?: 'http' | 'https'; isExpired?: boolean } = {},
): Promise<FakePeer> {
  const seen: SeenRequest[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers, rawHeaders } = request;
      const record = { method, url, headers, rawHeaders, body: Buffer.concat(chunks) };
      seen.push(record);
      answer(record, response);
    });
  };
  const { address = '127.77.1.1', scheme = 'http' } = options;
  const certificate = { key: fixture('peer.key'), cert: fixture(options.isExpired ? 'expired.pem' : 'peer.pem') };
  const server = scheme === 'https' ? createHttps(certificate, listener) : createHttp(listener);
  return listen(server, { names, address, scheme, seen });
}

/** Starts a server that speaks bytes, for what no HTTP server would do. */
export async function startRawPeer(
  names: readonly string[],
  onSocket: (socket: Socket) => void,
  options: { address?: string; scheme?: string } = {},
): Promise<FakePeer> {
  const server = createTcp((socket) => {
    socket.on('error', () => {});
    onSocket(socket);
  });
  return listen(server, {
    names,
    address: options.address ?? '127.77.1.2',
    scheme: options.scheme ?? 'http',
    seen: [],
  });
}

async function listen(
  server: Server,
  peer: { names: readonly string[]; address: string; scheme: string; seen: SeenRequest[] },
): Promise<FakePeer> {
  const { names, address, scheme, seen } = peer;
  const sockets = new Set<Socket>();
  const connections = { count: 0 };
  server.on('connection', (socket: Socket) => {
    connections.count += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    hosts: names.map((name) => ({ name, address, port, scheme })),
    port,
    seen,
    connections,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** A listener where nobody may come: any connection is a hole in the guard. */
export const startCanary = (address = '127.0.0.1'): Promise<FakePeer> =>
  startRawPeer(['canary.test'], (socket) => socket.destroy(), { address });

/** The laboratory's network with these peers in it. */
export function labOf(peers: readonly FakePeer[], more: Partial<NetworkOptions> = {}): NetworkOptions {
  return { allowNetworks: [labNetwork], labHosts: peers.flatMap((peer) => peer.hosts), extraCa: labCa(), ...more };
}
