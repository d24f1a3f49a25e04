import { CanariError } from '../base/errors.ts';
import { failed, ok, type Result } from '../base/result.ts';
import type { Surroundings } from './command.ts';
import { words } from './words.ts';

/** Secrets come from standard input or from a terminal that shows nothing: never from the command line, which every process can read. */

/** A passphrase has 200 characters at most; whoever sends more sends something else. */
const inputBytes = 4_096;

/** Reads the first line of standard input, without its line end. */
export async function readSecretLine(input: NodeJS.ReadableStream): Promise<Result<string, CanariError>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    const part = Buffer.from(chunk);
    chunks.push(part);
    bytes += part.length;
    if (part.includes(10) || bytes > inputBytes) break;
  }
  const [line = ''] = Buffer.concat(chunks).toString('utf8').split(/\r?\n/);
  if (Buffer.byteLength(line) > inputBytes) return failed(noSecret('more than a passphrase came on standard input'));
  return line === '' ? failed(noSecret('no passphrase came on standard input')) : ok(line);
}

const noSecret = (message: string) =>
  new CanariError('CANARI_NO_PASSPHRASE', message, {
    hint: "Such as: printf '%s\\n' 'four words that nobody guesses' | canari … --passphrase-stdin",
  });

/** Asks twice at the terminal, showing nothing. */
export async function askSecret(around: Surroundings): Promise<Result<string, CanariError>> {
  if (!around.input.isTTY) {
    return failed(
      new CanariError('CANARI_NO_TERMINAL', 'there is no terminal to ask for the passphrase', {
        hint: 'Add --passphrase-stdin and send it on standard input.',
      }),
    );
  }
  const text = words(around.tongue);
  const first = await readHidden(around, text.newPassphrase);
  const second = await readHidden(around, text.oncemore);
  if (first === second) return ok(first);
  return failed(new CanariError('CANARI_PASSPHRASES_DIFFER', 'the two passphrases differ', { hint: 'Try again.' }));
}

/** Control characters of a terminal in raw mode. */
const keys = { interrupt: '\u0003', end: '\u0004', backspace: ['\u007f', '\b'], enter: ['\r', '\n'] } as const;

/** Reads one line without echo. Ctrl-C ends the process as it does everywhere. */
function readHidden({ input }: Surroundings, prompt: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let line: string[] = [];
  process.stderr.write(prompt);
  input.setRawMode(true);
  input.setEncoding('utf8');
  const finish = () => {
    input.off('data', read);
    input.setRawMode(false);
    input.pause();
    process.stderr.write('\n');
  };
  const read = (text: string) => {
    for (const key of text) {
      if (key === keys.interrupt) {
        finish();
        process.kill(process.pid, 'SIGINT');
        return;
      }
      if (key === keys.end || keys.enter.some((enter) => enter === key)) {
        finish();
        resolve(line.join(''));
        return;
      }
      line = keys.backspace.some((backspace) => backspace === key) ? line.slice(0, -1) : [...line, key];
    }
  };
  input.on('data', read);
  input.resume();
  return promise;
}
