import { existsSync, globSync } from 'node:fs';
import { basename, join } from 'node:path';

/**
 * `npm run bench -- NAME` runs `bench/NAME.ts`. Each benchmark exports `run()`, which prints a table for people and then, as its last
 * line, the numbers as one line of JSON.
 */
const [name] = process.argv.slice(2);
const names = globSync('*.ts', { cwd: import.meta.dirname })
  .map((file) => basename(file, '.ts'))
  .filter((one) => one !== 'run' && !one.endsWith('.test'))
  .sort();

if (name === undefined || !names.includes(name) || !existsSync(join(import.meta.dirname, `${name}.ts`))) {
  console.error(`Write npm run bench -- NAME, where NAME is one of: ${names.join(', ')}`);
  process.exit(2);
}
const { run } = (await import(`./${name}.ts`)) as { run: () => Promise<unknown> };
await run();
process.exit(0);
