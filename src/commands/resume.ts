import { controlCommand } from './control-command.ts';

export const resume = controlCommand('resume', {
  en: 'Sends to a paused server again, beginning with what waited.',
  fr: 'Envoie de nouveau à un serveur mis en pause, en commençant par ce qui attendait.',
});
