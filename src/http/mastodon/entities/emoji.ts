import type { Emoji } from '../../../model/account.ts';

/** CustomEmoji. `static_url` must be there: a typed app refuses the whole post without it. */
export const renderEmoji = (emoji: Emoji) => ({
  shortcode: emoji.shortcode,
  url: emoji.url,
  static_url: emoji.url,
  visible_in_picker: false,
});
