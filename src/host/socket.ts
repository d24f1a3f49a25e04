import { chmodSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { CanariError, type Doing } from '../base/errors.ts';
import { failed, ok, type Result } from '../base/result.ts';

/**
 * How commands speak with the running server: one Unix socket in the data folder, one line of JSON asked, one answered.
 *   asked     {"command":"token","request":{…}}
 *   answered  {"value":…} or {"error":{"code":…,"message":…,"doing":…,"status":…,"hint":…,"values":{…}}}
 * Who can open the socket (mode 0600) is the system user of the server, and may do everything.
 */

/** What the server does for a command; a thrown or returned CanariError reaches the person at the command line. */
export type CommandHandlers = Readonly<Record<string, (request: unknown) => Promise<unknown>>>;

export interface CommandRequest {
  readonly command: string;
  readonly request: unknown;
}

/** A passphrase and names; nothing that a command asks is longer. */
const lineBytes = 64 * 1024;
/** What our own server answers: lists of servers with their words. */
const answerBytes = 4 * 1024 * 1024;
/** The other side writes its line at once; a silent one is cut. */
const lineMs = 10_000;
/** Argon2, a key and a transaction, on a slow and busy machine. */
const answerMs = 60_000;
/** `sun_path` of Linux holds 108 bytes with its final zero, that of macOS 104. */
const pathBytes = 103;

/**
 * Listens for commands. Call it with the lock held: a socket that a killed server left is removed first.
 * @throws CanariError `CANARI_SOCKET_PATH` when the data folder's path is too long for a socket.
 */
export async function listenForCommands(path: string, handlers: CommandHandlers): Promise<{ close(): Promise<void> }> {
  if (Buffer.byteLength(path) > pathBytes) {
    throw new CanariError('CANARI_SOCKET_PATH', `the path ${path} is too long for a Unix socket`, {
      hint: `Choose a data folder with a shorter path; the socket in it may have ${pathBytes} bytes.`,
      values: { path, bytes: pathBytes },
    });
  }
  rmSync(path, { force: true });
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    answer(socket, handlers).catch(() => socket.destroy());
  });
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject);
  // The socket is made inside this call: with the mask it is nobody else's from its first moment.
  const mask = process.umask(0o177);
  server.listen(path, listening.resolve);
  process.umask(mask);
  await listening.promise;
  chmodSync(path, 0o600);
  return {
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

async function answer(socket: Socket, handlers: CommandHandlers) {
  const line = await readLine(socket, lineMs, lineBytes);
  if (line === undefined) {
    socket.destroy();
    return;
  }
  socket.end(`${JSON.stringify(await handle(line, handlers))}\n`);
}

async function handle(line: string, handlers: CommandHandlers): Promise<object> {
  try {
    const { command, request } = JSON.parse(line) as CommandRequest;
    const handler = Object.hasOwn(handlers, command) ? handlers[command] : undefined;
    if (!handler) {
      throw new CanariError('CANARI_COMMAND_UNKNOWN', `the running server knows no command ${command}`, {
        hint: 'It is another version of Canari: restart it.',
        values: { command: String(command) },
      });
    }
    return { value: (await handler(request)) ?? null };
  } catch (error) {
    return { error: writeError(error) };
  }
}

function writeError(error: unknown): object {
  if (!(error instanceof CanariError))
    return { code: 'CANARI_UNEXPECTED', message: String(error), doing: 'ours', status: 500 };
  const { code, message, doing, status, hint, values } = error;
  return { code, message, doing, status, hint, values };
}

function readError(error: Record<string, unknown>): CanariError {
  return new CanariError(String(error.code), String(error.message), {
    doing: error.doing as Doing,
    status: Number(error.status),
    hint: String(error.hint ?? ''),
    values: (error.values ?? {}) as Record<string, string | number>,
  });
}

/** One line, or undefined when the other side ends, says too much or stays silent for `silenceMs`. Rejects when the socket breaks. */
function readLine(socket: Socket, silenceMs: number, mostBytes: number): Promise<string | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  socket.setTimeout(silenceMs, () => resolve(undefined));
  socket.on('error', reject);
  socket.on('end', () => resolve(undefined));
  socket.on('close', () => resolve(undefined));
  socket.on('data', (chunk: Buffer) => {
    const end = chunk.indexOf('\n');
    chunks.push(end === -1 ? chunk : chunk.subarray(0, end));
    bytes += chunk.length;
    if (end === -1 && bytes <= mostBytes) return;
    socket.pause();
    socket.setTimeout(0);
    resolve(end === -1 ? undefined : Buffer.concat(chunks).toString('utf8'));
  });
  return promise;
}

/**
 * Asks the server that runs on this data folder.
 * @returns its answer, its refusal, or `not-running` when nobody listens (no socket, or one that a killed server left).
 */
export async function askRunningServer(
  path: string,
  asked: CommandRequest,
): Promise<Result<unknown, CanariError | 'not-running'>> {
  const socket = createConnection(path);
  try {
    const connected = Promise.withResolvers<void>();
    socket.once('connect', connected.resolve);
    socket.once('error', connected.reject);
    await connected.promise;
    const line = readLine(socket, answerMs, answerBytes);
    socket.write(`${JSON.stringify(asked)}\n`);
    const text = await line;
    if (text === undefined) return failed(noAnswer(path));
    const { error, value } = JSON.parse(text) as { error?: Record<string, unknown>; value?: unknown };
    return error ? failed(readError(error)) : ok(value);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return failed('not-running');
    return failed(code === 'EACCES' ? notYours(path) : noAnswer(path, message));
  } finally {
    socket.destroy();
  }
}

const notYours = (path: string) =>
  new CanariError('CANARI_SOCKET_NOT_YOURS', `${path} belongs to another system user`, {
    hint: 'Run the command as the user that runs the server.',
    status: 403,
    values: { path },
  });

const noAnswer = (path: string, reason = 'it ended without an answer') =>
  new CanariError('CANARI_SERVER_SILENT', `the running server did not answer: ${reason}`, {
    doing: 'ours',
    status: 503,
    hint: 'It may be stopping. Look at its log, then try again.',
    values: { path, reason },
  });
