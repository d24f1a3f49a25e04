import { type Command, exitCodes } from './command.ts';
import { useConfig } from './settings.ts';
import { failureSentence } from './words.ts';
import { ask } from './writing.ts';

export const token: Command = {
  name: 'token',
  summary: {
    en: 'Makes a token for an app or a script, and prints nothing but the token.',
    fr: 'Fabrique un jeton pour une application ou un script, et n’affiche que lui.',
  },
  usage: "token NAME [--scope 'read write follow push']",
  positionals: 1,
  options: {
    scope: {
      value: 'SCOPES',
      sentence: {
        en: 'What it may do, in the words of Mastodon’s API; "read" by itself reads everything. Without it: read.',
        fr: 'Ce qu’il permet, dans les mots de l’API de Mastodon ; « read » seul lit tout. Sans cela : read.',
      },
    },
  },
  required: [],
  async run({ positionals: [handle = ''], values }, around) {
    const config = useConfig(around);
    if (!config) return exitCodes.failed;
    const made = await ask(around, config, 'token', { handle, scopes: String(values.scope ?? 'read') });
    if (made.ok) around.say(made.value);
    else around.complain(failureSentence(around.tongue, made.error));
    return made.ok ? exitCodes.ok : exitCodes.failed;
  },
};
