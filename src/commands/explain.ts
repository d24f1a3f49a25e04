import type { Tongue } from '../config.ts';
import { explainDestination } from '../receipts/explain.ts';
import { type Command, exitCodes } from './command.ts';
import { placeOption } from './control-command.ts';
import type { CountedLine } from './delivering.ts';
import { useConfig } from './settings.ts';
import { failureSentence, words } from './words.ts';
import { ask } from './writing.ts';

export const explain: Command = {
  name: 'explain',
  summary: {
    en: 'Says how a server is, whose doing it is, what waits for it and what happens next.',
    fr: 'Dit comment va un serveur, de quel fait, ce qui l’attend et ce qui va se passer.',
  },
  usage: 'explain HOST [--place DOMAIN]',
  positionals: 1,
  options: { place: placeOption },
  required: [],
  async run({ positionals: [host = ''], values }, around) {
    const config = useConfig(around);
    if (!config) return exitCodes.failed;
    const place = values.place === undefined ? {} : { place: String(values.place) };
    const done = await ask(around, config, 'explain', { host, ...place });
    if (!done.ok) {
      around.complain(failureSentence(around.tongue, done.error));
      return exitCodes.failed;
    }
    const { lines, nowMs } = done.value;
    around.say(
      lines
        .map((line) => `${lines.length > 1 ? `${line.place}\n` : ''}${renderLine(line, around.tongue, nowMs)}`)
        .join('\n\n'),
    );
    return exitCodes.ok;
  },
};

/** One server in a few lines: what, whose doing, what next, what waits, its own words. */
export function renderLine(line: CountedLine, tongue: Tongue, nowMs: number): string {
  const text = words(tongue);
  const { whose, what, next } = explainDestination(line, tongue, nowMs);
  const facts = [...(line.waiting > 0 ? [text.waiting(line.waiting)] : []), text.people(line.followers)];
  return [
    what,
    ...(whose ? [`  ${text.whose(whose)}.`] : []),
    `  ${next}`,
    `  ${facts.join(', ')}.`,
    ...(line.words ? [`  ${text.itsWords(oneLine(line.words))}`] : []),
  ].join('\n');
}

/** Words of others in a terminal: no line ends, no escapes. */
export const oneLine = (text: string): string => text.replace(/\p{C}+/gu, ' ').trim();
