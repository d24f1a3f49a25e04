import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { type Clock, systemClock } from '../clock.ts';
import { limits } from '../limits.ts';
import { failed, ok, type Result } from '../result.ts';
import { isReachable, type Network, readNetwork } from './address.ts';
import { checkHostname, isSchemeFine } from './hostname.ts';
import { findLabHosts, type LabHost } from './lab.ts';
import { lookUpWithDns, type NameFailure, type Resolver } from './resolver.ts';
import { TlsSessions } from './tls-sessions.ts';

/**
 * The one way out of this process. Every socket (fetches, deliveries, SMTP, push, certificates) comes from here: the name is
 * resolved once, every address is checked, and the connection goes to a checked address and not to the name, so an answer that
 * changes between check and use (DNS rebinding) changes nothing.
 */

/** What a connector is built from. Plain data: a sender thread gets it in a message and builds its own. */
export interface NetworkOptions {
  /** Networks opened besides the public Internet, as `10.20.0.0/16`. Empty in production. */
  readonly allowNetworks: readonly string[];
  /** The laboratory's names; when there are any, they are the whole DNS. Empty in production. */
  readonly labHosts: readonly LabHost[];
  /** A further certificate authority, PEM, trusted besides the usual ones. */
  readonly extraCa?: string;
}

/** Only the public Internet. */
export const publicNetwork: NetworkOptions = { allowNetworks: [], labHosts: [] };

/** Why there is no connection. */
export type ConnectReason = 'bad-host' | 'blocked-address' | NameFailure | 'refused' | 'timeout' | 'tls' | 'aborted';

/** A connection that did not come about; as an `Error` because undici hands it on as one. */
export class ConnectError extends Error {
  readonly reason: ConnectReason;

  constructor(reason: ConnectReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ConnectError';
    this.reason = reason;
  }
}

/** Where a raw socket goes. */
export interface ConnectRequest {
  /** Canonical host name, no port. */
  readonly host: string;
  readonly port: number;
  /** True: TLS from the first byte (https, smtps). */
  readonly tls: boolean;
  /** `http` and `https` obey the rule of schemes; `smtp` and others choose a line of the lab. */
  readonly scheme: string;
  /** From the name to a finished handshake; `limits.connectMs` when absent. */
  readonly timeoutMs?: number;
  readonly localAddress?: string;
  readonly signal?: AbortSignal;
}

/** What undici calls to open a connection (`new Agent({ connect })`). */
export type UndiciConnect = (
  options: { hostname: string; protocol: string; port?: string; localAddress?: string | null; [more: string]: unknown },
  callback: (error: Error | null, socket: Socket | null) => void,
) => void;

/** Opens sockets through the guard. One per thread, shared by everything in it: TLS sessions live here. */
export interface Connector {
  readonly network: NetworkOptions;
  connect(request: ConnectRequest): Promise<Result<Socket, ConnectError>>;
  readonly undiciConnect: UndiciConnect;
}

interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** More addresses than this of one name are not tried. */
const addressesTried = 4;

/**
 * Builds the connector.
 * @param resolver replaces DNS in unit tests; the lab's names, when there are any, come before it.
 * @throws when `allowNetworks` holds something that is no network: the settings reader has checked them before.
 */
export function createConnector(
  network: NetworkOptions,
  parts: { resolver?: Resolver; clock?: Clock } = {},
): Connector {
  const allowed = network.allowNetworks.map((text): Network => {
    const read = readNetwork(text);
    if (!read.ok) throw new Error(read.error);
    return read.value;
  });
  const { resolver = lookUpWithDns, clock = systemClock } = parts;
  const sessions = new TlsSessions();
  let context: SecureContext | undefined;
  const secureContext = (): SecureContext => {
    // One context for all: building one reads every certificate authority, which costs milliseconds.
    context ??= createSecureContext(
      network.extraCa === undefined ? {} : { ca: [...getCACertificates('default'), network.extraCa] },
    );
    return context;
  };

  async function resolve(request: ConnectRequest): Promise<Result<Endpoint[], ConnectError>> {
    const lines = findLabHosts(network.labHosts, request.host).filter((line) => line.scheme === request.scheme);
    if (lines.length > 0) {
      // A web URL with a port of its own keeps it; its usual port, and all other services, are where the file says.
      const isAsked = isWeb(request.scheme) && request.port !== usualPorts[request.scheme];
      return ok(lines.map((line) => ({ address: line.address, port: isAsked ? request.port : line.port })));
    }
    if (network.labHosts.length > 0 && !parts.resolver) {
      return failed(new ConnectError('name-not-found', `${request.host} is not a name of the laboratory`));
    }
    const found = await resolver(request.host);
    if (!found.ok) return failed(new ConnectError(found.error, `${request.host}: ${found.error}`));
    return ok(found.value.map((address) => ({ address, port: request.port })));
  }

  async function target(request: ConnectRequest): Promise<Result<Endpoint[], ConnectError>> {
    const name = checkHostname(request.host, network.labHosts);
    if (!name.ok) return failed(new ConnectError('bad-host', `${request.host}: ${name.error}`));
    const url = { protocol: `${request.scheme}:`, hostname: request.host };
    if (isWeb(request.scheme) && !isSchemeFine(url, network.labHosts)) {
      return failed(new ConnectError('bad-host', `${request.scheme} is not spoken to ${request.host}`));
    }
    const found = await resolve(request);
    if (!found.ok) return found;
    // One address that is not public spoils the name: a mixed answer is a trap or a misconfiguration (THREATS 36).
    const blocked = found.value.find(({ address }) => !isReachable(address, allowed));
    if (blocked !== undefined) {
      const message = `${request.host} leads to ${blocked.address}, which is not public`;
      return failed(new ConnectError('blocked-address', message));
    }
    if (found.value.length === 0) {
      return failed(new ConnectError('name-not-found', `${request.host} has no address`));
    }
    return found;
  }

  async function connect(request: ConnectRequest): Promise<Result<Socket, ConnectError>> {
    const deadline = new Deadline(clock, request.timeoutMs ?? limits.connectMs, request.host, request.signal);
    try {
      const found = await deadline.race(target(request));
      if (!found.ok) return found;
      const tcp = await openFirst(found.value.slice(0, addressesTried), request, deadline);
      if (!tcp.ok || !request.tls) return tcp;
      return await secure(tcp.value, request, deadline);
    } finally {
      deadline.clear();
    }
  }

  async function secure(
    tcp: Socket,
    request: ConnectRequest,
    deadline: Deadline,
  ): Promise<Result<Socket, ConnectError>> {
    const key = `${request.host}:${request.port}`;
    const socket = connectTls({
      socket: tcp,
      servername: request.host,
      secureContext: secureContext(),
      session: sessions.find(key),
      ALPNProtocols: ['http/1.1'],
    });
    // TLS 1.3 sends its tickets after the handshake, so the listener stays for the life of the socket.
    socket.on('session', (session) => sessions.save(key, session));
    const opened = await deadline.race(ready(socket, 'secureConnect', request.host));
    if (!opened.ok) {
      sessions.forget(key);
      socket.destroy();
      tcp.destroy();
    }
    return opened;
  }

  const undiciConnect: UndiciConnect = (options, callback) => {
    const scheme = options.protocol === 'https:' ? 'https' : 'http';
    connect({
      host: options.hostname,
      port: options.port ? Number(options.port) : usualPorts[scheme]!,
      tls: scheme === 'https',
      scheme,
      localAddress: options.localAddress ?? undefined,
    }).then((opened) => (opened.ok ? callback(null, opened.value) : callback(opened.error, null)), callback as never);
  };

  return { network, connect, undiciConnect };
}

const usualPorts: Record<string, number | undefined> = { http: 80, https: 443 };

const isWeb = (scheme: string): boolean => scheme === 'http' || scheme === 'https';

/** Tries the endpoints in turn; each may use its share of the time, so that one black hole does not use it all. */
async function openFirst(
  endpoints: readonly Endpoint[],
  request: ConnectRequest,
  deadline: Deadline,
): Promise<Result<Socket, ConnectError>> {
  const { host, localAddress } = request;
  let last: Result<Socket, ConnectError> = failed(new ConnectError('refused', host));
  for (const [index, { address, port }] of endpoints.entries()) {
    if (deadline.isOver()) return last;
    const socket = connectTcp({ host: address, port, noDelay: true, keepAlive: true, localAddress });
    const opening = ready(socket, 'connect', host);
    // The last one may use all that is left, and needs no second timer for that.
    const share = index < endpoints.length - 1 ? deadline.share(endpoints.length - index) : undefined;
    last = await deadline.race(share ? share.race(opening) : opening);
    share?.clear();
    if (last.ok) return last;
    socket.destroy();
  }
  return last;
}

/** What only the network does to a handshake; every other error of one is about certificates or protocol versions. */
const networkCodes = ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED'];

/** Waits until a socket is open. */
function ready(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  host: string,
): Promise<Result<Socket, ConnectError>> {
  return new Promise((resolve) => {
    // The listener stays: a reset between here and the caller's own listener must not end the process.
    socket.on('error', (error: Error & { code?: string }) => {
      const isTls = event === 'secureConnect' && !networkCodes.includes(error.code ?? '');
      resolve(failed(new ConnectError(isTls ? 'tls' : 'refused', `${host}: ${error.message}`, error)));
    });
    socket.once('close', () => resolve(failed(new ConnectError('refused', `${host}: closed before it was open`))));
    socket.once(event, () => resolve(ok(socket)));
  });
}

/** A time-out and the caller's abort signal, as one result. */
class Deadline {
  readonly #clock: Clock;
  readonly #host: string;
  readonly #endsAt: number;
  readonly #over: Promise<ConnectError>;
  #clear: () => void = () => {};
  #isOver = false;

  constructor(clock: Clock, timeoutMs: number, host: string, signal?: AbortSignal) {
    this.#clock = clock;
    this.#host = host;
    this.#endsAt = clock.monotonic() + timeoutMs;
    this.#over = new Promise((resolve) => {
      const end = (reason: 'timeout' | 'aborted') => {
        this.#isOver = true;
        resolve(new ConnectError(reason, `${host}: ${reason === 'timeout' ? 'no connection in time' : 'given up'}`));
      };
      const cancel = clock.after(timeoutMs, () => end('timeout'));
      const onAbort = () => end('aborted');
      if (signal?.aborted) onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#clear = () => {
        cancel();
        signal?.removeEventListener('abort', onAbort);
      };
    });
  }

  /** The result, or the time-out when that comes first. */
  race<T>(result: Promise<Result<T, ConnectError>>): Promise<Result<T, ConnectError>> {
    return Promise.race([result, this.#over.then((error) => failed(error))]);
  }

  /** What each of `parts` may use of the time that is left. */
  share(parts: number): Deadline {
    const leftMs = Math.max(0, this.#endsAt - this.#clock.monotonic());
    return new Deadline(this.#clock, leftMs / parts, this.#host);
  }

  isOver(): boolean {
    return this.#isOver;
  }

  clear(): void {
    this.#clear();
  }
}
