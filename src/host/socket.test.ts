import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CanariError } from '../base/errors.ts';
import { askRunningServer, listenForCommands } from './socket.ts';

const folder = mkdtempSync(join(tmpdir(), 'canari-socket-'));
after(() => rmSync(folder, { recursive: true }));

const handlers = {
  double: async (request: unknown) => Number(request) * 2,
  nothing: async () => undefined,
  refuse: async () => {
    throw new CanariError('CANARI_TEST', 'no', { hint: 'yes', status: 409, values: { limit: 3 } });
  },
  break: async () => {
    throw new TypeError('boom');
  },
};

describe('the socket for commands', () => {
  const path = join(folder, 'commands.sock');
  let server: { close(): Promise<void> };
  before(async () => {
    server = await listenForCommands(path, handlers);
  });
  after(() => server.close());

  const ask = (command: string, request?: unknown) => askRunningServer(path, { command, request });

  it('carries a request and its answer, several at once', async () => {
    const answers = await Promise.all([1, 2, 3].map((number) => ask('double', number)));
    assert.deepEqual(
      answers,
      [2, 4, 6].map((value) => ({ ok: true, value })),
    );
    assert.deepEqual(await ask('nothing'), { ok: true, value: null });
  });

  it('is for the system user of the server only', () => {
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it('carries a refusal with everything that its reader needs', async () => {
    const answer = await ask('refuse');
    assert.ok(!answer.ok && answer.error instanceof CanariError);
    const { code, message, hint, status, values } = answer.error;
    assert.deepEqual(
      { code, message, hint, status, values },
      {
        code: 'CANARI_TEST',
        message: 'no',
        hint: 'yes',
        status: 409,
        values: { limit: 3 },
      },
    );
  });

  it('survives a bug in a command, an unknown command and words that are no JSON', async () => {
    const codeOf = async (command: string) => {
      const answer = await ask(command);
      return !answer.ok && answer.error instanceof CanariError && answer.error.code;
    };
    assert.equal(await codeOf('break'), 'CANARI_UNEXPECTED');
    assert.equal(await codeOf('constructor'), 'CANARI_COMMAND_UNKNOWN');
    const socket = createConnection(path);
    socket.end('not json\n');
    assert.match(String((await once(socket, 'data'))[0]), /"error"/);
    assert.equal((await ask('double', 4)).ok, true);
  });

  it('cuts a line that does not end', async () => {
    await new Promise<void>((resolve) => {
      const socket = createConnection(path).on('error', () => {});
      socket.on('close', () => resolve());
      socket.write('x'.repeat(200 * 1024));
    });
    assert.equal((await ask('double', 4)).ok, true);
  });
});

describe('asking a server that does not run', () => {
  it('says so when there is no socket', async () => {
    assert.deepEqual(await askRunningServer(join(folder, 'none.sock'), { command: 'double', request: 1 }), {
      ok: false,
      error: 'not-running',
    });
  });

  it('says so when a killed server left its socket, and the next server takes its place', async () => {
    const path = join(folder, 'stale.sock');
    const socket = new URL('./socket.ts', import.meta.url).href;
    const code = `import { listenForCommands } from ${JSON.stringify(socket)};
      await listenForCommands(${JSON.stringify(path)}, {});
      console.log('listening');`;
    const killed = spawn(process.execPath, ['--input-type=module', '--eval', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(killed.stdout!, 'data');
    const ended = once(killed, 'exit');
    killed.kill('SIGKILL');
    await ended;
    assert.ok(existsSync(path));
    const answer = await askRunningServer(path, { command: 'double', request: 1 });
    assert.deepEqual(answer, { ok: false, error: 'not-running' });
    const server = await listenForCommands(path, handlers);
    assert.deepEqual(await askRunningServer(path, { command: 'double', request: 1 }), { ok: true, value: 2 });
    await server.close();
  });

  it('says that a path is too long before the system cuts it', async () => {
    await assert.rejects(listenForCommands(join(folder, 'x'.repeat(100)), {}), { code: 'CANARI_SOCKET_PATH' });
  });
});
