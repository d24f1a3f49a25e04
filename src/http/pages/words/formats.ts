import type { Language } from './language.ts';

/** Day before month and 24 hours, as most of the world that reads English here writes them. */
const dateLocales = { en: 'en-GB', fr: 'fr' } as const;

const perLanguage = (language: Language, dates: string = dateLocales[language]) => ({
  number: new Intl.NumberFormat(language),
  list: new Intl.ListFormat(language, { type: 'conjunction' }),
  // The narrow French form is "-46 min", which reads like a temperature.
  relative: new Intl.RelativeTimeFormat(language, { numeric: 'always', style: language === 'fr' ? 'short' : 'narrow' }),
  day: new Intl.DateTimeFormat(dates, { day: 'numeric', month: 'long', timeZone: 'UTC' }),
  date: new Intl.DateTimeFormat(dates, { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }),
  moment: new Intl.DateTimeFormat(dates, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }),
});
const formats = { en: perLanguage('en'), fr: perLanguage('fr') };

export const formatNumber = (value: number, language: Language) => formats[language].number.format(value);
export const formatList = (parts: readonly string[], language: Language) => formats[language].list.format(parts);
export const formatDate = (atMs: number, language: Language) => formats[language].date.format(atMs);
/** Date and time; UTC, since a page without script cannot know where its reader is. */
export const formatMoment = (atMs: number, language: Language) => `${formats[language].moment.format(atMs)} UTC`;

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** "2 h", "yesterday"-free and short for a list; the date once it is older than a week. */
export function formatAge(atMs: number, nowMs: number, language: Language): string {
  const { relative, day: dayFormat, date } = formats[language];
  const ageMs = nowMs - atMs;
  if (ageMs < minute) return language === 'fr' ? 'à l’instant' : 'now';
  if (ageMs < hour) return relative.format(-Math.floor(ageMs / minute), 'minute');
  if (ageMs < day) return relative.format(-Math.floor(ageMs / hour), 'hour');
  if (ageMs < 7 * day) return relative.format(-Math.floor(ageMs / day), 'day');
  const isSameYear = new Date(atMs).getUTCFullYear() === new Date(nowMs).getUTCFullYear();
  return (isSameYear ? dayFormat : date).format(atMs);
}

/** Languages one can say that a post is in; each under its own name. */
export const postLanguages: readonly (readonly [code: string, name: string])[] = [
  ['ar', 'العربية'],
  ['br', 'Brezhoneg'],
  ['ca', 'Català'],
  ['cs', 'Čeština'],
  ['da', 'Dansk'],
  ['de', 'Deutsch'],
  ['el', 'Ελληνικά'],
  ['en', 'English'],
  ['eo', 'Esperanto'],
  ['es', 'Español'],
  ['eu', 'Euskara'],
  ['fi', 'Suomi'],
  ['fr', 'Français'],
  ['he', 'עברית'],
  ['hu', 'Magyar'],
  ['it', 'Italiano'],
  ['ja', '日本語'],
  ['ko', '한국어'],
  ['nl', 'Nederlands'],
  ['no', 'Norsk'],
  ['oc', 'Occitan'],
  ['pl', 'Polski'],
  ['pt', 'Português'],
  ['ro', 'Română'],
  ['ru', 'Русский'],
  ['sv', 'Svenska'],
  ['tr', 'Türkçe'],
  ['uk', 'Українська'],
  ['zh', '中文'],
];
