import { serialise } from '../../activitypub/render/contexts.ts';
import {
  jrdJson,
  type NodeinfoVersion,
  nodeinfoType,
  renderHostMeta,
  renderNodeinfo,
  renderNodeinfoLinks,
  renderWebfinger,
} from '../../activitypub/render/discovery.ts';
import { CanariError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { repository, version } from '../../base/version.ts';
import type { Person } from '../../model/account.ts';
import type { OpenPlace } from '../../outgoing/open-place.ts';
import { notFound } from '../errors.ts';
import type { Route, RouteContext } from '../route.ts';
import { sendDocument } from './answers.ts';
import { documentsOf } from './cache.ts';

/** WebFinger: by handle (`acct:alice@example.org`), or by the address of the actor or of the page. */
async function showWebfinger(context: RouteContext): Promise<Response> {
  const { place, url } = context;
  const resource = url.searchParams.get('resource') ?? '';
  if (resource === '' || resource.length > limits.uriChars) {
    throw new CanariError('CANARI_RESOURCE_MISSING', 'Ask with ?resource=acct:name@domain.', { status: 400 });
  }
  const person = await findByResource(place, resource);
  if (!person || !place.identity.federates) throw notFound();
  const rendered = await documentsOf(place).find(`webfinger/${person.account.id}`, async () =>
    serialise(renderWebfinger(person.account, { addresses: place.addresses, ...place.identity })),
  );
  return sendDocument(context, rendered, { type: `${jrdJson}; charset=utf-8`, varies: 'Accept-Encoding' });
}

async function findByResource(place: OpenPlace, resource: string): Promise<Person | undefined> {
  const { identity, store, addresses } = place;
  if (/^https?:\/\//i.test(resource)) {
    if (!resource.startsWith(`${identity.origin}/`)) return undefined;
    const people = await store.people.all();
    return people.find(({ account }) => {
      const pages = [account.uri, addresses.profile(account.handle)].map((page) => page.toLowerCase());
      return pages.includes(resource.toLowerCase());
    });
  }
  const match = /^(?:acct:)?@?([^@]+)@([^@/]+)$/i.exec(resource);
  const domain = match?.[2]?.toLowerCase();
  const isHere = domain === identity.domain || domain === new URL(identity.origin).host;
  return match && isHere ? store.people.findByHandle(match[1]!) : undefined;
}

function showHostMeta(context: RouteContext): Response {
  return new Response(renderHostMeta(context.place.identity.origin), {
    headers: { 'Content-Type': 'application/xrd+xml; charset=utf-8', 'Cache-Control': 'public, max-age=3600' },
  });
}

function showNodeinfoLinks({ place }: RouteContext): Response {
  return new Response(serialise(renderNodeinfoLinks(place.identity.origin)), {
    headers: { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'public, max-age=3600' },
  });
}

const dayMs = 24 * 3_600_000;

const showNodeinfo = (schema: NodeinfoVersion) => async (context: RouteContext) => {
  const { place } = context;
  const rendered = await documentsOf(place).find(`nodeinfo/${schema}`, async () => {
    const people = await place.store.people.all();
    const now = place.clock.now();
    const activeWithin = (days: number) =>
      people.filter(({ account }) => account.lastPostAtMs !== null && now - account.lastPostAtMs < days * dayMs).length;
    return serialise(
      renderNodeinfo({
        version: schema,
        softwareVersion: version,
        repository,
        people: people.length,
        activeMonth: activeWithin(30),
        activeHalfyear: activeWithin(182),
        posts: await place.store.posts.countLocal(),
      }),
    );
  });
  return sendDocument(context, rendered, { type: nodeinfoType(schema), varies: 'Accept-Encoding' });
};

const common = { method: 'GET', who: 'anyone', shows: 'public documents', answers: 'activity', cors: true } as const;

export const discoveryRoutes: readonly Route[] = [
  { ...common, path: '/.well-known/webfinger', handler: showWebfinger },
  { ...common, path: '/.well-known/host-meta', handler: showHostMeta },
  { ...common, path: '/.well-known/nodeinfo', handler: showNodeinfoLinks },
  { ...common, path: '/nodeinfo/2.0', handler: showNodeinfo('2.0') },
  { ...common, path: '/nodeinfo/2.1', handler: showNodeinfo('2.1') },
];
