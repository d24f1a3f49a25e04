import { type Account, fullHandle } from '../../model/account.ts';
import type { Addresses } from '../../model/place.ts';
import { activityJson, type Document } from './contexts.ts';

/** Documents by which others find a person and learn what runs here: WebFinger (RFC 7033), host-meta (RFC 6415), NodeInfo. */

export const jrdJson = 'application/jrd+json';

/** The JRD of a person here: the handle, the page, the actor, and how somebody from elsewhere may begin to follow. */
export function renderWebfinger(
  account: Account,
  place: { addresses: Addresses; domain: string; origin: string },
): Document {
  const actor = place.addresses.actor(account.id);
  const page = place.addresses.profile(account.handle);
  return {
    subject: `acct:${fullHandle(account, place.domain)}`,
    aliases: [page, actor],
    links: [
      { rel: 'self', type: activityJson, href: actor },
      { rel: 'http://webfinger.net/rel/profile-page', type: 'text/html', href: page },
      {
        rel: 'http://ostatus.org/schema/1.0/subscribe',
        template: `${place.origin}/authorize_interaction?uri={uri}`,
      },
    ],
  };
}

/** Where WebFinger lies, for the peers that ask host-meta first. */
export const renderHostMeta = (origin: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>
<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">
  <Link rel="lrdd" type="${jrdJson}" template="${escapeXml(origin)}/.well-known/webfinger?resource={uri}"/>
</XRD>
`;

const escapeXml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

export type NodeinfoVersion = '2.0' | '2.1';

/** Which NodeInfo documents there are. */
export const renderNodeinfoLinks = (origin: string): Document => ({
  links: (['2.0', '2.1'] as const).map((version) => ({
    rel: `http://nodeinfo.diaspora.software/ns/schema/${version}`,
    href: `${origin}/nodeinfo/${version}`,
  })),
});

/** What runs here and how large it is. The schema allows no fields of one's own outside `metadata`. */
export function renderNodeinfo(parts: {
  version: NodeinfoVersion;
  softwareVersion: string;
  /** Where the source is (AGPL section 13); undefined while nobody has said. */
  repository: string | undefined;
  people: number;
  activeMonth: number;
  activeHalfyear: number;
  posts: number;
}): Document {
  const software = { name: 'canari', version: parts.softwareVersion };
  return {
    version: parts.version,
    software: parts.version === '2.1' ? { ...software, repository: parts.repository } : software,
    protocols: ['activitypub'],
    services: { inbound: [], outbound: ['atom1.0'] },
    openRegistrations: false,
    usage: {
      users: { total: parts.people, activeMonth: parts.activeMonth, activeHalfyear: parts.activeHalfyear },
      localPosts: parts.posts,
    },
    metadata: {},
  };
}

/** The content type of a NodeInfo document. */
export const nodeinfoType = (version: NodeinfoVersion): string =>
  `application/json; profile="http://nodeinfo.diaspora.software/ns/schema/${version}#"`;
