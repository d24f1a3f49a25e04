import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Served, serve } from '../../src/http/testing/serve.ts';
import type { Person } from '../../src/model/account.ts';
import { answerConsent, readShownCode } from './apps.browser.ts';

/** A client that is not ours, from Debian's packages, does its day's work on a place. */
let served: Served;
let alice: Person;
let bob: Person;
const folder = mkdtempSync(join(tmpdir(), 'canari-toot-'));
const running = new Set<ChildProcess>();

before(async () => {
  served = await serve({ address: '127.77.40.5' });
  alice = await served.addOwner('alice');
  bob = await served.addOwner('bob');
});
after(async () => {
  for (const child of running) child.kill();
  await served.stop();
  rmSync(folder, { recursive: true });
});

/** Starts toot with a memory of its own per person. `say` types a line, `end` waits for the end and gives what was written. */
function start(person: string, args: readonly string[]) {
  const child = spawn('toot', args, {
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      XDG_CONFIG_HOME: join(folder, person),
      PYTHONUNBUFFERED: '1',
      LANG: 'C.UTF-8',
    },
    stdio: 'pipe',
  });
  running.add(child);
  let written = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      written += text;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    say: (line: string) => void child.stdin.write(`${line}\n`),
    /** Waits until toot has written something like this, and gives the match. */
    async until(pattern: RegExp): Promise<RegExpExecArray> {
      const seen = new Promise<RegExpExecArray>((resolve) => {
        const look = () => {
          const match = pattern.exec(written);
          if (match) resolve(match);
        };
        listeners.add(look);
        look();
      });
      const match = await Promise.race([seen, ended]);
      if (match === null || typeof match === 'number')
        throw new Error(`toot ended before it wrote ${pattern}: ${written}`);
      return match;
    },
    async end(): Promise<string> {
      child.stdin.end();
      const code = await ended;
      running.delete(child);
      assert.equal(code, 0, written);
      return written;
    },
  };
}

const toot = (person: Person, ...args: string[]) => start(person.account.handle, [...args, '--no-color']).end();

/** `toot login`: toot shows an address, the person opens it in a browser, and types the code that it shows. */
async function login(person: Person) {
  const instance = new URL(served.origin).host;
  const session = start(person.account.handle, ['login', '--disable-https', '-i', instance, '--no-color']);
  const [address] = await session.until(/http:\/\/\S+\/oauth\/authorize\S+/);
  await session.until(/Open link in default browser/);
  const { cookie } = await served.signIn(person);
  const answer = await answerConsent(
    (path, init) => served.ask(path, { redirect: 'follow', ...init, headers: { cookie, ...init?.headers } }),
    Object.fromEntries(new URL(address).searchParams),
  );
  session.say('n');
  await session.until(/Authorization code:/);
  session.say(await readShownCode(answer));
  assert.match(await session.end(), /Successfully logged in/);
}

test('toot logs in with a code typed by hand', async () => {
  await login(alice);
  await login(bob);
  const me = await toot(alice, 'whoami');
  assert.match(me, /@alice/);
  assert.match(me, /Alice Wren/);
});

test('the address that toot shows leads a browser to the question', async () => {
  const { cookie } = await served.signIn(alice);
  const answer = await served.ask('/oauth/authorize/?response_type=code&client_id=x', { headers: { cookie } });
  assert.equal(answer.status, 308);
  assert.equal(answer.headers.get('location'), `${served.origin}/oauth/authorize?response_type=code&client_id=x`);
});

test('toot writes, reads, answers and deletes', async () => {
  const posted = await toot(alice, 'post', 'Good morning #birds', '--visibility', 'public');
  const id = /\/@alice\/(\d{19})/.exec(posted)?.[1];
  assert.ok(id, posted);
  assert.match(await toot(alice, 'timeline', '--once'), /Good morning #birds/);
  assert.match(await toot(bob, 'timeline', '--once', '--public', '--local'), /Good morning #birds/);
  assert.match(await toot(bob, 'timeline', '--once', '--tag', 'birds'), /Good morning #birds/);
  await toot(bob, 'post', '@alice good morning', '--reply-to', id);
  assert.match(await toot(alice, 'thread', id), /Good morning #birds[\s\S]*good morning/);
  assert.match(await toot(alice, 'notifications'), /bob[\s\S]*mentioned you/);
  await toot(bob, 'favourite', id);
  await toot(bob, 'reblog', id);
  assert.match(await toot(alice, 'reblogged_by', id), /@bob/);
  await toot(bob, 'unfavourite', id);
  await toot(bob, 'unreblog', id);
  await toot(alice, 'delete', id);
  await assert.rejects(toot(alice, 'thread', id), /Record not found/);
});

test('toot finds and follows', async () => {
  assert.match(await toot(alice, 'search', 'bob'), /@bob/);
  assert.match(await toot(alice, 'whois', 'bob'), /@bob/);
  assert.match(await toot(alice, 'follow', 'bob'), /now following/i);
  assert.match(await toot(alice, 'following', 'alice'), /@bob/);
  assert.match(await toot(alice, 'unfollow', 'bob'), /no longer following/i);
  assert.match(await toot(alice, 'mute', 'bob'), /muted/i);
  assert.match(await toot(alice, 'unmute', 'bob'), /no longer muted/i);
  assert.match(await toot(alice, 'block', 'bob'), /now blocking/i);
  assert.match(await toot(alice, 'unblock', 'bob'), /no longer blocked/i);
  assert.match(await toot(alice, 'instance', '--disable-https'), /wagtail\.example|Canari/);
});
