import { isJsonObject, type JsonObject } from '../../base/json.ts';
import { limits } from '../../base/limits.ts';
import { failed, ok, type Result } from '../../base/result.ts';
import type { Emoji } from '../../model/account.ts';
import { asList, idOf, own, type ReadFailure, readLine, readLinks, readTypes, readUri } from './values.ts';

export interface ReadMention {
  /** The id of the account. */
  readonly uri: string;
  /** `@name@host` as written; may be empty. */
  readonly name: string;
}

/** What `tag` holds, each once. */
export interface ReadTags {
  readonly mentions: readonly ReadMention[];
  /** Hashtags as written, without #. */
  readonly tags: readonly string[];
  readonly emojis: readonly Emoji[];
}

/** Reads `tag`; more than `limits.tags` is refused (THREATS 44). */
export function readTags(object: JsonObject): Result<ReadTags, ReadFailure> {
  const items = asList(own(object, 'tag'));
  if (items.length > limits.tags) return failed({ code: 'too-many-tags', detail: `${items.length} tags` });
  const mentions = new Map<string, ReadMention>();
  const tags = new Map<string, string>();
  const emojis = new Map<string, Emoji>();
  for (const item of items.filter(isJsonObject)) {
    const types = readTypes(own(item, 'type'));
    const name = readLine(own(item, 'name'));
    if (types.includes('Mention')) {
      const uri = readUri(own(item, 'href'));
      if (uri !== undefined) mentions.set(uri, { uri, name });
    } else if (types.includes('Hashtag')) {
      const tag = readHashtag(name);
      if (tag !== undefined && !tags.has(tag.toLowerCase())) tags.set(tag.toLowerCase(), tag);
    } else if (types.includes('Emoji')) {
      const emoji = readEmoji(item, name);
      if (emoji) emojis.set(emoji.shortcode, emoji);
    }
  }
  return ok({ mentions: [...mentions.values()], tags: [...tags.values()], emojis: [...emojis.values()] });
}

/** A hashtag without its #: letters, digits and marks of any language. */
export function readHashtag(name: string): string | undefined {
  const tag = name.replace(/^#/, '').normalize('NFC');
  return /^[\p{L}\p{N}\p{M}_·\u200c-]{1,100}$/u.test(tag) ? tag : undefined;
}

function readEmoji(item: JsonObject, name: string): Emoji | undefined {
  const shortcode = name.replaceAll(':', '');
  const icon = asList(own(item, 'icon'))[0];
  const url = isJsonObject(icon) ? readLinks(own(icon, 'url'))[0]?.href : idOf(icon);
  return /^[A-Za-z0-9_+-]{1,64}$/.test(shortcode) && url?.startsWith('http') ? { shortcode, url } : undefined;
}
