import {
  renderAnnounce,
  renderCreate,
  renderDelete,
  renderLike,
  renderUpdate,
} from '../activitypub/render/activities.ts';
import { renderActor } from '../activitypub/render/actor.ts';
import { renderAddressing, renderNote } from '../activitypub/render/note.ts';
import type { Account, Person } from '../model/account.ts';
import type { PostId } from '../model/ids.ts';
import type { Post } from '../model/post.ts';
import type { OpenPlace } from './open-place.ts';
import type { Publication } from './publish.ts';

/** A publication without its targets: what is said, before it is decided to whom. */
type Said = Omit<Publication, 'targets'>;

/** The words of a post with what hangs on them. */
export interface Written {
  readonly post: Post;
  readonly author: Account;
  readonly mentions: readonly Account[];
  readonly tags: readonly string[];
}

/** Activities about one post share this, so that a destination gets its Create before its Update before its Delete. */
export const postKey = (id: PostId) => `post:${id}`;

const note = (place: OpenPlace, written: Written) =>
  renderNote({ ...written, addresses: place.addresses, domain: place.identity.domain });

export function createActivity(place: OpenPlace, written: Written): Said {
  const { post, author } = written;
  return {
    sender: author,
    kind: 'Create',
    objectKey: postKey(post.id),
    postId: post.id,
    render: (id) => renderCreate({ id, actor: author.uri, note: note(place, written) }),
  };
}

export function updateActivity(place: OpenPlace, written: Written): Said {
  const { post, author } = written;
  return {
    sender: author,
    kind: 'Update',
    objectKey: postKey(post.id),
    postId: post.id,
    render: (id) =>
      renderUpdate({
        id,
        actor: author.uri,
        object: note(place, written),
        updatedAtMs: post.editedAtMs ?? post.publishedAtMs,
      }),
  };
}

export function deleteActivity(
  place: OpenPlace,
  { post, author, mentions }: Omit<Written, 'tags'>,
  deletedAtMs: number,
): Said {
  const addressing = renderAddressing(
    post.audience,
    place.addresses.followers(author.id),
    mentions.map(({ uri }) => uri),
  );
  return {
    sender: author,
    kind: 'Delete',
    objectKey: postKey(post.id),
    postId: post.id,
    render: (id) => renderDelete({ id, actor: author.uri, postUri: post.uri, deletedAtMs, ...addressing }),
  };
}

/** The person's profile as it is now. */
export function updatePersonActivity(place: OpenPlace, person: Person, updatedAtMs: number): Said {
  const { account } = person;
  return {
    sender: account,
    kind: 'Update',
    objectKey: `account:${account.id}`,
    render: (id) =>
      renderUpdate({
        id,
        actor: account.uri,
        object: renderActor(person, { addresses: place.addresses, domain: place.identity.domain }),
        updatedAtMs,
      }),
  };
}

/** A boost; also the inside of its Undo. `original`: author of the boosted post. */
export const announce = (place: OpenPlace, boost: Post, booster: Account, original: { uri: string; author: Account }) =>
  renderAnnounce({
    id: boost.uri,
    actor: booster.uri,
    postUri: original.uri,
    publishedAtMs: boost.publishedAtMs,
    ...renderAddressing(boost.audience, place.addresses.followers(booster.id), [original.author.uri]),
  });

export const like = (id: string, liker: Account, original: { uri: string; author: Account }) =>
  renderLike({ id, actor: liker.uri, postUri: original.uri, authorUri: original.author.uri });
