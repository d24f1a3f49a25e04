import { parseArgs } from 'node:util';
import { systemClock } from '../base/clock.ts';
import { CanariError } from '../base/errors.ts';
import { findNearest, readConfig, readTongue } from '../config.ts';
import { type Arguments, type Command, type ExitCode, exitCodes, parseOptions, type Surroundings } from './command.ts';
import { deliveries } from './deliveries.ts';
import { doctor } from './doctor.ts';
import { explain } from './explain.ts';
import { renderCommandHelp, renderHelp } from './help.ts';
import { passphrase } from './passphrase.ts';
import { pause } from './pause.ts';
import { resume } from './resume.ts';
import { retry } from './retry.ts';
import { serve } from './serve.ts';
import { setup } from './setup.ts';
import { token } from './token.ts';
import { failureSentence, words } from './words.ts';

/** Every command there is. */
export const commands: readonly Command[] = [
  serve,
  setup,
  token,
  passphrase,
  doctor,
  deliveries,
  explain,
  pause,
  resume,
  retry,
];

/** `bin/canari` starts here. Sets the exit code, and ends the process even when something would keep it. */
export async function main(args: readonly string[]): Promise<void> {
  const code = await runCommand(args, realSurroundings());
  // Standard output may be a pipe that is still full.
  await new Promise((resolve) => process.stdout.write('', resolve));
  process.exit(code);
}

/** Finds the command, reads its words and runs it. */
export async function runCommand(args: readonly string[], around: Surroundings): Promise<ExitCode> {
  const text = words(around.tongue);
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h' || name === 'help') {
    around.say(renderHelp(commands, around.tongue));
    return exitCodes.ok;
  }
  const command = commands.find((one) => one.name === name);
  if (!command) {
    const names = commands.map((one) => one.name);
    around.complain(name === undefined ? text.noCommand : text.unknownCommand(name, findNearest(name, names)));
    return exitCodes.usage;
  }
  const read = readArguments(command, rest, around);
  if (typeof read === 'string') {
    around.complain(read);
    return exitCodes.usage;
  }
  if (read.values.help === true) {
    around.say(renderCommandHelp(command, around.tongue));
    return exitCodes.ok;
  }
  return guard(command.run(read, around), around);
}

/** A bug is told as one, in one line; with its stack only at the lowest log level, for whoever mends it. */
async function guard(running: Promise<ExitCode>, around: Surroundings): Promise<ExitCode> {
  try {
    return await running;
  } catch (error) {
    if (error instanceof CanariError) around.complain(failureSentence(around.tongue, error));
    else {
      const config = around.readConfig();
      const isDebug = config.ok && config.value.logLevel === 'debug';
      const { message, stack } = error as Error;
      around.complain(words(around.tongue).unexpected((isDebug ? stack : message) ?? String(error)));
    }
    return exitCodes.failed;
  }
}

/** The words after the command, or a sentence that says what to write. */
function readArguments(command: Command, args: readonly string[], around: Surroundings): Arguments | string {
  const text = words(around.tongue);
  try {
    const options = parseOptions(command);
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    const read = { values: values as Arguments['values'], positionals };
    if (values.help) return read;
    const absent = command.required.find((option) => !values[option]);
    if (absent) return text.missing(`--${absent}`, command.usage);
    if (positionals.length < command.positionals) return text.missing(command.usage.split(' ')[1]!, command.usage);
    const extra = positionals[command.positionals];
    return extra === undefined ? read : text.tooMany(extra, command.usage);
  } catch (error) {
    return text.badOption(optionSentence(error as Error), command.usage);
  }
}

/** The first sentence of parseArgs; the rest is about how it could be told to accept more. */
const optionSentence = (error: Error): string => error.message.split(/\. |\n/)[0]!.replace(/\.?$/, '.');

function realSurroundings(): Surroundings {
  return {
    tongue: readTongue(),
    clock: systemClock,
    input: process.stdin,
    say: (text) => void process.stdout.write(`${text}\n`),
    complain: (text) => void process.stderr.write(`${text}\n`),
    readConfig: () => readConfig(),
    openDoor: () => import('../main.ts'),
    untilAskedToStop,
  };
}

/** Exit codes of a process that a signal ended, as shells count: 128 and the number of the signal. */
const endedBySignal = { SIGINT: 130, SIGTERM: 143 } as const;

function untilAskedToStop(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let isAsked = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (isAsked) process.exit(endedBySignal[signal]);
      isAsked = true;
      resolve();
    });
  }
  return promise;
}
