import { type Command, exitCodes } from './command.ts';
import { askSecret, readSecretLine } from './input.ts';
import { useConfig } from './settings.ts';
import { failureSentence, words } from './words.ts';
import { ask } from './writing.ts';

export const setup: Command = {
  name: 'setup',
  summary: {
    en: 'Makes the place of a person on a domain, or gives the place on localhost its domain.',
    fr: 'Installe quelqu’un sur un domaine, ou donne son domaine à ce qui est sur localhost.',
  },
  usage: 'setup --domain DOMAIN --person NAME [--display-name TEXT] [--passphrase-stdin] [--new-identity]',
  positionals: 0,
  options: {
    domain: {
      value: 'DOMAIN',
      sentence: {
        en: 'The domain, for ever: others know the place by it. It must already lead to this server.',
        fr: 'Le domaine, pour toujours : c’est par lui que les autres vous connaissent. Il doit déjà mener à ce serveur.',
      },
    },
    person: {
      value: 'NAME',
      sentence: { en: 'The name in @name@domain.', fr: 'Le nom dans @nom@domaine.' },
    },
    'display-name': {
      value: 'TEXT',
      sentence: {
        en: 'The name that people read; it can be changed later.',
        fr: 'Le nom qu’on lit ; il pourra changer.',
      },
    },
    'passphrase-stdin': {
      sentence: {
        en: 'Read the passphrase from the first line of standard input; without this it is asked for.',
        fr: 'Lire la phrase de passe sur la première ligne de l’entrée standard ; sans cela elle est demandée.',
      },
    },
    'new-identity': {
      sentence: {
        en: 'Make new keys although the domain already speaks elsewhere. Who knew it will refuse it: restore a backup instead if you can.',
        fr: 'Faire de nouvelles clés alors que le domaine parle déjà ailleurs. Qui le connaissait le refusera : restaurez plutôt une sauvegarde.',
      },
    },
  },
  required: ['domain', 'person'],
  async run({ values }, around) {
    const config = useConfig(around);
    if (!config) return exitCodes.failed;
    const secret = values['passphrase-stdin'] ? await readSecretLine(around.input) : await askSecret(around);
    const done = secret.ok
      ? await ask(around, config, 'setup', {
          domain: String(values.domain),
          handle: String(values.person),
          ...(values['display-name'] === undefined ? {} : { displayName: String(values['display-name']) }),
          passphrase: secret.value,
          language: around.tongue,
          newIdentity: values['new-identity'] === true,
        })
      : secret;
    if (!done.ok) {
      around.complain(failureSentence(around.tongue, done.error));
      return exitCodes.failed;
    }
    const text = words(around.tongue);
    around.say(text.setUp(done.value.origin));
    if (done.value.codes.length > 0)
      around.say(`${text.codes}\n${done.value.codes.map((code) => `  ${code}`).join('\n')}`);
    return exitCodes.ok;
  },
};
