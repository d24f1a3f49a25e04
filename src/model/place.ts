/** How a place is named and reached. Everything that others store of us is built from `origin`: it never changes once the place has spoken. */
export interface PlaceIdentity {
  /** The domain of its handles and of its web pages (`example.org`); `localhost` until it has one. */
  readonly domain: string;
  /** `https://example.org`; in the laboratory and on localhost, http with a port. */
  readonly origin: string;
  /** False on localhost: nothing goes out and nothing comes in. */
  readonly federates: boolean;
}

/** Where things of a place are found; numeric ids, so that names can change (DESIGN section 7). */
export const addresses = (origin: string) => ({
  actor: (id: string) => `${origin}/users/${id}`,
  inbox: (id: string) => `${origin}/users/${id}/inbox`,
  outbox: (id: string) => `${origin}/users/${id}/outbox`,
  followers: (id: string) => `${origin}/users/${id}/followers`,
  following: (id: string) => `${origin}/users/${id}/following`,
  featured: (id: string) => `${origin}/users/${id}/featured`,
  sharedInbox: () => `${origin}/inbox`,
  post: (authorId: string, id: string) => `${origin}/users/${authorId}/posts/${id}`,
  replies: (authorId: string, id: string) => `${origin}/users/${authorId}/posts/${id}/replies`,
  activity: (id: string) => `${origin}/activities/${id}`,
  mainKey: (id: string) => `${origin}/users/${id}#main-key`,
  ed25519Key: (id: string) => `${origin}/users/${id}#ed25519-key`,
  profile: (handle: string) => `${origin}/@${handle}`,
  postPage: (handle: string, id: string) => `${origin}/@${handle}/${id}`,
  tag: (tag: string) => `${origin}/tags/${encodeURIComponent(tag)}`,
});
export type Addresses = ReturnType<typeof addresses>;
