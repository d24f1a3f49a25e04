import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
  version: string;
  repository?: { url: string };
};

/** Of this Canari, as package.json has it. */
export const version: string = manifest.version;

/** Where its source can be had (AGPL section 13); undefined while package.json names no place. */
export const repository: string | undefined = manifest.repository?.url.replace(/^git\+/, '');
