import { controlCommand } from './control-command.ts';

export const pause = controlCommand('pause', {
  en: 'Stops sending to a server until it is resumed. What is for it waits, and nothing expires.',
  fr: 'Cesse d’envoyer à un serveur jusqu’à la reprise. Ce qui lui est destiné attend, et rien n’expire.',
});
