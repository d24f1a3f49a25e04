import { en, type Words } from './en.ts';
import { fr } from './fr.ts';
import type { Language } from './language.ts';
import { typesetCatalogue } from './typography.ts';

const catalogues: Readonly<Record<Language, Words>> = { en, fr: typesetCatalogue(fr) };

export const catalogue = (language: Language): Words => catalogues[language];

export type { Words } from './en.ts';
export { type Language, languages } from './language.ts';
