import { renderCreate } from '../../activitypub/render/activities.ts';
import { type Document, withoutContext } from '../../activitypub/render/contexts.ts';
import { renderNote } from '../../activitypub/render/note.ts';
import type { PostView } from '../../model/post.ts';
import { announce, postKey } from '../../outgoing/activities.ts';
import type { OpenPlace } from '../../outgoing/open-place.ts';

/** A post of somebody here as a document. */
export const renderPost = (place: OpenPlace, view: PostView): Document =>
  renderNote({ ...view, addresses: place.addresses, domain: place.identity.domain });

/**
 * What was said when a post was published or passed on, as it stands now: a Create with today's words, so that no deleted word comes out here.
 */
export async function renderSaid(place: OpenPlace, view: PostView): Promise<Document> {
  const { post, author, boostOf } = view;
  if (boostOf) return withoutContext(announce(place, post, author, { uri: boostOf.post.uri, author: boostOf.author }));
  const id = await place.store.activities.findId(postKey(post.id), 'Create');
  return withoutContext(
    renderCreate({
      id: id === undefined ? `${post.uri}#create` : place.addresses.activity(id),
      actor: author.uri,
      note: renderPost(place, view),
    }),
  );
}
