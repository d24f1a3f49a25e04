import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { lockFile, takeLock } from './lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'canari-lock-'));
after(() => rmSync(folder, { recursive: true }));

/** A process that takes the lock, says whether it got it, and keeps it until it is killed. */
function startHolder(dataFolder: string) {
  const lock = new URL('./lock.ts', import.meta.url).href;
  const code = `import { takeLock } from ${JSON.stringify(lock)};
    const taken = takeLock(${JSON.stringify(dataFolder)});
    console.log(taken.ok ? 'held' : taken.error.code);
    setInterval(() => {}, 1e6);`;
  return spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** What a holder says first. */
async function firstWords(holder: ReturnType<typeof startHolder>): Promise<string> {
  const [words] = await once(holder.stdout!, 'data');
  return String(words).trim();
}

async function kill(holder: ReturnType<typeof startHolder>) {
  const ended = once(holder, 'exit');
  holder.kill('SIGKILL');
  await ended;
}

describe('the lock of a data folder', () => {
  it('lets one in at a time, and the next when it is released', () => {
    const data = join(folder, 'one');
    const first = takeLock(data);
    assert.ok(first.ok);
    const second = takeLock(data);
    assert.equal(second.ok, false);
    assert.equal(!second.ok && second.error.code, 'CANARI_FOLDER_HELD');
    first.value.release();
    const third = takeLock(data);
    assert.ok(third.ok);
    third.value.release();
  });

  it('makes the folder for this system user only', () => {
    const data = join(folder, 'private');
    const lock = takeLock(data);
    assert.equal(statSync(data).mode & 0o777, 0o700);
    assert.equal(statSync(lockFile(data)).mode & 0o777, 0o600);
    assert.ok(lock.ok);
    lock.value.release();
  });

  it('is free again after kill -9', async () => {
    const data = join(folder, 'killed');
    const holder = startHolder(data);
    assert.equal(await firstWords(holder), 'held');
    assert.equal(takeLock(data).ok, false);
    await kill(holder);
    const lock = takeLock(data);
    assert.ok(lock.ok);
    lock.value.release();
  });

  it('has exactly one winner among several that start at once after a kill -9', async () => {
    const data = join(folder, 'raced');
    const before = startHolder(data);
    await firstWords(before);
    await kill(before);
    const starters = Array.from({ length: 4 }, () => startHolder(data));
    const said = await Promise.all(starters.map(firstWords)).finally(() => Promise.all(starters.map(kill)));
    assert.deepEqual(said.sort(), ['CANARI_FOLDER_HELD', 'CANARI_FOLDER_HELD', 'CANARI_FOLDER_HELD', 'held']);
  });

  it('says what to do when the folder cannot be made', () => {
    const taken = takeLock(join(import.meta.filename, 'data'));
    assert.equal(!taken.ok && taken.error.code, 'CANARI_FOLDER_CLOSED');
    assert.match(!taken.ok ? taken.error.hint : '', /CANARI_DATA/);
  });
});
