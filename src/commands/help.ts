import { type Setting, settings, type Tongue, variableOf } from '../config.ts';
import type { Command } from './command.ts';
import { words } from './words.ts';

/** What `--help` says. */

const width = 100;

/** Two columns; the right one wrapped at spaces. */
function renderColumns(rows: readonly (readonly [string, string])[]): string {
  const left = Math.max(...rows.map(([name]) => name.length)) + 4;
  return rows
    .map(([name, sentence]) => {
      const lines: string[] = [];
      for (const word of sentence.split(' ')) {
        const last = lines.at(-1);
        if (last !== undefined && left + last.length + 1 + word.length <= width)
          lines[lines.length - 1] = `${last} ${word}`;
        else lines.push(word);
      }
      return `  ${name}`.padEnd(left) + lines.join(`\n${' '.repeat(left)}`);
    })
    .join('\n');
}

/** `canari --help`. */
export function renderHelp(commands: readonly Command[], tongue: Tongue): string {
  const text = words(tongue);
  const rows = commands.map(({ name, summary }) => [name, summary[tongue]] as const);
  return `${text.usage}: canari COMMAND …\n\n${text.commands}:\n${renderColumns(rows)}\n\n${text.moreHelp}\n${text.exits}`;
}

/** `canari COMMAND --help`. `serve` lists the settings as well. */
export function renderCommandHelp(command: Command, tongue: Tongue): string {
  const text = words(tongue);
  const options = [
    ...Object.entries(command.options).map(
      ([name, { value, sentence }]) =>
        [`--${name}${value === undefined ? '' : ` ${value}`}`, sentence[tongue]] as const,
    ),
    ['--help', text.helpOption] as const,
  ];
  const parts = [
    `${text.usage}: canari ${command.usage}`,
    command.summary[tongue],
    `${text.options}:\n${renderColumns(options)}`,
    ...(command.more ? [command.more[tongue]] : []),
    ...(command.name === 'serve' ? [`${text.settingsNote}\n${renderColumns(settingRows(tongue))}`] : []),
    text.exits,
  ];
  return parts.join('\n\n');
}

const settingRows = (tongue: Tongue) =>
  (settings as readonly Setting[]).map(({ key, sentence, preset }) => {
    const value = [preset].flat().join(',');
    return [`${variableOf(key)}${value === '' ? '' : `=${value}`}`, sentence[tongue]] as const;
  });
