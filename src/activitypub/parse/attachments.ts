import { isJsonObject, type JsonObject } from '../../base/json.ts';
import { limits } from '../../base/limits.ts';
import type { Attachment } from '../../model/post.ts';
import { asList, cutText, own, readCount, readLinks, readMediaType, readText, readTypes } from './values.ts';

/** What hangs on a post: media to show, and pages to name. */
export interface ReadAttachments {
  readonly media: readonly Attachment[];
  /** Addresses of pages (Lemmy's `Link`). */
  readonly links: readonly string[];
}

/** Alternative text is for people who do not see the picture: longer than Mastodon's 1,500, not endless. */
const descriptionChars = 10_000;

/** Reads `attachment`, the first `limits.attachments`; a post of type Image, Video or Audio is an attachment itself. */
export function readAttachments(object: JsonObject, kind: string): ReadAttachments {
  const media: Attachment[] = [];
  const links: string[] = [];
  const items = asList(own(object, 'attachment')).filter(isJsonObject).slice(0, limits.attachments);
  for (const item of items) {
    const types = readTypes(own(item, 'type'));
    if (types.includes('Link')) links.push(...readLinks(own(item, 'href')).map(({ href }) => href));
    else media.push(...readMedia(item, types));
  }
  if (media.length === 0 && ['Image', 'Video', 'Audio'].includes(kind)) media.push(...readOwnMedia(object, kind));
  return { media, links };
}

const kindByType: Record<string, Attachment['kind'] | undefined> = { Image: 'image', Video: 'video', Audio: 'audio' };
const kindByMediaType: Record<string, Attachment['kind'] | undefined> = {
  image: 'image',
  video: 'video',
  audio: 'audio',
};

function readMedia(item: JsonObject, types: readonly string[]): Attachment[] {
  const link = readLinks(own(item, 'url'))[0] ?? readLinks(own(item, 'href'))[0];
  if (!link) return [];
  const mediaType = readMediaType(own(item, 'mediaType')) || link.mediaType;
  const byType = types.map((type) => kindByType[type]).find((kind) => kind !== undefined);
  const kind = kindByMediaType[mediaType.split('/')[0]!] ?? byType ?? 'other';
  // A page is no media, however it is attached.
  if (mediaType === 'text/html') return [];
  return [
    {
      kind,
      url: link.href,
      mediaType,
      description: cutText(readText(own(item, 'name')) || readText(own(item, 'summary')), descriptionChars),
      width: readCount(own(item, 'width')) ?? link.width,
      height: readCount(own(item, 'height')) ?? link.height,
      blurhash: readBlurhash(own(item, 'blurhash')),
      focus: readFocus(own(item, 'focalPoint')),
    },
  ];
}

/** PeerTube, Funkwhale: the post's `url` holds the files themselves; the first of the right kind, or a picture of it. */
function readOwnMedia(object: JsonObject, kind: string): Attachment[] {
  const wanted = kindByType[kind]!;
  const file = readLinks(own(object, 'url')).find(({ mediaType }) => mediaType.startsWith(`${wanted}/`));
  if (file) {
    const { href: url, mediaType, width, height } = file;
    return [{ kind: wanted, url, mediaType, description: '', width, height, blurhash: null, focus: null }];
  }
  const icon = asList(own(object, 'icon')).filter(isJsonObject).at(-1);
  return icon
    ? readMedia(icon, ['Image']).map((media) => ({ ...media, description: readText(own(object, 'name')) }))
    : [];
}

const readBlurhash = (value: unknown): string | null =>
  typeof value === 'string' && /^[0-9A-Za-z#$%*+,\-.:;=?@[\]^_{|}~]{6,100}$/.test(value) ? value : null;

function readFocus(value: unknown): readonly [number, number] | null {
  const [x, y] = asList(value);
  if (typeof x !== 'number' || typeof y !== 'number') return null;
  const clamp = (part: number) => Math.min(1, Math.max(-1, part));
  return [clamp(x), clamp(y)];
}
