import type { Config } from '../config.ts';
import type { Host } from '../host/host.ts';
import type { start } from '../main.ts';

/** What commands need of the composition root: the module `main.ts`, loaded only by the commands that open the data folder. */
export interface Door {
  readonly start: (config: Config, options: { serving: boolean }) => ReturnType<typeof start>;
}

/** What commands that write ask of the host. */
export type WritingHost = Pick<Host, 'setUp' | 'issueToken' | 'changePassphrase' | 'places'>;
