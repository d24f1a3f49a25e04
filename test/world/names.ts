import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The names of a fake Fediverse and the requests that tests make to them. The same file of names is Canari's resolver
 * (`CANARI_LAB_HOSTS`, DESIGN section 7): everything is plain http on 127.77.0.0/16.
 */

/** The only network that a place under test may connect to. */
export const labNetwork = '127.77.0.0/16';

/** The names of one world. */
export interface Names {
  /** The file for `CANARI_LAB_HOSTS`. */
  readonly file: string;
  /** A folder of this world, removed at its end. */
  readonly folder: string;
  /** An address of 127.77.0.0/16 that nothing else of this process uses. */
  nextAddress(): string;
  /** Adds a line. A running place has read the file already: throws then. */
  add(name: string, address: string, port: number): void;
  /** From now on `add` throws. */
  freeze(): void;
  find(name: string): { address: string; port: number } | undefined;
  remove(): void;
}

/** Processes that test at the same time should not meet: the third number comes from the process id. */
let nextHost = 0;

/** Begins a world without names. */
export function createNames(): Names {
  const folder = mkdtempSync(join(tmpdir(), 'canari-world-'));
  const file = join(folder, 'hosts');
  const lines = new Map<string, { address: string; port: number }>();
  let isFrozen = false;
  const write = () => {
    writeFileSync(file, [...lines].map(([name, to]) => `${name} ${to.address} ${to.port} http\n`).join(''));
  };
  write();
  return {
    file,
    folder,
    nextAddress: () => `127.77.${process.pid % 256}.${(nextHost++ % 254) + 1}`,
    add(name, address, port) {
      if (isFrozen) throw new Error(`${name} comes too late: a place reads the names once, when it starts`);
      lines.set(name, { address, port });
      write();
    },
    freeze() {
      isFrozen = true;
    },
    find: (name) => lines.get(name),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** An answer, whatever its status. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  text(): string;
  /** The body as JSON; throws a sentence with the status and the beginning of the body when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they then assert.
  json(): any;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
  /** The client's own address; a place counts connections by it. */
  readonly from?: string;
  readonly timeoutMs?: number;
}

/** Asks a name of the world, without following redirects. Rejects when there is no answer within `timeoutMs` (10 s). */
export function request(names: Names, url: string, options: RequestOptions = {}): Promise<Answer> {
  const { hostname, host, pathname, search } = new URL(url);
  const line = names.find(hostname);
  if (!line) return Promise.reject(new Error(`${hostname} is no name of this world`));
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const outgoing = httpRequest(
    {
      host: line.address,
      port: line.port,
      localAddress: options.from,
      method: options.method ?? 'GET',
      path: pathname + search,
      headers: { host, ...options.headers },
      timeout: options.timeoutMs ?? 10_000,
      agent: false,
    },
    (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve(readAnswer(url, incoming.statusCode ?? 0, incoming.headers, Buffer.concat(chunks))),
      );
    },
  );
  outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer from ${url}`)));
  outgoing.on('error', reject);
  outgoing.end(options.body);
  return promise;
}

function readAnswer(url: string, status: number, headers: IncomingHttpHeaders, body: Buffer): Answer {
  const text = () => body.toString('utf8');
  return {
    status,
    headers,
    body,
    text,
    json() {
      try {
        return JSON.parse(text());
      } catch {
        throw new Error(`${url} answered ${status} and no JSON: ${text().slice(0, 300)}`);
      }
    },
  };
}

/**
 * Waits until `read` gives something that is not undefined, null or false, and returns it.
 * @throws an error that says what was waited for, with the last error of `read` when it threw.
 */
export async function waitFor<T>(
  what: string,
  read: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  timeoutMs = 10_000,
  everyMs = 20,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  while (performance.now() < deadline) {
    try {
      const value = await read();
      if (value !== undefined && value !== null && value !== false) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  throw new Error(`waited ${timeoutMs} ms in vain: ${what}`, { cause: last });
}
