import type { PostId } from '../../../model/ids.ts';
import type { Attachment } from '../../../model/post.ts';

const types = { image: 'image', video: 'video', audio: 'audio', other: 'unknown' } as const;

/** MediaAttachment. Attachments have no rows of their own: the id is the post's with the place in its list, so it stays the same. */
export function renderAttachment(attachment: Attachment, postId: PostId, index: number) {
  const { width, height } = attachment;
  const size =
    width && height ? { width, height, size: `${width}x${height}`, aspect: Number((width / height).toFixed(6)) } : null;
  return {
    id: `${postId}${String(index).padStart(2, '0')}`,
    type: types[attachment.kind],
    url: attachment.url,
    preview_url: attachment.kind === 'image' ? attachment.url : null,
    remote_url: attachment.url,
    preview_remote_url: null,
    text_url: null,
    meta: {
      ...(size ? { original: size } : {}),
      ...(attachment.focus ? { focus: { x: attachment.focus[0], y: attachment.focus[1] } } : {}),
    },
    description: attachment.description === '' ? null : attachment.description,
    blurhash: attachment.blurhash,
  };
}
