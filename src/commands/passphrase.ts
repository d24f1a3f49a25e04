import { type Command, exitCodes } from './command.ts';
import { askSecret, readSecretLine } from './input.ts';
import { useConfig } from './settings.ts';
import { failureSentence, words } from './words.ts';
import { ask } from './writing.ts';

export const passphrase: Command = {
  name: 'passphrase',
  summary: {
    en: 'Gives a person a new passphrase; whoever was signed in has to sign in again.',
    fr: 'Donne à quelqu’un une nouvelle phrase de passe ; toute connexion ouverte est à refaire.',
  },
  usage: 'passphrase NAME [--passphrase-stdin]',
  positionals: 1,
  options: {
    'passphrase-stdin': {
      sentence: {
        en: 'Read it from the first line of standard input; without this it is asked for, and nothing is shown.',
        fr: 'La lire sur la première ligne de l’entrée standard ; sans cela elle est demandée, et rien ne s’affiche.',
      },
    },
  },
  required: [],
  async run({ positionals: [handle = ''], values }, around) {
    const config = useConfig(around);
    if (!config) return exitCodes.failed;
    const secret = values['passphrase-stdin'] ? await readSecretLine(around.input) : await askSecret(around);
    const done = secret.ok ? await ask(around, config, 'passphrase', { handle, passphrase: secret.value }) : secret;
    around.complain(done.ok ? words(around.tongue).passphraseChanged : failureSentence(around.tongue, done.error));
    return done.ok ? exitCodes.ok : exitCodes.failed;
  },
};
