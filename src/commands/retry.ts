import { controlCommand } from './control-command.ts';

export const retry = controlCommand('retry', {
  en: 'Tries a server once now, whatever the schedule says.',
  fr: 'Essaie un serveur une fois, maintenant, quoi que dise l’horaire.',
});
