import { getLogger } from '@logtape/logtape';

/** A logger for one folder of `src/`. Never a token, a key, a passphrase or a private post's words; `main.ts` decides where lines go. */
export const logger = (...category: string[]) => getLogger(['canari', ...category]);
