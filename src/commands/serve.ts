import { CanariError } from '../base/errors.ts';
import type { Config } from '../config.ts';
import { socketFile, takeLock } from '../host/lock.ts';
import { listenForCommands } from '../host/socket.ts';
import type { OpenPlace } from '../outgoing/open-place.ts';
import { newStartKey } from '../people/set-up.ts';
import { type Command, exitCodes, type Surroundings } from './command.ts';
import { configureLog } from './log.ts';
import { useConfig } from './settings.ts';
import { settleMemory } from './settle.ts';
import { failureSentence, type Words, words } from './words.ts';
import { answerCommands } from './writing.ts';

export const serve: Command = {
  name: 'serve',
  summary: {
    en: 'Runs the server until it is asked to stop (Ctrl-C, SIGTERM).',
    fr: 'Fait tourner le serveur jusqu’à ce qu’on l’arrête (Ctrl-C, SIGTERM).',
  },
  usage: 'serve',
  positionals: 0,
  options: {},
  required: [],
  async run(_given, around) {
    const config = useConfig(around);
    if (!config) return exitCodes.failed;
    await configureLog(config.logLevel, (text) => around.complain(text.replace(/\n$/, '')));
    const lock = takeLock(config.dataFolder);
    if (!lock.ok) {
      around.complain(failureSentence(around.tongue, lock.error));
      return exitCodes.failed;
    }
    try {
      await runUntilAsked(around, config);
      return exitCodes.ok;
    } catch (error) {
      around.complain(startSentence(around, config, error));
      return exitCodes.failed;
    } finally {
      lock.value.release();
    }
  },
};

/** Serves, and stops in order: commands first, so that none is cut in its middle. */
async function runUntilAsked(around: Surroundings, config: Config): Promise<void> {
  const asked = around.untilAskedToStop();
  const running = await (await around.openDoor()).start(config, { serving: true });
  try {
    const place = await running.host.openFirst();
    const commands = await listenForCommands(socketFile(config.dataFolder), answerCommands(running.host));
    const listening = running.address ?? config.listen;
    around.say(await renderBlock(words(around.tongue), config, place, listening));
    const unsettle = settleMemory(around.clock);
    await asked;
    unsettle();
    await commands.close();
  } finally {
    await running.stop();
  }
}

/** What a person reads when it runs: where, what to open, what is still missing, and loudly what is dangerous. */
async function renderBlock(
  text: Words,
  config: Config,
  place: OpenPlace,
  listening: { address: string; port: number },
): Promise<string> {
  const { origin, federates } = place.identity;
  const port = `${listening.address.includes(':') ? `[${listening.address}]` : listening.address}:${listening.port}`;
  const key = await newStartKey(place);
  const { hosts, networks } = config.lab;
  const isLaboratory = hosts.length > 0 || networks.length > 0;
  return [
    text.isAt(origin),
    ...(federates ? [text.listensOn(port)] : []),
    ...(key === undefined ? [] : [text.startLink, `  ${origin}/start?key=${key}`]),
    ...(federates ? [] : [text.noFederation]),
    ...(hosts.length > 0 ? [text.labHosts(hosts.length)] : []),
    ...(networks.length > 0 ? [text.labNetworks] : []),
    ...(isLaboratory ? [text.labAway] : []),
  ].join('\n');
}

/** Why it does not start, in a sentence that says what to write. @throws what nobody expected. */
function startSentence(around: Surroundings, config: Config, error: unknown): string {
  if (error instanceof CanariError) return failureSentence(around.tongue, error);
  const text = words(around.tongue);
  const { address, port } = config.listen;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return text.portTaken(address, port);
  if (code === 'EACCES' && syscall === 'listen') return text.portForbidden(port);
  if (code === 'EADDRNOTAVAIL') return text.addressAbsent(address);
  throw error;
}
