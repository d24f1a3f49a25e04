import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';

/** Listens where a place must never connect: 127.0.0.1, and ::1 where the machine has it. Any connection fails the test. */
export interface Canary {
  /** The same port on every address. */
  readonly port: number;
  /** Where it was touched, in order. */
  readonly touched: string[];
  close(): Promise<void>;
}

/** Puts the canary there. */
export async function createCanary(): Promise<Canary> {
  const touched: string[] = [];
  const listen = async (address: string, port: number): Promise<Server> => {
    const server = createServer((socket) => {
      touched.push(`${address} from ${socket.remoteAddress}`);
      socket.destroy();
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address, port, ipv6Only: address === '::1' }, resolve);
    });
    return server;
  };
  const first = await listen('127.0.0.1', 0);
  const { port } = first.address() as AddressInfo;
  const servers = [first];
  try {
    servers.push(await listen('::1', port));
  } catch {
    // A machine without IPv6, or the port is taken there: 127.0.0.1 still watches.
  }
  return {
    port,
    touched,
    close: async () => {
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}
