import type { Words } from './en.ts';
import { formatNumber } from './formats.ts';

const number = (value: string | number | undefined) => formatNumber(Number(value), 'fr');

export const frFailures: Pick<Words, 'doing' | 'error' | 'failures' | 'remote'> = {
  doing: {
    yours: 'À vous de jouer',
    theirs: 'Cela vient de chez eux',
    theirsNamed: (host) => `Cela vient de chez eux : ${host}`,
    ours: 'C’est notre faute',
  },
  error: {
    whatNow: 'Et maintenant',
    home: 'Retour à l’accueil',
    start: 'À la première page',
    exact: 'Les mots exacts :',
    reference: (reference) => `Si vous nous en parlez, dites « ${reference} ».`,
    again: 'Réessayez dans un instant. Rien n’est perdu.',
    generic: {
      yours: 'Cela n’a pas pu se faire',
      theirs: 'Un autre serveur n’a pas fait sa part',
      ours: 'Quelque chose a cassé chez nous',
    },
    genericText: {
      yours: 'Ce que vous demandez ne va pas avec ce que ce lieu sait faire.',
      theirs: 'Votre lieu va bien, et vous n’avez rien fait de mal.',
      ours: 'Vos mots sont restés où ils étaient. C’est noté.',
    },
  },
  failures: {
    CANARI_NOT_FOUND: () => ({
      title: 'Il n’y a rien ici',
      text: 'L’adresse est fausse, ou ce qui était là est parti, ou c’était écrit pour moins de monde.',
    }),
    CANARI_DESTINATION_UNKNOWN: ({ host }) => ({
      title: 'Rien ne part là-bas',
      text: `Personne sur ${host} ne vous suit et rien n’attend : il n’y a rien à mettre en pause ou à envoyer.`,
    }),
    CANARI_DESTINATION_UNCLEAR: () => ({
      title: 'Ce n’est pas le nom d’un serveur',
      text: 'Un serveur se nomme comme mastodon.example, sans chemin.',
    }),
    CANARI_DESTINATION_PAUSED: ({ host }) => ({
      title: 'Il est en pause',
      text: `Rien n’est envoyé à ${host} jusqu’à la reprise.`,
    }),
    CANARI_PAUSES_FULL: ({ most }) => ({
      title: 'Trop de serveurs en pause',
      text: `Au plus ${number(most)} serveurs peuvent être en pause. Reprenez-en un d’abord.`,
    }),
    CANARI_NOT_RUNNING: () => ({
      title: 'Rien ne part en ce moment',
      text: 'Rien n’est envoyé pour l’instant ; ce qui attend partira quand le serveur tournera de nouveau.',
    }),
    CANARI_POST_NOT_FOUND: () => ({
      title: 'Ce billet n’est pas là',
      text: 'Il a été supprimé, ou il était écrit pour moins de monde, ou l’adresse est fausse.',
    }),
    CANARI_ACCOUNT_NOT_FOUND: () => ({
      title: 'Personne de ce nom n’est connu ici',
      text: 'Cherchez par l’adresse entière, @nom@serveur, et nous demandons à son serveur.',
    }),
    CANARI_WRONG_METHOD: () => ({
      title: 'Cette adresse sert autrement',
      text: 'Vous avez peut-être rechargé la réponse à un formulaire. Revenez en arrière et rouvrez la page.',
    }),
    CANARI_FORM_FROM_ELSEWHERE: () => ({
      title: 'Ce formulaire ne vient pas d’ici',
      text: 'Un autre site l’a envoyé, ou il est plus vieux que votre dernière connexion. Rien n’est changé.',
      hint: 'Ouvrez la page ici et envoyez-le de nouveau.',
    }),
    CANARI_FORM_EXPECTED: () => ({
      title: 'Ce n’était pas un formulaire',
      text: 'Ce qui est arrivé n’a pas pu être lu. Rien n’est changé.',
    }),
    CANARI_FORM_UNREADABLE: () => ({
      title: 'Ce formulaire est illisible',
      text: 'Rien n’est changé. Rouvrez la page et réessayez.',
    }),
    CANARI_BODY_BROKEN: () => ({
      title: 'La connexion s’est coupée au milieu',
      text: 'Rien n’est changé. Envoyez de nouveau.',
    }),
    CANARI_BODY_ENCODED: () => ({ title: 'C’est arrivé comprimé', text: 'Ce lieu prend les formulaires tels quels.' }),
    CANARI_BODY_TOO_BIG: () => ({ title: 'C’était trop d’un coup', text: 'Rien n’est changé. Envoyez moins.' }),
    CANARI_POST_EMPTY: () => ({ title: 'Un billet a au moins un mot', text: 'Écrivez quelque chose.' }),
    CANARI_POST_TOO_LONG: ({ limit, length }) => ({
      title: 'C’est trop de mots pour un seul billet',
      text: `Un billet a ${number(limit)} caractères au plus ; celui-ci en a ${number(length)}.`,
    }),
    CANARI_LANGUAGE_UNKNOWN: () => ({
      title: 'Nous ne connaissons pas cette langue',
      text: 'Choisissez-en une dans la liste.',
    }),
    CANARI_AUDIENCE_UNKNOWN: () => ({ title: 'Pour qui ?', text: 'Choisissez dans la liste qui peut le voir.' }),
    CANARI_REACH_UNKNOWN: () => ({
      title: 'À qui le dire ?',
      text: 'La conversation, puis vos abonnés en douceur, ou tous tout de suite.',
    }),
    CANARI_BOOST_PRIVATE: () => ({
      title: 'Ce billet ne se partage pas',
      text: 'Il est écrit pour moins de monde que n’en toucherait un partage.',
    }),
    CANARI_BLOCKED: () => ({
      title: 'L’un de vous a bloqué l’autre',
      text: 'Aucun ne peut donc suivre. Si c’est vous, débloquez d’abord.',
    }),
    CANARI_ONESELF: () => ({ title: 'C’est vous', text: 'Cela ne se fait pas à soi-même.' }),
    CANARI_NOT_FEDERATING: () => ({
      title: 'Ce lieu n’est pas encore dans le Fédivers',
      text: 'Il n’a pas de domaine : il ne peut ni demander aux autres, ni leur répondre.',
      hint: 'La page « À propos » dit comment lui en donner un.',
    }),
    CANARI_PROFILE_TOO_LONG: ({ most }) => ({
      title: 'Cela ne tient pas sur votre page',
      text: `${number(most)} caractères au plus à cet endroit.`,
    }),
    CANARI_HANDLE_INVALID: () => ({
      title: 'Cela ne peut pas être un nom d’adresse',
      text: 'Il a de 1 à 30 lettres sans accent, chiffres ou tirets bas.',
    }),
    CANARI_HANDLE_RESERVED: ({ handle }) => ({
      title: `« ${handle} » est réservé au lieu lui-même`,
      text: 'Choisissez un autre nom.',
    }),
    CANARI_HANDLE_TAKEN: ({ handle }) => ({ title: `@${handle} est déjà pris ici`, text: 'Choisissez un autre nom.' }),
    CANARI_PASSPHRASE_WEAK: ({ least }) => ({
      title: 'Cette phrase de passe est trop facile',
      text: `Au moins ${number(least)} caractères, et pas toujours le même. Quatre ou cinq mots sans rapport entre eux se retiennent bien et se devinent mal.`,
    }),
    CANARI_PASSPHRASE_LONG: ({ most }) => ({
      title: 'Cette phrase de passe est trop longue',
      text: `${number(most)} caractères au plus.`,
    }),
    CANARI_PLACE_FULL: () => ({
      title: 'Ce lieu est plein',
      text: 'Un lieu reste petit, exprès. Ouvrez-en un autre, sur un domaine à lui.',
    }),
    CANARI_SIGN_IN_WRONG: () => ({
      title: 'Ce nom et cette phrase de passe ne vont pas ensemble',
      text: 'Les majuscules comptent.',
    }),
    CANARI_CODE_WRONG: () => ({
      title: 'Ce code n’ouvre rien',
      text: 'Le nom et le code ne vont pas ensemble, ou le code a déjà servi.',
    }),
    CANARI_APP_REQUEST: ({ error }) => ({
      title: 'Cette application demande d’une façon à laquelle on ne peut répondre',
      text: `Retournez dans l’application et reconnectez-vous ; si cela dure, c’est elle qui est en faute (${error}).`,
    }),
    CANARI_APP_STATE: () => ({
      title: 'Cette application demande d’une façon à laquelle on ne peut répondre',
      text: 'Elle envoie beaucoup trop de choses avec. Ses auteurs aimeraient le savoir.',
    }),
    CANARI_DOOR_BUSY: () => ({
      title: 'Trop de monde frappe à la fois',
      text: 'Quelqu’un essaie peut-être ici des noms et des phrases de passe. La vôtre ouvre toujours la porte.',
      hint: 'Réessayez dans une minute.',
    }),
    CANARI_OUT_OF_ROOM: () => ({
      title: 'Nous n’avons plus de place pour un moment',
      text: 'Le disque de cette machine est plein. Ce qui était là y reste et se lit ; rien de neuf ne peut être gardé tant qu’il n’y a pas de place.',
      hint: 'Envoyez de nouveau dans un moment. La personne qui tient la machine le voit dans le journal.',
    }),
  },
  remote: {
    'not-federating': () => ({
      title: 'Ce lieu n’est pas encore dans le Fédivers',
      text: 'Il n’a pas de domaine : il ne peut ni demander aux autres, ni leur répondre.',
      hint: 'Donnez-lui un domaine : la page « À propos » dit comment.',
    }),
    'bad-handle': () => ({
      title: 'Cette adresse est illisible pour nous',
      text: 'Une adresse du Fédivers s’écrit @nom@serveur.example.',
      hint: 'Voyez s’il en manque un bout, puis réessayez.',
    }),
    'not-found': (host) => ({
      title: `${host} ne connaît pas cela`,
      text: 'Nous avons demandé : personne et rien de ce nom là-bas.',
      hint: 'Vérifiez l’orthographe ; majuscules et minuscules ne comptent pas.',
    }),
    gone: (host) => ({
      title: `${host} dit que c’est parti`,
      text: 'Cela a existé et a été supprimé.',
      hint: 'Rien à faire.',
    }),
    unreachable: (host) => ({
      title: `${host} n’a pas répondu`,
      text: 'Votre lieu va bien, et vous n’avez rien fait de mal.',
      hint: 'Réessayez plus tard. Si cela dure, demandez à la personne si son serveur vit encore.',
    }),
    'too-slow': (host) => ({
      title: `${host} a mis trop longtemps`,
      text: 'Nous avons attendu 15 secondes puis raccroché, pour que rien d’autre n’attende.',
      hint: 'Réessayez dans un moment.',
    }),
    refused: (host) => ({
      title: `${host} ne veut pas nous parler`,
      text: 'Il a répondu, et la réponse était non. Il a peut-être bloqué ce lieu, ou demande une chose que nous n’offrons pas.',
      hint: 'Rien à faire ici ; les gens de là-bas en savent peut-être plus.',
    }),
    unreadable: (host) => ({
      title: `${host} a répondu une chose que nous ne savons pas lire`,
      text: 'Ce n’est ni une personne, ni un billet du Fédivers.',
      hint: 'Vérifiez que le lien est bien celui d’une page ou d’un billet.',
    }),
    'budget-spent': (host) => ({
      title: `${host} nous a menés trop loin`,
      text: 'Sa réponse renvoyait à tant d’autres documents que nous nous sommes arrêtés.',
      hint: 'Réessayez avec le lien d’un seul billet.',
    }),
  },
};
