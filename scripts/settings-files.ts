import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileVariable, type Setting, settings, variableOf } from '../src/config.ts';

/**
 * Makes `canari.example.toml` and `docs/operators/settings.md` from the table in `src/config.ts`.
 * `node scripts/settings-files.ts --write` writes them; `npm run check` says when they differ.
 */

const table: readonly Setting[] = settings;

/** Every setting commented out with its preset, so that a copy of the file changes nothing. */
function renderExample(): string {
  const entries = table.map((setting) =>
    [
      ...wrap(setting.sentence.en, 98).map((line) => `# ${line}`),
      ...(isEmpty(setting.preset) ? [`# For example: ${setting.key} = ${toToml(setting.example)}`] : []),
      `#${setting.key} = ${toToml(setting.preset)}`,
    ].join('\n'),
  );
  const head = [
    '# Settings of Canari. Copy this file to canari.toml beside it and take the # away from what you change.',
    `# Each can also be a variable (${variableOf('port')}=8000), which wins; ${fileVariable} names another file.`,
    '# This file is made from src/config.ts.',
  ];
  return `${head.join('\n')}\n\n${entries.join('\n\n')}\n`;
}

/** The operator's page. */
function renderPage(): string {
  const rows = table.map(
    ({ key, type, preset, example, sentence }) =>
      `| \`${key}\` | \`${variableOf(key)}\` | ${type} | ${isEmpty(preset) ? 'not set' : `\`${toToml(preset)}\``} | ` +
      `${sentence.en} Example: \`${toToml(example)}\` |`,
  );
  return `<!-- Made from src/config.ts by scripts/settings-files.ts. -->
# Settings

Canari needs none of these to start. They are read from \`canari.toml\` in the folder where it is started (\`${fileVariable}\` names another
file) and from variables; a variable wins over the file, the file over the preset. In a variable, lists are separated by commas. Paths
in the file are relative to the file. A key that Canari does not know is an error, so that a typing error is not silently ignored.

| in canari.toml | variable | form | preset | what it is |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

What concerns a person or their place (its name, who may follow, reach) is not here: it is in the place's own pages and is saved with it.
`;
}

const isEmpty = (value: Setting['preset']): boolean => value === '' || (Array.isArray(value) && value.length === 0);

/** Strings, numbers and lists of strings look the same in TOML and JSON. */
const toToml = (value: Setting['preset']): string =>
  Array.isArray(value) ? `[${value.map((item) => JSON.stringify(item)).join(', ')}]` : JSON.stringify(value);

/** Breaks a sentence at spaces. */
function wrap(sentence: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of sentence.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** The files as they must be, by path in the repository. */
export const renderSettingsFiles = (): Record<string, string> => ({
  'canari.example.toml': renderExample(),
  'docs/operators/settings.md': renderPage(),
});

/** One sentence for each file that does not say what the table says. */
export function checkSettingsFiles(root: string): string[] {
  return Object.entries(renderSettingsFiles())
    .filter(([path, text]) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text)
    .map(([path]) => `${path} disagrees with src/config.ts; run node scripts/settings-files.ts --write`);
}

if (import.meta.main && process.argv.includes('--write')) {
  for (const [path, text] of Object.entries(renderSettingsFiles())) {
    writeFileSync(join(import.meta.dirname, '..', path), text);
  }
}
