import type { ParseArgsOptionsConfig } from 'node:util';
import type { Clock } from '../base/clock.ts';
import type { Result } from '../base/result.ts';
import type { Config, ConfigProblem, Sentence, Tongue } from '../config.ts';
import type { Door } from './host-door.ts';

/** How a command ends, as shells read it. */
export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What a command is given: everything that it touches, so that tests can give something else. */
export interface Surroundings {
  readonly tongue: Tongue;
  readonly clock: Clock;
  readonly input: NodeJS.ReadStream;
  /** For what was asked for; a line end is added. */
  say(text: string): void;
  /** For everything else. */
  complain(text: string): void;
  readConfig(): Result<Config, ConfigProblem[]>;
  openDoor(): Promise<Door>;
  /** Resolves at the first signal that asks this process to end; a second one ends it at once. */
  untilAskedToStop(): Promise<void>;
}

/** The words after the command, read. */
export interface Arguments {
  readonly positionals: readonly string[];
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
}

/** One option with its sentence. */
export interface Option {
  /** As the usage shows its value: `DOMAIN`; none for a switch. */
  readonly value?: string;
  readonly sentence: Sentence;
}

/** One command of `canari`; one file each. */
export interface Command {
  readonly name: string;
  readonly summary: Sentence;
  /** What follows the name: `NAME --scope SCOPES`. */
  readonly usage: string;
  /** How many words without `--` it takes. */
  readonly positionals: number;
  readonly options: Readonly<Record<string, Option>>;
  /** Options without which it cannot run. */
  readonly required: readonly string[];
  /** More paragraphs for `--help`. */
  readonly more?: Sentence;
  run(given: Arguments, around: Surroundings): Promise<ExitCode>;
}

/** The options in the form of `parseArgs`, `--help` included. */
export function parseOptions(command: Command): ParseArgsOptionsConfig {
  const own = Object.entries(command.options).map(
    ([name, { value }]) => [name, { type: value === undefined ? 'boolean' : 'string' }] as const,
  );
  return { ...Object.fromEntries(own), help: { type: 'boolean', short: 'h' } };
}
