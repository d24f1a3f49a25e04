import type { Doing } from '../base/errors.ts';
import type { ReasonCode } from '../delivery/contract.ts';
import type { LandedServer, LandedState } from './landed.ts';
import type { DestinationLine, DestinationState } from './overview.ts';

/** The languages in which we speak ourselves. */
export type Language = 'en' | 'fr';

/** Whose doing it is, what happened, what happens next: whole sentences for a person. */
export interface Explanation {
  readonly whose: Doing | undefined;
  readonly what: string;
  readonly next: string;
}

/** `{host}`, `{at}`, `{since}`, `{next}` are filled in. */
type Sentences = Readonly<Record<Language, string>>;

/** What each reason means. `whose` never blames a person for a machine, nor another server for ours. */
const reasons: Record<ReasonCode, { whose: Doing; what: Sentences }> = {
  unreachable: {
    whose: 'theirs',
    what: { en: '{host} could not be reached.', fr: '{host} est injoignable.' },
  },
  'no-such-host': {
    whose: 'theirs',
    what: { en: 'The name {host} leads nowhere at present.', fr: 'Le nom {host} ne mène nulle part pour le moment.' },
  },
  'forbidden-address': {
    whose: 'theirs',
    what: {
      en: '{host} gives an address inside a private network, and we never connect to those.',
      fr: '{host} donne une adresse de réseau privé, et nous ne nous y connectons jamais.',
    },
  },
  tls: {
    whose: 'theirs',
    what: {
      en: 'The certificate of {host} is not valid, so nothing was said.',
      fr: 'Le certificat de {host} n’est pas valable, donc rien n’a été transmis.',
    },
  },
  'too-slow': {
    whose: 'theirs',
    what: { en: '{host} did not answer in time.', fr: '{host} n’a pas répondu à temps.' },
  },
  'server-error': {
    whose: 'theirs',
    what: { en: '{host} has a fault of its own.', fr: '{host} est en panne de son côté.' },
  },
  throttled: {
    whose: 'theirs',
    what: {
      en: '{host} asked us to slow down, and we do.',
      fr: '{host} nous demande de ralentir, et nous ralentissons.',
    },
  },
  redirected: {
    whose: 'theirs',
    what: {
      en: '{host} points elsewhere; a post is never sent on to where it points.',
      fr: '{host} renvoie ailleurs ; un message n’est jamais renvoyé vers une autre adresse.',
    },
  },
  'not-found': {
    whose: 'theirs',
    what: { en: '{host} does not know the inbox.', fr: '{host} ne connaît pas cette boîte de réception.' },
  },
  gone: {
    whose: 'theirs',
    what: {
      en: 'The inbox at {host} is closed for good.',
      fr: 'La boîte de réception sur {host} est fermée pour de bon.',
    },
  },
  unauthorised: {
    whose: 'theirs',
    what: {
      en: '{host} does not take messages from here; it may block this place.',
      fr: '{host} n’accepte pas de message d’ici ; ce serveur nous bloque peut-être.',
    },
  },
  rejected: {
    whose: 'theirs',
    what: { en: '{host} refused this message.', fr: '{host} a refusé ce message.' },
  },
  unreadable: {
    whose: 'theirs',
    what: { en: '{host} gave an answer that cannot be read.', fr: '{host} a donné une réponse illisible.' },
  },
  'destination-gone': {
    whose: 'theirs',
    what: { en: '{host} has not answered for a week.', fr: '{host} n’a pas répondu depuis une semaine.' },
  },
  'unreadable-parcel': {
    whose: 'ours',
    what: {
      en: 'This message is not complete on our side any more, so it could not be sent.',
      fr: 'Ce message n’est plus complet de notre côté, il n’a donc pas pu partir.',
    },
  },
  crashed: {
    whose: 'ours',
    what: {
      en: 'Sending this message to {host} failed through a fault of ours.',
      fr: 'L’envoi de ce message à {host} a échoué par notre faute.',
    },
  },
  superseded: {
    whose: 'yours',
    what: {
      en: 'A newer version took its place before it was sent.',
      fr: 'Une version plus récente l’a remplacé avant son départ.',
    },
  },
  withdrawn: {
    whose: 'yours',
    what: { en: 'It was taken back before it was sent.', fr: 'Il a été retiré avant son départ.' },
  },
};

const what: Record<LandedState, Sentences> = {
  accepted: { en: '{host} accepted it {at}.', fr: '{host} l’a accepté {at}.' },
  'on-its-way': { en: 'It is on its way to {host}.', fr: 'Il est en route vers {host}.' },
  waiting: { en: '{host} has not accepted it yet.', fr: '{host} ne l’a pas encore accepté.' },
  paused: {
    en: 'Nothing is sent to {host}: somebody here paused it on {since}.',
    fr: 'Rien n’est envoyé à {host} : quelqu’un ici l’a mis en pause le {since}.',
  },
  resting: { en: '{host} has not answered since {since}.', fr: '{host} ne répond plus depuis le {since}.' },
  refused: { en: '{host} did not take it.', fr: '{host} ne l’a pas pris.' },
  expired: { en: 'It was tried for a week.', fr: 'Nous avons essayé pendant une semaine.' },
};

const next: Record<LandedState, Sentences> = {
  accepted: {
    en: 'What happens there with it is up to that server; nobody can know who reads it.',
    fr: 'La suite dépend de ce serveur ; personne ne peut savoir qui le lit.',
  },
  'on-its-way': { en: 'Nothing to do.', fr: 'Rien à faire.' },
  waiting: { en: 'It is tried again {next} by itself.', fr: 'Un nouvel essai aura lieu {next}, sans rien faire.' },
  paused: {
    en: 'It waits, without limit, until you resume it.',
    fr: 'Il attend, sans limite, jusqu’à la reprise.',
  },
  resting: {
    en: 'One probe is sent {next}; what waits follows when it answers, for up to a week.',
    fr: 'Un essai aura lieu {next} ; ce qui attend suivra dès qu’il répond, pendant une semaine au plus.',
  },
  refused: {
    en: 'It is not sent there again. Other messages still are.',
    fr: 'Il n’y sera plus envoyé. Les autres messages, si.',
  },
  expired: {
    en: 'It is not sent there again. New messages are, as soon as that server speaks to us.',
    fr: 'Il n’y sera plus envoyé. Les nouveaux le seront dès que ce serveur nous parle.',
  },
};

/** The words for one server of a post's receipts. */
export function explainServer(server: LandedServer, language: Language, nowMs: number): Explanation {
  const reason =
    server.code && server.state !== 'accepted' && server.state !== 'paused' ? reasons[server.code] : undefined;
  const fill = filler(language, nowMs, {
    host: server.host,
    at: server.atMs,
    since: server.sinceMs,
    next: server.nextTryAtMs,
  });
  const said = server.state === 'resting' ? what.resting : (reason?.what ?? what[server.state]);
  const whose =
    reason?.whose ?? (server.state === 'resting' ? 'theirs' : server.state === 'paused' ? 'yours' : undefined);
  return { whose, what: fill(said[language]), next: fill(next[server.state][language]) };
}

const destinationWords: Record<DestinationState, { what: Sentences; next: Sentences }> = {
  healthy: {
    what: { en: 'Nothing is wrong with {host}.', fr: 'Rien à signaler pour {host}.' },
    next: {
      en: 'What you write goes there at once.',
      fr: 'Ce que vous écrivez y part tout de suite.',
    },
  },
  slow: {
    what: {
      en: '{host} is slow, or failed lately: since {since}.',
      fr: '{host} est lent ou a eu une panne, depuis le {since}.',
    },
    next: {
      en: 'It gets one message at a time, apart from the others, until it answers promptly again.',
      fr: 'Il reçoit un message à la fois, à part des autres, jusqu’à ce qu’il réponde promptement.',
    },
  },
  resting: { what: what.resting, next: next.resting },
  gone: {
    what: {
      en: '{host} did not answer for a week, until {since}.',
      fr: '{host} n’a pas répondu pendant une semaine, jusqu’au {since}.',
    },
    next: {
      en: 'Nothing is sent there until it speaks to us, or until somebody here writes to a person there.',
      fr: 'Rien n’y est envoyé tant qu’il ne nous parle pas, ou que quelqu’un d’ici n’écrit à une personne de là-bas.',
    },
  },
  paused: {
    what: what.paused,
    next: {
      en: 'What is for it waits, without limit, until it is resumed.',
      fr: 'Ce qui lui est destiné attend, sans limite, jusqu’à la reprise.',
    },
  },
};

/** The words for a destination as the people who send to it see it. */
export function explainDestination(line: DestinationLine, language: Language, nowMs: number): Explanation {
  const words = destinationWords[line.state];
  const fill = filler(language, nowMs, { host: line.host, since: line.sinceMs, next: line.nextTryAtMs });
  const whose = line.state === 'healthy' ? undefined : line.state === 'paused' ? 'yours' : 'theirs';
  return { whose, what: fill(words.what[language]), next: fill(words.next[language]) };
}

function filler(language: Language, nowMs: number, values: Record<string, string | number | undefined>) {
  return (sentence: string): string =>
    sentence.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = values[name];
      if (typeof value === 'string') return value;
      if (value === undefined && name === 'since') return language === 'fr' ? 'moment inconnu' : 'an unknown day';
      if (value === undefined) return language === 'fr' ? 'bientôt' : 'soon';
      return name === 'since' ? moment(value, language) : relative(value - nowMs, language);
    });
}

/** `in 5 minutes`, `il y a 2 heures`, from the difference to now. */
function relative(differenceMs: number, language: Language): string {
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const seconds = differenceMs / 1_000;
  for (const [unit, size] of [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ] as const) {
    if (Math.abs(seconds) >= size) return format.format(Math.round(seconds / size), unit);
  }
  return format.format(Math.round(seconds), 'second');
}

function moment(atMs: number, language: Language): string {
  const format = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'UTC',
  });
  return `${format.format(atMs)} UTC`;
}
