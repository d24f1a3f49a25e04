import type { Tongue } from '../config.ts';
import { explainServer } from '../receipts/explain.ts';
import type { Landed } from '../receipts/landed.ts';
import { type Command, exitCodes } from './command.ts';
import { placeOption } from './control-command.ts';
import type { PlaceDeliveries } from './delivering.ts';
import { oneLine, renderLine } from './explain.ts';
import { useConfig } from './settings.ts';
import { failureSentence, words } from './words.ts';
import { ask } from './writing.ts';

export const deliveries: Command = {
  name: 'deliveries',
  summary: {
    en: 'Lists the servers that need a look and what waits for them, or where one post has landed.',
    fr: 'Énumère les serveurs à regarder et ce qui les attend, ou les endroits où un billet s’est posé.',
  },
  usage: 'deliveries [--place DOMAIN] [--post ID] [--json]',
  positionals: 0,
  options: {
    place: placeOption,
    post: {
      value: 'ID',
      sentence: {
        en: 'Where this post has landed; its number or its address.',
        fr: 'Où ce billet s’est posé ; son numéro ou son adresse.',
      },
    },
    json: { sentence: { en: 'One line of JSON, for scripts.', fr: 'Une ligne de JSON, pour les scripts.' } },
  },
  required: [],
  async run({ values }, around) {
    const config = useConfig(around);
    if (!config) return exitCodes.failed;
    const done = await ask(around, config, 'deliveries', {
      ...(values.place !== undefined && { place: String(values.place) }),
      ...(values.post !== undefined && { post: String(values.post) }),
    });
    if (!done.ok) {
      around.complain(failureSentence(around.tongue, done.error));
      return exitCodes.failed;
    }
    const { places, landed, nowMs } = done.value;
    if (values.json) around.say(JSON.stringify(done.value));
    else if (landed) around.say(renderLanded(landed, around.tongue, nowMs));
    else around.say(places.map((place) => renderPlace(place, around.tongue, nowMs)).join('\n\n'));
    return exitCodes.ok;
  },
};

function renderPlace({ place, counts, destinations }: PlaceDeliveries, tongue: Tongue, nowMs: number): string {
  const text = words(tongue);
  const servers = Object.values(counts).reduce((sum, count) => sum + count.servers, 0);
  if (destinations.length === 0) return text.allWell(place, servers);
  const lines = destinations.map((line) => renderLine(line, tongue, nowMs));
  return [text.someNot(place, servers, destinations.length), ...lines].join('\n\n');
}

function renderLanded({ servers, counts, followersAccepted }: Landed, tongue: Tongue, nowMs: number): string {
  const text = words(tongue);
  const lines = servers.map((server) => {
    const { whose, what, next } = explainServer(server, tongue, nowMs);
    return [
      `${server.host}, ${text.people(server.followers)}`,
      `  ${what}${server.state === 'accepted' ? '' : ` ${next}`}`,
      ...(whose ? [`  ${text.whose(whose)}.`] : []),
      ...(server.words && server.state !== 'accepted' ? [`  ${text.itsWords(oneLine(server.words))}`] : []),
    ].join('\n');
  });
  return [text.landed(counts.accepted, servers.length, followersAccepted), ...lines].join('\n');
}
