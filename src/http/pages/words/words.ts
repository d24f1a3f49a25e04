import type { en } from './en.ts';

export type Language = 'en' | 'fr';
export const languages: readonly Language[] = ['en', 'fr'];

/** Every sentence of the pages; English is the pattern, so a sentence missing in French does not compile. */
export type Words = typeof en;
