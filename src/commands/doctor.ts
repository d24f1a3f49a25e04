import { accessSync, constants, existsSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Doing } from '../base/errors.ts';
import type { Config, Sentence, Tongue } from '../config.ts';
import { socketFile } from '../host/lock.ts';
import { askRunningServer } from '../host/socket.ts';
import { type Command, exitCodes, type Surroundings } from './command.ts';
import { failureSentence } from './words.ts';
import type { Answers } from './writing.ts';

/** One thing that was looked at. */
export interface Check {
  readonly level: 'fine' | 'note' | 'failed';
  readonly sentence: Sentence;
  /** Whose doing it is, and what to do; only when it is not fine. */
  readonly doing?: Doing;
  readonly hint?: Sentence;
}

/** The oldest Node that runs Canari; `bin/canari` has the same number and the reason. */
const oldestNode = [24, 21] as const;
/** Below `failed` SQLite may find no room for its next commit; below `note` a backup beside the data does not fit. */
const freeBytes = { failed: 100 * 1024 ** 2, note: 1024 ** 3 } as const;
/** Canari was not written before this: a machine that says an earlier date has no right time. */
const firstDay = Date.UTC(2026, 10, 1);
/** Peers refuse a signature whose date is an hour ahead. */
const clockSlackMs = 3_600_000;

export const doctor: Command = {
  name: 'doctor',
  summary: {
    en: 'Looks whether everything is as Canari needs it, and says whose doing it is and what to do when not.',
    fr: 'Regarde si tout est comme il faut et, sinon, dit de qui cela vient et que faire.',
  },
  usage: 'doctor',
  positionals: 0,
  options: {},
  required: [],
  more: {
    en: 'It changes nothing, and can be run beside the server. It fails when at least one check does.',
    fr: 'Elle ne change rien et peut être lancée à côté du serveur. Elle échoue si un des points échoue.',
  },
  async run(_given, around) {
    const checks = await examine(around);
    for (const check of checks) around.say(renderCheck(check, around.tongue));
    return checks.some(({ level }) => level === 'failed') ? exitCodes.failed : exitCodes.ok;
  },
};

/** All checks, in the order in which one would mend them. */
export async function examine(around: Surroundings): Promise<Check[]> {
  const config = around.readConfig();
  const first = checkNode(process.versions.node);
  if (!config.ok) {
    const wrong = config.error.map(({ sentence }): Check => ({ level: 'failed', doing: 'yours', sentence }));
    return [first, ...wrong];
  }
  const { dataFolder, file } = config.value;
  const readable: Check = {
    level: 'fine',
    sentence: {
      en: `The settings can be read${file === undefined ? '; there is no canari.toml' : `: ${file}`}.`,
      fr: `Les réglages sont lisibles${file === undefined ? ' ; il n’y a pas de canari.toml' : ` : ${file}`}.`,
    },
  };
  return [
    first,
    readable,
    ...checkLaboratory(config.value),
    ...checkFolder(dataFolder),
    checkClock(around.clock.now(), dataFolder),
    ...(await checkServer(around.tongue, dataFolder)),
  ];
}

/** @param version such as `26.10.0` */
export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNew = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  if (isNew) return { level: 'fine', sentence: { en: `Node is ${version}.`, fr: `Node est en ${version}.` } };
  const wanted = oldestNode.join('.');
  return {
    level: 'failed',
    doing: 'yours',
    sentence: {
      en: `Node is ${version}, older than ${wanted}.`,
      fr: `Node est en ${version}, plus ancien que ${wanted}.`,
    },
    hint: { en: 'Start with bin/canari after npm ci.', fr: 'Lancez bin/canari après npm ci.' },
  };
}

function checkLaboratory({ lab }: Config): Check[] {
  if (lab.hosts.length === 0 && lab.networks.length === 0) return [];
  return [
    {
      level: 'note',
      doing: 'yours',
      sentence: {
        en: `LABORATORY: ${lab.hosts.length} names do not come from DNS, ${lab.networks.length} private networks are open.`,
        fr: `LABORATOIRE : ${lab.hosts.length} noms ne viennent pas du DNS, ${lab.networks.length} réseaux privés sont ouverts.`,
      },
      hint: {
        en: 'Take CANARI_LAB_HOSTS and CANARI_ALLOW_NETWORKS away on any server that others can reach.',
        fr: 'Retirez CANARI_LAB_HOSTS et CANARI_ALLOW_NETWORKS de tout serveur que d’autres peuvent joindre.',
      },
    },
  ];
}

/** Whether the data folder can be written, is private, and has room. A folder that is not there yet is no failure. */
export function checkFolder(folder: string): Check[] {
  if (!existsSync(folder)) {
    const sentence = { en: `${folder} is not there yet.`, fr: `${folder} n’existe pas encore.` };
    const hint = { en: 'canari serve or canari setup makes it.', fr: 'canari serve ou canari setup le crée.' };
    return [{ level: 'note', doing: 'yours', sentence, hint }];
  }
  return [checkWritable(folder), checkPrivate(folder), checkRoom(folder)];
}

function checkWritable(folder: string): Check {
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return { level: 'fine', sentence: { en: `${folder} can be written.`, fr: `${folder} peut être écrit.` } };
  } catch {
    return {
      level: 'failed',
      doing: 'yours',
      sentence: {
        en: `${folder} cannot be written by this system user.`,
        fr: `${folder} ne peut pas être écrit par cet utilisateur.`,
      },
      hint: { en: `Such as: chown -R canari ${folder}`, fr: `Par exemple : chown -R canari ${folder}` },
    };
  }
}

function checkPrivate(folder: string): Check {
  const mode = statSync(folder).mode & 0o077;
  if (mode === 0) {
    const sentence = { en: 'Only its system user can look into it.', fr: 'Seul son utilisateur peut y regarder.' };
    return { level: 'fine', sentence };
  }
  return {
    level: 'failed',
    doing: 'yours',
    sentence: {
      en: `Other system users can look into ${folder}, where the private keys are.`,
      fr: `D’autres utilisateurs peuvent regarder dans ${folder}, où sont les clés privées.`,
    },
    hint: { en: `chmod 700 ${folder}`, fr: `chmod 700 ${folder}` },
  };
}

function checkRoom(folder: string): Check {
  const { bavail, bsize } = statfsSync(folder);
  const bytes = bavail * bsize;
  const megabytes = Math.floor(bytes / 1024 ** 2);
  const level = bytes < freeBytes.failed ? 'failed' : bytes < freeBytes.note ? 'note' : 'fine';
  const sentence = { en: `${megabytes} MiB are free there.`, fr: `${megabytes} Mio y sont libres.` };
  if (level === 'fine') return { level, sentence };
  const hint = {
    en: 'Make room: without it nothing new can be written, and Canari answers 503.',
    fr: 'Faites de la place : sans elle rien de neuf ne s’écrit, et Canari répond 503.',
  };
  return { level, doing: 'yours', sentence, hint };
}

/** The clock against the day this was written and against the newest file of the folder. */
export function checkClock(nowMs: number, folder: string): Check {
  const newestMs = findDatabases(folder).reduce((newest, file) => Math.max(newest, statSync(file).mtimeMs), 0);
  const date = new Date(nowMs).toISOString();
  if (nowMs >= firstDay && nowMs >= newestMs - clockSlackMs) {
    return { level: 'fine', sentence: { en: `The clock says ${date}.`, fr: `L’horloge dit ${date}.` } };
  }
  return {
    level: 'failed',
    doing: 'yours',
    sentence: {
      en: `The clock says ${date}, which is before what was already written here.`,
      fr: `L’horloge dit ${date}, avant ce qui a déjà été écrit ici.`,
    },
    hint: {
      en: 'Set it (timedatectl set-ntp true): other servers refuse what is signed with a wrong time.',
      fr: 'Mettez-la à l’heure (timedatectl set-ntp true) : les autres serveurs refusent ce qui est signé à une mauvaise heure.',
    },
  };
}

/** The places' files, found by where they lie. */
function findDatabases(folder: string): string[] {
  const places = join(folder, 'places');
  if (!existsSync(places)) return [];
  return readdirSync(places)
    .map((domain) => join(places, domain, 'place.sqlite'))
    .filter((file) => existsSync(file));
}

/** What the running server says, or what lies in the folder when none runs. */
async function checkServer(tongue: Tongue, folder: string): Promise<Check[]> {
  const asked = await askRunningServer(socketFile(folder), { command: 'status', request: {} });
  if (asked.ok) {
    const running: Check = { level: 'fine', sentence: { en: 'The server runs.', fr: 'Le serveur tourne.' } };
    return [running, ...describePlaces(asked.value as Answers['status'])];
  }
  if (asked.error !== 'not-running') {
    const sentence = failureSentence(tongue, asked.error);
    return [{ level: 'failed', doing: asked.error.doing, sentence: { en: sentence, fr: sentence } }];
  }
  const still: Check = {
    level: 'note',
    doing: 'yours',
    sentence: { en: 'No server runs on this folder.', fr: 'Aucun serveur ne tourne sur ce dossier.' },
    hint: { en: 'canari serve', fr: 'canari serve' },
  };
  const domains = findDatabases(folder).map((file) => file.split('/').at(-2)!);
  return [still, ...describePlaces({ places: domains.map((domain) => ({ domain, origin: '', people: 1 })) })];
}

function describePlaces({ places }: Answers['status']): Check[] {
  const setupHint = {
    en: 'canari setup --domain example.org --person NAME --passphrase-stdin',
    fr: 'canari setup --domain example.org --person NOM --passphrase-stdin',
  };
  if (places.length === 0) {
    const sentence = { en: 'Nothing is set up here yet.', fr: 'Rien n’est encore installé ici.' };
    return [{ level: 'note', doing: 'yours', sentence, hint: setupHint }];
  }
  return places.map(({ domain, people }): Check => {
    if (domain === 'localhost') {
      const sentence = {
        en: 'The place is on localhost and speaks to no other server.',
        fr: 'Tout est sur localhost et ne parle à aucun autre serveur.',
      };
      return { level: 'note', doing: 'yours', sentence, hint: setupHint };
    }
    if (people > 0) return { level: 'fine', sentence: { en: `${domain} is set up.`, fr: `${domain} est installé.` } };
    const sentence = { en: `Nobody lives on ${domain} yet.`, fr: `Personne ne vit encore sur ${domain}.` };
    return { level: 'note', doing: 'yours', sentence, hint: setupHint };
  });
}

const marks = { fine: 'ok  ', note: 'note', failed: 'FAIL' } as const;

const doings: Readonly<Record<Doing, Sentence>> = {
  yours: { en: 'Yours to do', fr: 'À vous' },
  theirs: { en: 'Another server’s doing', fr: 'Du fait d’un autre serveur' },
  ours: { en: 'Canari’s own doing', fr: 'Du fait de Canari' },
};

function renderCheck({ level, sentence, doing, hint }: Check, tongue: Tongue): string {
  const colon = tongue === 'fr' ? ' :' : ':';
  const advice = doing && hint ? `\n     ${doings[doing][tongue]}${colon} ${hint[tongue]}` : '';
  return `${marks[level]} ${sentence[tongue]}${advice}`;
}
