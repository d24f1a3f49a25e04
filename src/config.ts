import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { basename, dirname, resolve } from 'node:path';
import { parse } from 'smol-toml';
import { z } from 'zod';
import { type Network, readNetwork } from './base/net/address.ts';
import { type LabHost, readLabHosts } from './base/net/lab.ts';
import { failed, ok, type Result } from './base/result.ts';

/**
 * The only reader of the environment and of `canari.toml`. Each setting is declared once, in `settings`; the example file, the
 * operator's page and `--help` are made from that table, and `npm run check` fails when they disagree.
 */

/** A sentence in both languages of the commands. */
export type Sentence = Readonly<Record<Tongue, string>>;

/** The languages that Canari speaks itself. */
export const tongues = ['en', 'fr'] as const;
export type Tongue = (typeof tongues)[number];

const logLevels = ['debug', 'info', 'warning', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** One setting as the table declares it. */
export interface Setting {
  /** The key in `canari.toml`; the variable is `CANARI_` and the key in capitals. */
  readonly key: string;
  /** What it is, in words, for the operator's page. Values of a `file` or `folder` are resolved to absolute paths. */
  readonly type: string;
  /** As written in `canari.toml`; an empty string or list means "not set". */
  readonly preset: string | number | readonly string[];
  /** A value that shows the form, used in error messages. */
  readonly example: string | number | readonly string[];
  readonly sentence: Sentence;
  /** Reads the value from either source; its failures end in a sentence of `wrong`. */
  readonly schema: z.ZodType;
  /** What a value must be, to follow the name of the setting. */
  readonly wrong: Sentence;
}

const isNetwork = (text: string) => readNetwork(text).ok;

/** A bare scheme, host and port; http is for localhost and the laboratory. */
function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return (url.protocol === 'https:' || url.protocol === 'http:') && url.origin === text;
}

const networksWrong: Sentence = {
  en: 'must be networks, each with its prefix length',
  fr: 'doit contenir des réseaux, chacun avec la longueur de son préfixe',
};

/** Every setting there is. */
export const settings = [
  {
    key: 'data',
    type: 'folder',
    preset: './data',
    example: '/var/lib/canari',
    sentence: {
      en: 'Where everything of this place is kept: database, media, keys. Back up this folder and you have backed up all of it.',
      fr: 'Où tout est gardé : base de données, médias, clés. Sauvegarder ce dossier, c’est tout sauvegarder.',
    },
    schema: z.string().min(1),
    wrong: { en: 'must be the path of a folder', fr: 'doit être le chemin d’un dossier' },
  },
  {
    key: 'address',
    type: 'IP address',
    preset: '127.0.0.1',
    example: '127.0.0.1',
    sentence: {
      en: 'The address that the server listens on. Leave it on this machine and put a proxy with a certificate in front.',
      fr: 'L’adresse où le serveur écoute. Laissez-la sur cette machine et mettez devant un mandataire avec un certificat.',
    },
    schema: z.string().refine((text) => isIP(text) !== 0),
    wrong: { en: 'must be an IP address of this machine', fr: 'doit être une adresse IP de cette machine' },
  },
  {
    key: 'port',
    type: 'number',
    preset: 8000,
    example: 8000,
    sentence: {
      en: 'The port that the server listens on; 0 takes any free one.',
      fr: 'Le port où le serveur écoute ; 0 en prend un qui est libre.',
    },
    schema: z.number().int().min(0).max(65_535),
    wrong: { en: 'must be a whole number from 0 to 65535', fr: 'doit être un nombre entier de 0 à 65535' },
  },
  {
    key: 'origin',
    type: 'URL',
    preset: '',
    example: 'https://example.org',
    sentence: {
      en: 'Scheme and host under which people reach this place, when that is not https and its domain.',
      fr: 'Le schéma et l’hôte par lesquels on arrive ici, si ce n’est pas https et son domaine.',
    },
    schema: z.string().refine((text) => text === '' || isOrigin(text)),
    wrong: {
      en: 'must be scheme and host only, without a path or a final slash',
      fr: 'doit être un schéma et un hôte seulement, sans chemin ni barre finale',
    },
  },
  {
    key: 'trusted_proxies',
    type: 'list of networks',
    preset: [],
    example: ['127.0.0.1/32', '10.0.0.0/24'],
    sentence: {
      en: 'Networks of your own proxies. Only their X-Forwarded-For is believed; from anyone else it is ignored.',
      fr: 'Les réseaux de vos propres mandataires. Seul leur X-Forwarded-For est cru ; celui des autres est ignoré.',
    },
    schema: z.array(z.string().refine(isNetwork)),
    wrong: networksWrong,
  },
  {
    key: 'language',
    type: 'en or fr',
    preset: 'en',
    example: 'fr',
    sentence: {
      en: 'The language of pages for a browser that asks for none of ours.',
      fr: 'La langue des pages pour un navigateur qui ne demande aucune des nôtres.',
    },
    schema: z.enum(tongues),
    wrong: { en: 'must be en or fr', fr: 'doit être en ou fr' },
  },
  {
    key: 'log_level',
    type: logLevels.join(', '),
    preset: 'info',
    example: 'info',
    sentence: {
      en: 'How much the server tells on standard error. Never a token, a passphrase or a private word, at any level.',
      fr: 'Ce que le serveur raconte sur la sortie d’erreur. Jamais un jeton, une phrase de passe ni un mot privé.',
    },
    schema: z.enum(logLevels),
    wrong: { en: `must be one of ${logLevels.join(', ')}`, fr: `doit être l’un de ${logLevels.join(', ')}` },
  },
  {
    key: 'lab_hosts',
    type: 'file',
    preset: '',
    example: './lab-hosts',
    sentence: {
      en: 'For tests only: a file of lines "name address port scheme" that replaces DNS for the names in it and allows them http.',
      fr: 'Pour les essais seulement : un fichier de lignes « nom adresse port schéma » qui remplace le DNS pour ces noms et leur permet http.',
    },
    schema: z.string(),
    wrong: { en: 'must be the path of a file', fr: 'doit être le chemin d’un fichier' },
  },
  {
    key: 'allow_networks',
    type: 'list of networks',
    preset: [],
    example: ['127.77.0.0/16'],
    sentence: {
      en: 'For tests only: private networks that the server may connect to. Anyone in the Fediverse can make it do so.',
      fr: 'Pour les essais seulement : les réseaux privés où le serveur peut se connecter. N’importe qui dans le Fédivers peut l’y amener.',
    },
    schema: z.array(z.string().refine(isNetwork)),
    wrong: networksWrong,
  },
] as const satisfies readonly Setting[];

/** The name of a setting's variable. */
export const variableOf = (key: string): string => `CANARI_${key.toUpperCase()}`;

/** The variable that names the settings file; without it `canari.toml` in the working folder is read when there is one. */
export const fileVariable = 'CANARI_CONFIG';

/** What each key holds once read. */
type Values = { readonly [S in (typeof settings)[number] as S['key']]: z.infer<S['schema']> };

/** What the rest of Canari reads. */
export interface Config {
  /** Absolute path. */
  readonly dataFolder: string;
  readonly listen: { readonly address: string; readonly port: number };
  /** Scheme and host, no final slash; undefined: https and the place's domain, `http://localhost:port` before it has one. */
  readonly origin: string | undefined;
  readonly trustedProxies: readonly Network[];
  readonly language: Tongue;
  readonly logLevel: LogLevel;
  /** Both empty outside tests (DESIGN section 7). */
  readonly lab: { readonly hosts: readonly LabHost[]; readonly networks: readonly string[] };
  /** Absolute path of the settings file that was read; undefined when there is none. */
  readonly file: string | undefined;
}

/** A setting that cannot be used, with what to write instead. */
export interface ConfigProblem {
  /** Where it stands: `CANARI_PORT`, or `port in canari.toml`. */
  readonly where: string;
  readonly sentence: Sentence;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The settings file's content; `keys` is empty when there is no file. */
interface SettingsFile {
  readonly path: string | undefined;
  readonly keys: Readonly<Record<string, unknown>>;
}

/**
 * Reads the settings: the environment wins over the file, the file over the presets; an empty variable counts as not set. Paths in
 * the file are relative to the file's folder, paths in variables to the working folder.
 * @returns the settings, or every problem at once.
 */
export function readConfig(
  environment: Environment = process.env,
  workingFolder: string = process.cwd(),
): Result<Config, ConfigProblem[]> {
  const file = readSettingsFile(environment[fileVariable], workingFolder);
  if (!file.ok) return failed([file.error]);
  const problems: ConfigProblem[] = [...unknownKeys(file.value), ...unknownVariables(environment)];
  const values: Record<string, unknown> = {};
  for (const setting of settings) {
    const found = findValue(setting, environment, file.value, workingFolder);
    const read = setting.schema.safeParse(found.value);
    const isPath = setting.type === 'file' || setting.type === 'folder';
    if (!read.success) problems.push({ where: found.where, sentence: wrongSentence(setting, found) });
    else values[setting.key] = isPath && read.data !== '' ? resolve(found.folder, String(read.data)) : read.data;
  }
  if (problems.length > 0) return failed(problems);
  return assemble(values as Values, file.value.path);
}

/** The language of the commands: the machine's, as LC_ALL, LC_MESSAGES and LANG tell it (POSIX: the first that is set wins). */
export function readTongue(environment: Environment = process.env): Tongue {
  const locale = environment.LC_ALL || environment.LC_MESSAGES || environment.LANG || '';
  return /^fr(_|\.|$)/i.test(locale) ? 'fr' : 'en';
}

function readSettingsFile(named: string | undefined, workingFolder: string): Result<SettingsFile, ConfigProblem> {
  const path = resolve(workingFolder, named || 'canari.toml');
  const where = named ? fileVariable : basename(path);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !named) return ok({ path: undefined, keys: {} });
    const sentence = { en: `${path} cannot be read: ${message}`, fr: `${path} est illisible : ${message}` };
    return failed({ where, sentence });
  }
  try {
    return ok({ path, keys: parse(text) });
  } catch (error) {
    const { message } = error as Error;
    const hint = { en: 'Write each line as: key = "value"', fr: 'Écrivez chaque ligne ainsi : clé = "valeur"' };
    return failed({
      where,
      sentence: { en: `${path}: ${message}\n${hint.en}`, fr: `${path} : ${message}\n${hint.fr}` },
    });
  }
}

/** A value with the place it comes from. */
interface Found {
  readonly value: unknown;
  readonly where: string;
  /** What a relative path is relative to. */
  readonly folder: string;
}

function findValue(setting: Setting, environment: Environment, file: SettingsFile, workingFolder: string): Found {
  const variable = variableOf(setting.key);
  const text = environment[variable]?.trim();
  if (text) return { value: readVariable(setting, text), where: variable, folder: workingFolder };
  if (file.path !== undefined && Object.hasOwn(file.keys, setting.key)) {
    const where = `${setting.key} in ${basename(file.path)}`;
    return { value: file.keys[setting.key], where, folder: dirname(file.path) };
  }
  return { value: setting.preset, where: setting.key, folder: workingFolder };
}

/** A variable's text in the form that the file would have; lists are separated by commas or spaces. */
function readVariable(setting: Setting, text: string): unknown {
  if (Array.isArray(setting.preset)) return text.split(/[\s,]+/).filter((part) => part !== '');
  if (typeof setting.preset === 'number') return /^\d+$/.test(text) ? Number(text) : text;
  return text;
}

function wrongSentence(setting: Setting, found: Found): Sentence {
  const isVariable = found.where === variableOf(setting.key);
  const example = isVariable
    ? `${found.where}=${[setting.example].flat().join(',')}`
    : `${setting.key} = ${JSON.stringify(setting.example)}`;
  const value = JSON.stringify(found.value);
  return {
    en: `${found.where} ${setting.wrong.en}, and is ${value}. Write for example: ${example}`,
    fr: `${found.where} ${setting.wrong.fr}, et vaut ${value}. Écrivez par exemple : ${example}`,
  };
}

function unknownKeys(file: SettingsFile): ConfigProblem[] {
  const known = settings.map(({ key }) => key as string);
  const name = file.path === undefined ? '' : basename(file.path);
  return Object.keys(file.keys)
    .filter((key) => !known.includes(key))
    .map((key) => unknown(`${key} in ${name}`, key, known));
}

function unknownVariables(environment: Environment): ConfigProblem[] {
  const known = [fileVariable, ...settings.map(({ key }) => variableOf(key))];
  return Object.keys(environment)
    .filter((name) => name.startsWith('CANARI_') && !known.includes(name))
    .map((name) => unknown(name, name, known));
}

function unknown(where: string, name: string, known: readonly string[]): ConfigProblem {
  const nearest = findNearest(name, known);
  return {
    where,
    sentence: {
      en: `${where} is no setting of Canari. The nearest is ${nearest}.`,
      fr: `${where} n’est pas un réglage de Canari. Le plus proche est ${nearest}.`,
    },
  };
}

/** The word of `known` with the fewest letters to change (Levenshtein). */
export function findNearest(word: string, known: readonly string[]): string {
  const ranked = known.map((candidate) => ({ candidate, distance: countEdits(word, candidate) }));
  return ranked.sort((one, other) => one.distance - other.distance)[0]?.candidate ?? '';
}

function countEdits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1;
      next.push(Math.min(row[j - 1]! + same, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row.at(-1)!;
}

/** Networks that the schema has already checked. */
const readNetworks = (texts: readonly string[]): Network[] =>
  texts.flatMap((text) => {
    const network = readNetwork(text);
    return network.ok ? [network.value] : [];
  });

function loadLabHosts(path: string): Result<LabHost[], string> {
  if (path === '') return ok([]);
  try {
    return readLabHosts(readFileSync(path, 'utf8'));
  } catch (error) {
    return failed((error as Error).message);
  }
}

function assemble(values: Values, file: string | undefined): Result<Config, ConfigProblem[]> {
  const labHosts = loadLabHosts(values.lab_hosts);
  if (!labHosts.ok) {
    const sentence = { en: `lab_hosts: ${labHosts.error}`, fr: `lab_hosts : ${labHosts.error}` };
    return failed([{ where: 'lab_hosts', sentence }]);
  }
  return ok({
    dataFolder: values.data,
    listen: { address: values.address, port: values.port },
    origin: values.origin === '' ? undefined : values.origin,
    trustedProxies: readNetworks(values.trusted_proxies),
    language: values.language,
    logLevel: values.log_level,
    lab: { hosts: labHosts.value, networks: values.allow_networks },
    file,
  });
}
