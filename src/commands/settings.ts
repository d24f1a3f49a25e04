import type { Config } from '../config.ts';
import type { Surroundings } from './command.ts';

/** The settings; undefined when some cannot be used, which has then been said. */
export function useConfig(around: Surroundings): Config | undefined {
  const config = around.readConfig();
  if (config.ok) return config.value;
  for (const { sentence } of config.error) around.complain(sentence[around.tongue]);
  return undefined;
}
