import type { Viewer } from './viewer.ts';

/** The short form of Tag that stands in posts. */
export const renderShallowTag = (name: string, { place }: Viewer) => ({ name, url: place.addresses.tag(name) });

/** Tag. Nothing is counted by tag here, so its history is empty; nobody can follow one yet. */
export const renderTag = (name: string, viewer: Viewer) => ({
  id: name,
  ...renderShallowTag(name, viewer),
  history: [],
  ...(viewer.viewerId === null ? {} : { following: false, featuring: false }),
  trendable: false,
  usable: true,
  requires_review: false,
});
