import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type Answer, labNetwork, type Names, type RequestOptions, request, waitFor } from './names.ts';

/** A real Canari, in its own process on its own data folder, as the people of a fake Fediverse meet it. */

const program = join(import.meta.dirname, '..', '..', 'bin', 'canari');

export interface PlaceOptions {
  /** The name of the person whose place it is. */
  readonly person: string;
  readonly passphrase?: string;
  /** More variables, by their whole name: `CANARI_LOG_LEVEL`. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** For benchmarks; tests start without. */
export interface StartOptions {
  /** More variables for this start. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The page that must be answered with 200; NodeInfo with any status by default. */
  readonly firstPage?: string;
  /** How often it is asked until then. */
  readonly everyMs?: number;
}

/** How a command ended. */
export interface CommandEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ApiOptions extends RequestOptions {
  readonly token?: string;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
}

export interface Place {
  readonly name: string;
  readonly origin: string;
  readonly address: string;
  readonly port: number;
  readonly dataFolder: string;
  readonly person: string;
  readonly passphrase: string;
  readonly sharedInbox: string;
  /** What the server has written, both streams. */
  log(): string;
  /** `setup`, then `start`. */
  begin(): Promise<void>;
  /** Runs `canari …` on this data folder. */
  command(args: readonly string[], stdin?: string): Promise<CommandEnd>;
  /** Like `command`; throws with the command's words when it fails. Returns standard output without the last line end. */
  run(args: readonly string[], stdin?: string): Promise<string>;
  setup(): Promise<void>;
  /** Resolves when the server answers; rejects with its words when it ends first. */
  start(options?: StartOptions): Promise<void>;
  /** SIGTERM, and waits for the end; returns the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
  /** The server's process. */
  processId(): number;
  /** Resident memory of the server's process, bytes. */
  rssBytes(): number;
  token(scope?: string): Promise<string>;
  /** Asks a path of the place. */
  ask(path: string, options?: ApiOptions): Promise<Answer>;
  /** The actor document of the person, asked as a peer would: WebFinger first. */
  actor(): Promise<{ id: string; inbox: string; endpoints: { sharedInbox: string } } & Record<string, unknown>>;
}

/** Gives a place its name, address and folder; `begin` starts it. */
export async function createPlace(names: Names, name: string, options: PlaceOptions): Promise<Place> {
  const address = names.nextAddress();
  const port = await findFreePort(address);
  names.add(name, address, port);
  const origin = `http://${name}`;
  const dataFolder = join(names.folder, `data-${name}`);
  const passphrase = options.passphrase ?? `the passphrase of ${options.person}`;
  const environment = {
    PATH: process.env.PATH,
    HOME: names.folder,
    LANG: 'en_US.UTF-8',
    CANARI_DATA: dataFolder,
    CANARI_ADDRESS: address,
    CANARI_PORT: String(port),
    CANARI_ORIGIN: origin,
    CANARI_LAB_HOSTS: names.file,
    CANARI_ALLOW_NETWORKS: labNetwork,
    ...options.environment,
  };
  const server = createServerProcess(names, environment);
  const command = (args: readonly string[], stdin = '') => runCommand(args, stdin, names.folder, environment);
  const place: Place = {
    ...{ name, origin, address, port, dataFolder, passphrase, person: options.person, sharedInbox: `${origin}/inbox` },
    ...server,
    command,
    async run(args, stdin) {
      const { code, stdout, stderr } = await command(args, stdin);
      if (code !== 0) throw new Error(`canari ${args.join(' ')} ended with ${code}: ${stderr}`);
      return stdout.replace(/\n$/, '');
    },
    async setup() {
      await place.run(['setup', '--domain', name, '--person', options.person, '--passphrase-stdin'], `${passphrase}\n`);
    },
    start: (start = {}) =>
      server.start(start, async () => {
        const { status } = await place.ask(start.firstPage ?? '/.well-known/nodeinfo', { timeoutMs: 2_000 });
        return start.firstPage === undefined || status === 200;
      }),
    async begin() {
      await place.setup();
      await place.start();
    },
    token: (scope = 'read write follow push') => place.run(['token', options.person, '--scope', scope]),
    ask: (path, ask = {}) => request(names, origin + path, readApiOptions(ask)),
    async actor() {
      const account = encodeURIComponent(`acct:${options.person}@${name}`);
      const found = (await place.ask(`/.well-known/webfinger?resource=${account}`)).json();
      const { href } = found.links.find((link: { rel: string }) => link.rel === 'self');
      return (await request(names, href, { headers: { accept: 'application/activity+json' } })).json();
    },
  };
  return place;
}

/** The part of a place that is its process. */
function createServerProcess(names: Names, environment: Record<string, string | undefined>) {
  let child: ChildProcess | undefined;
  let written = '';
  const end = async (signal: NodeJS.Signals) => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return running?.exitCode ?? null;
    const ended = new Promise<number | null>((resolve) => running.once('exit', resolve));
    running.kill(signal);
    return ended;
  };
  return {
    log: () => written,
    async start(options: StartOptions, ask: () => Promise<boolean>) {
      names.freeze();
      // Started by the Node that runs the tests, so that the process id is the server's own.
      const env = { ...environment, ...options.environment };
      const started = spawn(process.execPath, [program, 'serve'], { cwd: names.folder, env, stdio: 'pipe' });
      child = started;
      started.stdin?.end();
      const first = written.length;
      for (const stream of [started.stdout, started.stderr]) {
        stream?.setEncoding('utf8').on('data', (text) => {
          written += text;
        });
      }
      const hasEnded = () => started.exitCode !== null || started.signalCode !== null;
      try {
        await waitFor('the server answers', () => hasEnded() || ask(), 20_000, options.everyMs);
      } catch (error) {
        throw new Error(`${(error as Error).message}; it said: ${written.slice(first)}`, { cause: error });
      }
      if (hasEnded()) throw new Error(`the server ended with ${started.exitCode}: ${written.slice(first)}`);
    },
    stop: () => end('SIGTERM'),
    async kill() {
      await end('SIGKILL');
    },
    processId() {
      if (child?.pid === undefined) throw new Error('the server does not run');
      return child.pid;
    },
    rssBytes() {
      const status = readFileSync(`/proc/${this.processId()}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) * 1024;
    },
  };
}

function runCommand(args: readonly string[], stdin: string, cwd: string, env: Record<string, string | undefined>) {
  const { promise, resolve, reject } = Promise.withResolvers<CommandEnd>();
  const child = spawn(process.execPath, [program, ...args], { cwd, env, stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  child.stdin.on('error', () => {});
  child.stdin.end(stdin);
  child.on('error', reject);
  child.on('close', (code) => resolve({ code, stdout, stderr }));
  return promise;
}

/** A port that was free a moment ago; on an address of its own nobody else takes it. */
async function findFreePort(address: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function readApiOptions({ token, json, form, ...rest }: ApiOptions): RequestOptions {
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  if (json === undefined && form === undefined) return { ...rest, headers: { ...authorization, ...rest.headers } };
  const contentType = json === undefined ? 'application/x-www-form-urlencoded' : 'application/json';
  return {
    method: 'POST',
    ...rest,
    headers: { 'content-type': contentType, ...authorization, ...rest.headers },
    body: json === undefined ? new URLSearchParams(form).toString() : JSON.stringify(json),
  };
}
