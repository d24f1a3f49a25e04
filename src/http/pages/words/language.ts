export type Language = 'en' | 'fr';
export const languages: readonly Language[] = ['en', 'fr'];
