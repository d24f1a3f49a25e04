import type { CanariError } from '../base/errors.ts';
import type { Tongue } from '../config.ts';

/** Every sentence that the commands say, in both languages. Pages have their own (`http/pages/words`). */

const english = {
  usage: 'Usage',
  commands: 'Commands',
  options: 'Options',
  helpOption: 'Says this.',
  exits: 'Ends with 0 when it is done, 1 when it failed, 2 when it was not understood.',
  moreHelp: 'canari COMMAND --help says more.',
  settingsNote: 'Settings, as variables or as keys of canari.toml:',
  unknownCommand: (given: string, nearest: string) => `There is no command ${given}. Did you mean ${nearest}?`,
  noCommand: 'Which command? canari --help lists them.',
  missing: (name: string, usage: string) => `${name} is missing. Write: canari ${usage}`,
  badOption: (reason: string, usage: string) => `${reason}\nWrite: canari ${usage}`,
  tooMany: (word: string, usage: string) => `"${word}" is one word too many. Write: canari ${usage}`,
  unexpected: (reason: string) => `Canari failed, and this is its own doing: ${reason}`,
  newPassphrase: 'New passphrase (nothing is shown): ',
  oncemore: 'Once more: ',
  isAt: (address: string) => `Canari is at ${address}`,
  listensOn: (address: string) => `It listens on ${address}.`,
  startLink: 'Open this once to choose your name and passphrase:',
  noFederation:
    'It has no domain yet, so it speaks to nobody else. When you have one:\n  bin/canari setup --domain example.org --person NAME --passphrase-stdin',
  labHosts: (count: number) => `LABORATORY: ${count} names do not come from DNS, and may speak plain http.`,
  labNetworks: 'LABORATORY: private networks are open to whatever the Fediverse makes this server fetch.',
  labAway: 'Take CANARI_LAB_HOSTS and CANARI_ALLOW_NETWORKS away before anyone else can reach this server.',
  portTaken: (address: string, port: number) =>
    `Port ${port} of ${address} is taken by another program. Stop that one, or choose another: CANARI_PORT=${port + 1}`,
  portForbidden: (port: number) =>
    `Port ${port} is not for this system user. Choose one from 1024 on, such as CANARI_PORT=8000, and put a proxy in front.`,
  addressAbsent: (address: string) =>
    `This machine has no address ${address}. Write for example: CANARI_ADDRESS=127.0.0.1`,
  setUp: (origin: string) => `The place is set up: ${origin}`,
  codes: 'Recovery codes, shown this once. Each lets you choose a new passphrase, one time. Keep them on paper:',
  passphraseChanged: 'The passphrase is changed. Browsers and apps have to sign in again.',
  allWell: (place: string, servers: number) =>
    `${place}: ${servers === 1 ? 'one server' : `${servers} servers`}, nothing waits and nothing is wrong.`,
  someNot: (place: string, servers: number, unwell: number) =>
    `${place}: ${servers === 1 ? 'one server' : `${servers} servers`}, ${unwell} of them to look at.`,
  landed: (accepted: number, servers: number, followers: number) =>
    servers === 0
      ? 'This post was sent to no other server.'
      : `${accepted} of ${servers === 1 ? 'one server' : `${servers} servers`} said yes; ${followers === 1 ? '1 follower is' : `${followers} followers are`} there.`,
  people: (n: number) => (n === 1 ? '1 follower' : `${n} followers`),
  waiting: (n: number) => (n === 1 ? '1 delivery waits' : `${n >= 1000 ? '1000 or more' : n} deliveries wait`),
  itsWords: (said: string) => `Its words: ${said}`,
  whose: (whose: string) => ({ yours: 'Your doing', theirs: 'Their doing', ours: 'Canari’s doing' })[whose] ?? '',
  paused: (host: string, place: string) => `Nothing more goes from ${place} to ${host} until: canari resume ${host}`,
  resumed: (host: string, place: string) => `${place} sends to ${host} again; what waited goes now.`,
  'was-not-paused': (host: string, place: string) => `${host} was not paused on ${place}.`,
  knocking: (host: string, _place: string) =>
    `One attempt at ${host} begins now. canari explain ${host} says how it went.`,
  'just-knocked': (host: string, _place: string) => `${host} was asked a moment ago. Wait ten seconds.`,
  'nothing-waits': (host: string, place: string) =>
    `Nothing of ${place} waits for ${host}, so there is nothing to send.`,
} as const;

/** The same keys; functions take the same values. */
export type Words = {
  readonly [Key in keyof typeof english]: (typeof english)[Key] extends (...given: infer Given) => string
    ? (...given: Given) => string
    : string;
};

const french: Words = {
  usage: 'Usage',
  commands: 'Commandes',
  options: 'Options',
  helpOption: 'Dit ceci.',
  exits: 'Se termine par 0 si c’est fait, 1 en cas d’échec, 2 si ce n’est pas compris.',
  moreHelp: 'canari COMMANDE --help en dit plus.',
  settingsNote: 'Les réglages, en variables ou en clés de canari.toml :',
  unknownCommand: (given, nearest) => `Il n’y a pas de commande ${given}. Vouliez-vous dire ${nearest} ?`,
  noCommand: 'Quelle commande ? canari --help les énumère.',
  missing: (name, usage) => `Il manque ${name}. Écrivez : canari ${usage}`,
  badOption: (reason, usage) => `${reason}\nÉcrivez : canari ${usage}`,
  tooMany: (word, usage) => `« ${word} » est un mot de trop. Écrivez : canari ${usage}`,
  unexpected: (reason) => `Canari a échoué, et c’est de son propre fait : ${reason}`,
  newPassphrase: 'Nouvelle phrase de passe (rien ne s’affiche) : ',
  oncemore: 'Encore une fois : ',
  isAt: (address) => `Canari est à ${address}`,
  listensOn: (address) => `Il écoute sur ${address}.`,
  startLink: 'Ouvrez ceci, une seule fois, pour choisir votre nom et votre phrase de passe :',
  noFederation:
    'Il n’a pas encore de domaine et ne parle donc à personne d’autre. Quand vous en aurez un :\n  bin/canari setup --domain example.org --person NOM --passphrase-stdin',
  labHosts: (count) => `LABORATOIRE : ${count} noms ne viennent pas du DNS et peuvent parler en http simple.`,
  labNetworks: 'LABORATOIRE : des réseaux privés sont ouverts à tout ce que le Fédivers fait chercher à ce serveur.',
  labAway: 'Retirez CANARI_LAB_HOSTS et CANARI_ALLOW_NETWORKS avant que d’autres puissent joindre ce serveur.',
  portTaken: (address, port) =>
    `Le port ${port} de ${address} est pris par un autre programme. Arrêtez-le, ou choisissez-en un autre : CANARI_PORT=${port + 1}`,
  portForbidden: (port) =>
    `Le port ${port} n’est pas permis à cet utilisateur. Choisissez-en un à partir de 1024, comme CANARI_PORT=8000, et mettez un mandataire devant.`,
  addressAbsent: (address) =>
    `Cette machine n’a pas d’adresse ${address}. Écrivez par exemple : CANARI_ADDRESS=127.0.0.1`,
  setUp: (origin) => `C’est prêt : ${origin}`,
  codes:
    'Codes de secours, montrés cette seule fois. Chacun permet, une fois, de choisir une nouvelle phrase de passe. Gardez-les sur papier :',
  passphraseChanged: 'La phrase de passe est changée. Navigateurs et applications devront se reconnecter.',
  allWell: (place, servers) =>
    `${place} : ${servers === 1 ? 'un serveur' : `${servers} serveurs`}, rien n’attend et rien ne cloche.`,
  someNot: (place, servers, unwell) =>
    `${place} : ${servers === 1 ? 'un serveur' : `${servers} serveurs`}, dont ${unwell} à regarder.`,
  landed: (accepted, servers, followers) =>
    servers === 0
      ? 'Ce billet n’est parti vers aucun autre serveur.'
      : `${accepted} sur ${servers === 1 ? 'un serveur' : `${servers} serveurs`} ${accepted === 1 ? 'a' : 'ont'} dit oui ; ${followers < 2 ? `${followers} abonné y est` : `${followers} abonnés y sont`}.`,
  people: (n) => (n === 1 ? '1 abonné' : `${n} abonnés`),
  waiting: (n) => (n === 1 ? '1 envoi attend' : `${n >= 1000 ? '1000 envois ou plus' : `${n} envois`} attendent`),
  itsWords: (said) => `Ses mots : ${said}`,
  whose: (whose) => ({ yours: 'De votre fait', theirs: 'De son fait', ours: 'Du fait de Canari' })[whose] ?? '',
  paused: (host, place) => `Plus rien ne part de ${place} vers ${host}, jusqu’à : canari resume ${host}`,
  resumed: (host, place) => `${place} envoie de nouveau à ${host} ; ce qui attendait part maintenant.`,
  'was-not-paused': (host, place) => `${host} n’était pas en pause sur ${place}.`,
  knocking: (host) => `Un essai vers ${host} commence. canari explain ${host} dit ce qu’il en est.`,
  'just-knocked': (host) => `${host} vient d’être essayé. Attendez dix secondes.`,
  'nothing-waits': (host, place) => `Rien de ${place} n’attend pour ${host}, il n’y a donc rien à envoyer.`,
};

/** The words of one language. */
export const words = (tongue: Tongue): Words => (tongue === 'fr' ? french : english);

type Values = CanariError['values'];

/** In French, the failures that a command can meet; English has the error's own message and hint. */
const frenchFailures: Readonly<Record<string, (values: Values) => string>> = {
  CANARI_DOMAIN_INVALID: ({ domain }) =>
    `« ${domain} » n’est pas un nom de domaine. Par exemple example.org, sans https:// ni chemin.`,
  CANARI_DOMAIN_SPEAKS: ({ domain }) =>
    `${domain} parle déjà au Fédivers, depuis ailleurs. Avec de nouvelles clés, les serveurs qui le connaissent le refuseraient. Restaurez ici sa sauvegarde ou, si vous êtes sûr, ajoutez --new-identity.`,
  CANARI_DOMAIN_GIVEN: ({ domain }) => `Cet endroit est ${domain} et le reste : les autres le connaissent sous ce nom.`,
  CANARI_PLACE_EXISTS: () => 'C’est déjà installé, avec quelqu’un. canari passphrase NOM change la phrase de passe.',
  CANARI_PLACE_FULL: () => 'Il n’y a plus de place ici. Installez-en un autre, sur son propre domaine.',
  CANARI_HOST_FULL: ({ most }) => `Un hôte a au plus ${most} endroits. Lancez-en un autre, sous un autre nom.`,
  CANARI_HANDLE_INVALID: () => 'Un nom a de 1 à 30 lettres a-z, chiffres ou _. Le nom affiché, lui, est libre.',
  CANARI_HANDLE_RESERVED: ({ handle }) => `« ${handle} » est réservé. Choisissez un autre nom.`,
  CANARI_HANDLE_TAKEN: ({ handle }) => `@${handle} est déjà pris ici. Choisissez un autre nom.`,
  CANARI_PASSPHRASE_WEAK: ({ least }) =>
    `Une phrase de passe a au moins ${least} caractères, et pas un seul répété. Quatre ou cinq mots sans rapport se retiennent bien.`,
  CANARI_PASSPHRASE_LONG: ({ most }) => `Une phrase de passe a au plus ${most} caractères.`,
  CANARI_SCOPE_UNKNOWN: () => "Cette portée n’existe pas. Par exemple : --scope 'read write follow push'",
  CANARI_PERSON_NOT_FOUND: ({ handle }) => `Personne ici ne s’appelle ${handle}.`,
  CANARI_PERSON_UNCLEAR: () => 'Plusieurs personnes ont ce nom. Écrivez nom@domaine.',
  CANARI_FOLDER_HELD: ({ folder }) =>
    `Un autre Canari se sert de ${folder}. Arrêtez-le d’abord ; deux à la fois abîmeraient tout.`,
  CANARI_FOLDER_CLOSED: ({ folder, reason }) =>
    `${folder} ne peut pas être écrit : ${reason}. Donnez ce dossier à l’utilisateur qui lance Canari, ou nommez-en un autre avec CANARI_DATA.`,
  CANARI_SOCKET_PATH: ({ path, bytes }) =>
    `Le chemin ${path} est trop long. Choisissez un dossier de données plus court ; la prise qu’il contient a au plus ${bytes} octets.`,
  CANARI_SOCKET_NOT_YOURS: ({ path }) =>
    `${path} appartient à un autre utilisateur. Lancez la commande sous celui qui fait tourner le serveur.`,
  CANARI_SERVER_SILENT: () =>
    'Le serveur en marche n’a pas répondu ; il s’arrête peut-être. Lisez son journal, puis réessayez.',
  CANARI_COMMAND_UNKNOWN: () => 'Le serveur en marche est une autre version de Canari : redémarrez-le.',
  CANARI_DATABASE_DAMAGED: ({ file }) =>
    `${file} est illisible. Rien n’a été changé. Remettez la dernière sauvegarde de ce dossier ; ne le supprimez pas, il contient les clés.`,
  CANARI_DATABASE_NEWER: ({ file }) =>
    `Un Canari plus récent a écrit ${file}. Relancez cette version, ou remettez la copie faite avant son premier démarrage.`,
  CANARI_NO_PASSPHRASE: () =>
    "Aucune phrase de passe n’est venue par l’entrée standard. Par exemple : printf '%s\\n' 'quatre mots que nul ne devine' | canari … --passphrase-stdin",
  CANARI_NO_TERMINAL: () =>
    'Il n’y a pas de terminal où demander la phrase de passe. Ajoutez --passphrase-stdin et envoyez-la par l’entrée standard.',
  CANARI_POST_NOT_FOUND: () => 'Ce billet n’existe pas ici.',
  CANARI_PLACE_UNKNOWN: ({ domain }) =>
    domain === ''
      ? 'Rien ici ne parle encore à d’autres serveurs. canari setup donne un domaine.'
      : `Il n’y a pas de ${domain} ici. Retirez --place, ou écrivez son domaine.`,
  CANARI_DESTINATION_UNCLEAR: ({ host }) =>
    `« ${host} » n’est pas le nom d’un serveur. Par exemple mastodon.example, sans chemin.`,
  CANARI_DESTINATION_PAUSED: ({ host }) =>
    `${host} est en pause, rien n’y est envoyé. canari resume ${host} fait tout repartir.`,
  CANARI_PAUSES_FULL: ({ most }) => `Au plus ${most} serveurs peuvent être en pause. Reprenez-en un d’abord.`,
  CANARI_NOT_RUNNING: () =>
    'Aucun serveur ne tourne sur ce dossier, rien ne peut donc partir. canari serve le lance, et envoie de lui-même ce qui attend.',
  CANARI_PASSPHRASES_DIFFER: () => 'Les deux phrases de passe diffèrent. Recommencez.',
};

/** A failure in the reader's language: what happened and what to do. A code without French words is told in English. */
export function failureSentence(tongue: Tongue, error: CanariError): string {
  const translate =
    tongue === 'fr' && Object.hasOwn(frenchFailures, error.code) ? frenchFailures[error.code] : undefined;
  if (translate) return translate(error.values);
  const message = `${error.message[0]?.toUpperCase()}${error.message.slice(1)}`;
  return [/[.!?]$/.test(message) ? message : `${message}.`, error.hint].filter((part) => part !== '').join(' ');
}
