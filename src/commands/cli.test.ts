import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, describe, it } from 'node:test';
import { systemClock } from '../base/clock.ts';
import { CanariError } from '../base/errors.ts';
import { readConfig, type Tongue } from '../config.ts';
import { commands, runCommand } from './cli.ts';
import type { Surroundings } from './command.ts';
import { checkClock, checkFolder, checkNode } from './doctor.ts';
import { readSecretLine } from './input.ts';
import { failureSentence } from './words.ts';

const folder = mkdtempSync(join(tmpdir(), 'canari-cli-'));
after(() => rmSync(folder, { recursive: true }));

/** Runs a command without opening anything; returns its exit code and words. */
async function run(args: string[], tongue: Tongue = 'en', environment: Record<string, string> = {}) {
  const said: string[] = [];
  const complained: string[] = [];
  const around: Surroundings = {
    tongue,
    clock: systemClock,
    input: Object.assign(new PassThrough(), { isTTY: false }) as unknown as NodeJS.ReadStream,
    say: (text) => said.push(text),
    complain: (text) => complained.push(text),
    readConfig: () => readConfig({ CANARI_DATA: join(folder, 'data'), ...environment }, folder),
    openDoor: () => assert.fail('this must not open the data folder'),
    untilAskedToStop: async () => {},
  };
  return { code: await runCommand(args, around), said: said.join('\n'), complained: complained.join('\n') };
}

describe('canari', () => {
  it('lists every command, in both languages', async () => {
    for (const tongue of ['en', 'fr'] as const) {
      const { code, said } = await run(['--help'], tongue);
      assert.equal(code, 0);
      for (const { name, summary } of commands) {
        assert.ok(said.includes(name));
        assert.ok(said.replace(/\s+/g, ' ').includes(summary[tongue].replace(/\s+/g, ' ')));
      }
    }
  });

  it('ends with 2 and the nearest command when there is none of that name', async () => {
    const { code, said, complained } = await run(['tokn', 'alice']);
    assert.deepEqual({ code, said }, { code: 2, said: '' });
    assert.match(complained, /Did you mean token\?/);
    assert.equal((await run([])).code, 2);
  });

  for (const { name, options } of commands) {
    it(`says what ${name} takes, and does nothing`, async () => {
      const { code, said } = await run([name, '--help']);
      assert.equal(code, 0);
      for (const option of Object.keys(options)) assert.ok(said.includes(`--${option}`), option);
    });
  }

  const misused = [
    { args: ['setup', '--person', 'alice'], says: /--domain is missing\. Write: canari setup/ },
    { args: ['setup', '--domain', 'a.example', '--person', 'a', 'more'], says: /"more" is one word too many/ },
    { args: ['token'], says: /NAME is missing/ },
    { args: ['token', 'alice', '--scpe', 'read'], says: /--scpe.*\nWrite: canari token/ },
    { args: ['serve', '--port', '80'], says: /--port/ },
    { args: ['passphrase', 'alice', 'my secret'], says: /one word too many/ },
  ];
  for (const { args, says } of misused) {
    it(`ends with 2 and what to write for: ${args.join(' ')}`, async () => {
      const { code, said, complained } = await run(args);
      assert.deepEqual({ code, said }, { code: 2, said: '' });
      assert.match(complained, says);
    });
  }

  it('says what is wrong with the settings, in the language of the machine', async () => {
    const { code, complained } = await run(['token', 'alice'], 'fr', { CANARI_PORT: 'x' });
    assert.equal(code, 1);
    assert.match(complained, /CANARI_PORT doit être un nombre entier .* Écrivez par exemple : CANARI_PORT=8000/);
  });

  it('asks for no passphrase where there is no terminal', async () => {
    const { code, complained } = await run(['passphrase', 'alice']);
    assert.equal(code, 1);
    assert.match(complained, /--passphrase-stdin/);
  });
});

describe('a passphrase on standard input', () => {
  /** What is read of some input. */
  const read = (text: string) => {
    const input = new PassThrough();
    input.end(text);
    return readSecretLine(input);
  };

  it('is the first line without its end', async () => {
    assert.deepEqual(await read('four words in line\nnot this\n'), { ok: true, value: 'four words in line' });
    assert.deepEqual(await read(' kept as it is \r\n'), { ok: true, value: ' kept as it is ' });
    assert.deepEqual(await read('no line end'), { ok: true, value: 'no line end' });
  });

  it('is refused when empty or endless', async () => {
    for (const text of ['', '\n', 'x'.repeat(5_000)]) {
      const secret = await read(text);
      assert.equal(!secret.ok && secret.error.code, 'CANARI_NO_PASSPHRASE');
    }
  });
});

describe('the doctor', () => {
  it('knows which Node is too old', () => {
    assert.equal(checkNode('24.20.9').level, 'failed');
    assert.equal(checkNode('24.21.0').level, 'fine');
    assert.equal(checkNode('26.0.0').level, 'fine');
    assert.equal(checkNode('20.20.2').level, 'failed');
  });

  it('looks at the data folder', () => {
    const data = join(folder, 'looked-at');
    assert.deepEqual(
      checkFolder(data).map(({ level }) => level),
      ['note'],
    );
    mkdirSync(data, { mode: 0o700 });
    assert.deepEqual(
      checkFolder(data)
        .slice(0, 2)
        .map(({ level }) => level),
      ['fine', 'fine'],
    );
    chmodSync(data, 0o755);
    const [, isPrivate] = checkFolder(data);
    assert.equal(isPrivate!.level, 'failed');
    assert.equal(isPrivate!.hint!.en, `chmod 700 ${data}`);
  });

  it('sees a clock that is behind what was written', () => {
    const place = join(folder, 'clock', 'places', 'alice.example');
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'place.sqlite'), '');
    const now = Date.UTC(2027, 0, 1);
    utimesSync(join(place, 'place.sqlite'), now / 1000, now / 1000);
    assert.equal(checkClock(now, join(folder, 'clock')).level, 'fine');
    assert.equal(checkClock(now - 7_200_000, join(folder, 'clock')).level, 'failed');
    assert.equal(checkClock(0, folder).level, 'failed');
  });

  it('changes nothing, and fails only for what cannot work', async () => {
    const { code, said } = await run(['doctor']);
    assert.equal(code, 0);
    assert.match(said, /No server runs on this folder/);
    assert.match(said, /Nothing is set up here yet/);
    assert.equal((await run(['doctor'], 'en', { CANARI_LOG_LEVEL: 'loud' })).code, 1);
  });

  it('is loud about the laboratory', async () => {
    assert.match((await run(['doctor'], 'en', { CANARI_ALLOW_NETWORKS: '10.0.0.0/8' })).said, /LABORATORY/);
  });
});

describe('failures', () => {
  it('are told with what to do, in French where there are words for them', () => {
    const error = new CanariError('CANARI_HANDLE_TAKEN', '@a is taken here', {
      hint: 'Choose another.',
      values: { handle: 'a' },
    });
    assert.equal(failureSentence('en', error), '@a is taken here. Choose another.');
    assert.equal(failureSentence('fr', error), '@a est déjà pris ici. Choisissez un autre nom.');
    assert.equal(failureSentence('fr', new CanariError('CANARI_NEW', 'odd.')), 'Odd.');
  });
});
