import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/**
 * Writes src/http/pages/icons.ts from lucide's drawings (lucide-static, ISC licence): only the icons that pages use, each as the inside of a
 * symbol. Run it after adding a name here: node scripts/make-icons.ts
 */
const names = [
  'at-sign',
  'bell',
  'check',
  'external-link',
  'eye-off',
  'globe',
  'heart',
  'house',
  'info',
  'key-round',
  'lock',
  'log-out',
  'mail',
  'moon',
  'paperclip',
  'pencil',
  'repeat-2',
  'reply',
  'rss',
  'search',
  'send',
  'settings',
  'smartphone',
  'sprout',
  'trash-2',
  'user-plus',
  'user-round',
];

const require = createRequire(import.meta.url);

/** The shapes inside the svg element, on one line. */
function readShapes(name: string): string {
  const svg = readFileSync(require.resolve(`lucide-static/icons/${name}.svg`), 'utf8');
  const inside = /<svg[^>]*>([\s\S]*)<\/svg>/.exec(svg);
  if (!inside) throw new Error(`lucide's ${name} has another form than expected`);
  return inside[1]!.replace(/\s+/g, ' ').replace(/> </g, '><').replace(/ \/>/g, '/>').trim();
}

const lines = names.map((name) => `  '${name}': '${readShapes(name)}',`);
writeFileSync(
  new URL('../src/http/pages/icons.ts', import.meta.url),
  `/** Made by scripts/make-icons.ts from lucide (ISC licence). The inside of each symbol, 24 by 24. */
export const iconShapes = {
${lines.join('\n')}
} as const;

export type IconName = keyof typeof iconShapes;
`,
);
