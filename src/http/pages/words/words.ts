import { en } from './en.ts';
import { fr } from './fr.ts';
import { typesetCatalogue } from './typography.ts';

export type Language = 'en' | 'fr';
export const languages: readonly Language[] = ['en', 'fr'];

/** Every sentence of the pages; English is the pattern, so a sentence missing in French does not compile. */
export type Words = typeof en;

const catalogues: Readonly<Record<Language, Words>> = { en, fr: typesetCatalogue(fr) };

export const catalogue = (language: Language): Words => catalogues[language];
