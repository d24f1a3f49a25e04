import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { limits } from '../base/limits.ts';
import { logger } from '../base/log.ts';
import type { Network } from '../base/net/address.ts';
import { type AnswerOptions, answer } from './answer.ts';
import { OpenPerAddress } from './limits-per-address.ts';
import { isTrusted, plainAddress } from './request.ts';

const log = logger('http');

export interface ServerOptions extends Omit<AnswerOptions, 'openRequests'> {
  readonly trustedProxies: readonly Network[];
  /** For tests; `limits.connectionsPerAddress` otherwise. */
  readonly connectionsPerAddress?: number;
}

export interface HttpServer {
  /** Port 0 takes a free one. Rejects when the port is taken. */
  listen(where: { address: string; port: number }): Promise<AddressInfo>;
  /** Takes no new connection, finishes what is under way within 10 seconds, then cuts the rest. */
  stop(): Promise<void>;
}

/** How long an answer under way may still take when the server stops (fault F16). */
const stopWithinMs = 10_000;

/** Browsers and proxies keep a connection longer than Node's 5 s; behind a proxy a short one costs failed requests. */
const keepAliveMs = 65_000;

/** Serves every place of this process. Slow senders are dropped on time (THREATS 71), and one address holds only so many connections. */
export function createHttpServer(options: ServerOptions): HttpServer {
  const most = options.connectionsPerAddress ?? limits.connectionsPerAddress;
  const connections = new OpenPerAddress(most);
  const settings: AnswerOptions = { ...options, openRequests: new OpenPerAddress(most) };
  let isStopping = false;

  const listener = getRequestListener(
    async (request, env) => {
      const response = await answer(settings, request, env as HttpBindings).catch(renderCollapse);
      if (isStopping) response.headers.set('Connection', 'close');
      return response;
    },
    {
      errorHandler: () =>
        new Response('This request cannot be read.\n', { status: 400, headers: { Connection: 'close' } }),
    },
  );
  const server = createServer(
    {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      // How often the two above are checked: a slow sender lasts at most this much longer.
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: keepAliveMs,
      maxHeaderSize: 16_384,
      requireHostHeader: true,
      noDelay: true,
    },
    listener,
  );
  server.maxHeadersCount = 100;
  server.on('connection', (socket) => limitConnection(socket, connections, options.trustedProxies));
  server.on('clientError', answerUnreadable);
  server.on('upgrade', (_request: IncomingMessage, socket: Socket) => {
    socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  });

  return {
    listen: ({ address, port }) => listen(server, address, port),
    stop() {
      isStopping = true;
      return stop(server, options);
    },
  };
}

/** Failing to say what failed: nothing of ours is left but a plain sentence, and the log. */
function renderCollapse(error: unknown): Response {
  log.error('A request could not be answered: {error}', { error });
  return new Response('Our doing: this page could not be made.\n', { status: 500 });
}

/** Connections of trusted proxies carry many clients; their requests are counted one by one instead (answer.ts). */
function limitConnection(socket: Socket, connections: OpenPerAddress, trusted: readonly Network[]): void {
  const address = plainAddress(socket.remoteAddress ?? '');
  if (isTrusted(address, trusted)) return;
  const giveBack = connections.take(address);
  if (giveBack) socket.once('close', giveBack);
  else socket.destroy();
}

/** What is no HTTP, too large or too slow: the short answer that fits, then the connection ends. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
}

function listen(server: Server, address: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      resolve(server.address() as AddressInfo);
    });
  });
}

function stop(server: Server, { clock }: Pick<ServerOptions, 'clock'>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(stopWithinMs, () => {
      log.warning('Requests were still under way after {ms} ms and were cut.', { ms: stopWithinMs });
      server.closeAllConnections();
    });
    server.close(() => {
      cancel();
      resolve();
    });
    server.closeIdleConnections();
  });
}
