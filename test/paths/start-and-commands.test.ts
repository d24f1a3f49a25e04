import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { waitFor } from '../world/names.ts';
import type { Place } from '../world/place.ts';
import { createWorld, type World } from '../world/world.ts';

const program = join(import.meta.dirname, '..', '..', 'bin', 'canari');

describe('an operator starts a place and commands it', () => {
  let world: World;
  let place: Place;
  before(async () => {
    world = await createWorld();
    place = await world.place('alice.example', { person: 'alice' });
  });
  after(() => world.end());

  it('sets it up while no server runs, showing recovery codes once', async () => {
    const { code, stdout } = await place.command(
      ['setup', '--domain', 'alice.example', '--person', 'alice', '--passphrase-stdin'],
      `${place.passphrase}\n`,
    );
    assert.equal(code, 0);
    assert.match(stdout, /http:\/\/alice\.example/);
    assert.equal(stdout.match(/^ {2}[a-z0-9]{5}-[a-z0-9]{5}$/gm)?.length, 8);
    assert.equal(statSync(place.dataFolder).mode & 0o777, 0o700);
    const again = await place.command(
      ['setup', '--domain', 'alice.example', '--person', 'bob', '--passphrase-stdin'],
      'a b c d e f\n',
    );
    assert.equal(again.code, 1);
    assert.equal(again.stdout, '');
  });

  it('prints one block, loud about the laboratory, without a start link when somebody lives there', async () => {
    await place.start();
    await waitFor('the block', () => place.log().includes('CANARI_ALLOW_NETWORKS'));
    assert.match(place.log(), /^Canari is at http:\/\/alice\.example\n/);
    assert.match(place.log(), /LABORATORY/);
    assert.doesNotMatch(place.log(), /\/start\?key=/);
  });

  it('prints nothing but the token, from the running server and from the folder alike', async () => {
    const first = await place.command(['token', 'alice', '--scope', 'read write']);
    assert.equal(first.stderr, '');
    assert.match(first.stdout, /^[\w-]{40,}\n$/);
    const verify = { token: first.stdout.trim() };
    assert.equal((await place.ask('/api/v1/accounts/verify_credentials', verify)).json().username, 'alice');
    await place.stop();
    const second = await place.command(['token', 'alice', '--scope', 'read']);
    assert.match(second.stdout, /^[\w-]{40,}\n$/);
    await place.start();
    assert.equal((await place.ask('/api/v1/accounts/verify_credentials', { token: second.stdout.trim() })).status, 200);
    assert.equal((await place.ask('/api/v1/accounts/verify_credentials', verify)).status, 200);
  });

  it('refuses unknown people, scopes and weak passphrases with a sentence', async () => {
    const unknown = await place.command(['token', 'nobody']);
    assert.deepEqual([unknown.code, unknown.stdout], [1, '']);
    assert.match(unknown.stderr, /Nobody here is called nobody\./);
    assert.equal((await place.command(['token', 'alice', '--scope', 'everything'])).code, 1);
    const weak = await place.command(['passphrase', 'alice', '--passphrase-stdin'], 'short\n');
    assert.equal(weak.code, 1);
    assert.match(weak.stderr, /at least 10 characters/);
  });

  it('changes the passphrase, which ends what was signed in', async () => {
    const token = await place.token('read');
    const changed = await place.command(['passphrase', 'alice', '--passphrase-stdin'], 'quite another passphrase\n');
    assert.equal(changed.code, 0);
    assert.equal((await place.ask('/api/v1/accounts/verify_credentials', { token })).status, 401);
  });

  it('is looked at by the doctor', async () => {
    const { code, stdout } = await place.command(['doctor']);
    assert.equal(code, 0);
    assert.match(stdout, /ok {3}The server runs\.\nok {3}alice\.example is set up\./);
  });

  it('lets no second server in', async () => {
    const second = await place.command(['serve']);
    assert.equal(second.code, 1);
    assert.match(second.stderr, /another Canari is using/i);
  });

  it('finds everything again after kill -9, and takes the socket that was left', async () => {
    const token = await place.token('read');
    await place.kill();
    assert.ok(existsSync(join(place.dataFolder, 'commands.sock')));
    await place.start();
    assert.equal((await place.ask('/api/v1/accounts/verify_credentials', { token })).json().username, 'alice');
    assert.match(await place.token(), /^[\w-]{40,}$/);
  });

  it('stops in order when it is asked to', async () => {
    assert.equal(await place.stop(), 0);
    assert.equal(existsSync(join(place.dataFolder, 'commands.sock')), false);
  });
});

describe('bin/canari', () => {
  const folder = mkdtempSync(join(tmpdir(), 'canari-bin-'));
  after(() => rmSync(folder, { recursive: true }));

  /** An older Node of this machine, as Debian has it. */
  const oldNode = (process.env.PATH ?? '')
    .split(delimiter)
    .map((path) => join(path, 'node'))
    .find((file) => existsSync(file) && /^v(18|20|22)\./.test(execFileSync(file, ['--version'], { encoding: 'utf8' })));
  const skip = oldNode === undefined && 'no older Node on this machine';

  it('starts the Node that npm brought, from an old one', { skip }, () => {
    const said = execFileSync(oldNode!, [program, 'doctor'], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin' },
    });
    assert.match(said, /^ok {3}Node is 2[6-9]\./);
  });

  it('passes standard input and the exit code through', { skip }, () => {
    assert.throws(
      () => execFileSync(oldNode!, [program, 'token'], { cwd: folder, stdio: 'pipe', env: { PATH: '/usr/bin:/bin' } }),
      { status: 2 },
    );
  });

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`leaves no server behind when the old Node gets ${signal}`, { skip }, async () => {
      const server = spawn(oldNode!, [program, 'serve'], {
        cwd: folder,
        env: { PATH: '/usr/bin:/bin', CANARI_PORT: '0', CANARI_DATA: join(folder, signal) },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await waitForLine(server);
      const child = Number(readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8'));
      assert.ok(child > 0);
      server.kill(signal);
      const [code] = await once(server, 'exit');
      if (signal === 'SIGTERM') assert.equal(code, 0);
      await waitFor('the server has ended as well', () => !existsSync(`/proc/${child}`));
    });
  }
});

async function waitForLine(server: ChildProcess) {
  let said = '';
  server.stdout!.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  await waitFor('the server says where it is', () => said.includes('Canari is at'));
}
