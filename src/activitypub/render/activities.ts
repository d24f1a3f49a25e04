import { activityStreams, type Document, everyone, isoTime, plainContext, withoutContext } from './contexts.ts';
import type { Addressing } from './note.ts';

/** What every activity has: its own id (`addresses.activity`) and the id of who does it. */
interface ActivityParts {
  readonly id: string;
  readonly actor: string;
}

/** A new post; addressed as the note is. `note`: from `renderNote`. */
export function renderCreate(parts: ActivityParts & { note: Document }): Document {
  const { note } = parts;
  return {
    '@context': note['@context'] ?? plainContext,
    id: parts.id,
    type: 'Create',
    actor: parts.actor,
    published: note.published,
    to: note.to,
    cc: note.cc,
    object: withoutContext(note),
  };
}

/**
 * A changed post, or a changed person (`object` from `renderActor`; then addressed to everyone).
 * @param parts.updatedAtMs wall time of the change.
 */
export function renderUpdate(parts: ActivityParts & { object: Document; updatedAtMs: number }): Document {
  const { object } = parts;
  const isPost = object.to !== undefined;
  return {
    '@context': object['@context'] ?? plainContext,
    id: parts.id,
    type: 'Update',
    actor: parts.actor,
    updated: isoTime(parts.updatedAtMs),
    to: isPost ? object.to : [everyone],
    cc: isPost ? object.cc : [object.followers],
    object: withoutContext(object),
  };
}

/** A post that is no more. The Tombstone says nothing of what it was. */
export function renderDelete(parts: ActivityParts & { postUri: string; deletedAtMs: number } & Addressing): Document {
  return {
    '@context': plainContext,
    id: parts.id,
    type: 'Delete',
    actor: parts.actor,
    to: parts.to,
    cc: parts.cc,
    object: { id: parts.postUri, type: 'Tombstone', deleted: isoTime(parts.deletedAtMs) },
  };
}

/** The person leaves; peers forget everything of them. */
export function renderDeleteActor(parts: ActivityParts): Document {
  const { id, actor } = parts;
  return { '@context': plainContext, id, type: 'Delete', actor, to: [everyone], object: actor };
}

/** A boost. Always the bare id of the post: what we say about somebody else's words would not be believed anyway. */
export function renderAnnounce(
  parts: ActivityParts & { postUri: string; publishedAtMs: number } & Addressing,
): Document {
  return {
    '@context': plainContext,
    id: parts.id,
    type: 'Announce',
    actor: parts.actor,
    published: isoTime(parts.publishedAtMs),
    to: parts.to,
    cc: parts.cc,
    object: parts.postUri,
  };
}

/** `authorUri`: the author of the post, the only one it is sent to. */
export const renderLike = (parts: ActivityParts & { postUri: string; authorUri: string }): Document => ({
  '@context': plainContext,
  id: parts.id,
  type: 'Like',
  actor: parts.actor,
  to: [parts.authorUri],
  object: parts.postUri,
});

/** `target`: the id of the account to follow. */
export const renderFollow = (parts: ActivityParts & { target: string }): Document => ({
  '@context': plainContext,
  id: parts.id,
  type: 'Follow',
  actor: parts.actor,
  to: [parts.target],
  object: parts.target,
});

/** The Follow that is answered: its own id, who sent it; it was sent to the one who answers. */
export interface AnsweredFollow {
  /** Null when the peer gave none. */
  readonly id: string | null;
  readonly follower: string;
}

const renderAnswer = (type: 'Accept' | 'Reject', parts: ActivityParts & { follow: AnsweredFollow }): Document => ({
  '@context': plainContext,
  id: parts.id,
  type,
  actor: parts.actor,
  to: [parts.follow.follower],
  // Embedded and not by id: some peers find the follow by who and whom, never by its id.
  object: {
    id: parts.follow.id ?? undefined,
    type: 'Follow',
    actor: parts.follow.follower,
    object: parts.actor,
  },
});

/** Yes to a follow. */
export const renderAccept = (parts: ActivityParts & { follow: AnsweredFollow }): Document =>
  renderAnswer('Accept', parts);

/** No to a follow, also later: then the follower is removed. */
export const renderReject = (parts: ActivityParts & { follow: AnsweredFollow }): Document =>
  renderAnswer('Reject', parts);

/** Takes back a Follow, Like, Announce or Block. `activity`: that activity as it was rendered. */
export const renderUndo = (parts: ActivityParts & { activity: Document }): Document => ({
  '@context': activityStreams,
  id: parts.id,
  type: 'Undo',
  actor: parts.actor,
  to: parts.activity.to,
  cc: parts.activity.cc,
  object: withoutContext(parts.activity),
});

/** `target`: the id of the account that is blocked. Sent to its server alone, so that it stops showing us to them. */
export const renderBlock = (parts: ActivityParts & { target: string }): Document => ({
  '@context': plainContext,
  id: parts.id,
  type: 'Block',
  actor: parts.actor,
  to: [parts.target],
  object: parts.target,
});
