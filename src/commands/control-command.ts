import type { Sentence } from '../config.ts';
import type { Control } from '../receipts/control.ts';
import { type Command, exitCodes, type Option } from './command.ts';
import { useConfig } from './settings.ts';
import { failureSentence, words } from './words.ts';
import { ask } from './writing.ts';

/** `--place`, for every command that is about one place of a host or about all of them. */
export const placeOption: Option = {
  value: 'DOMAIN',
  sentence: {
    en: 'Only this place of the host. Without it: every place.',
    fr: 'Seulement cet endroit de l’hôte. Sans cela : tous.',
  },
};

/** `pause`, `resume` and `retry` differ in one word. */
export const controlCommand = (what: Control, summary: Sentence): Command => ({
  name: what,
  summary,
  usage: `${what} HOST [--place DOMAIN]`,
  positionals: 1,
  options: { place: placeOption },
  required: [],
  async run({ positionals: [host = ''], values }, around) {
    const config = useConfig(around);
    if (!config) return exitCodes.failed;
    const place = values.place === undefined ? {} : { place: String(values.place) };
    const done = await ask(around, config, 'control', { what, host, ...place });
    if (!done.ok) {
      around.complain(failureSentence(around.tongue, done.error));
      return exitCodes.failed;
    }
    const text = words(around.tongue);
    for (const one of done.value) around.say(text[one.done](one.host, one.place));
    return exitCodes.ok;
  },
});
