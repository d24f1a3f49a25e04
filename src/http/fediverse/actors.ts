import { renderActor } from '../../activitypub/render/actor.ts';
import { renderCollection, renderCollectionPage } from '../../activitypub/render/collections.ts';
import type { Document } from '../../activitypub/render/contexts.ts';
import { postContext, serialise } from '../../activitypub/render/contexts.ts';
import { isId } from '../../base/ids.ts';
import type { Person } from '../../model/account.ts';
import type { AccountId, PostId } from '../../model/ids.ts';
import type { OpenPlace } from '../../outgoing/open-place.ts';
import { notFound } from '../errors.ts';
import type { Route, RouteContext } from '../route.ts';
import { sendDocument } from './answers.ts';
import { documentsOf, findLocal } from './cache.ts';
import { noteFetch } from './fetched.ts';
import { renderSaid } from './said.ts';
import { isBlockedHere } from './viewer.ts';

/** Items of one page of a collection. */
const pageItems = 20;

/** The person whose document is asked for. Nobody else, nobody blocked, and nothing on a place without a domain: one 404 for all. */
async function getPerson(context: RouteContext): Promise<Person> {
  const { place, params } = context;
  const id = params.id ?? '';
  const person = isId(id) && place.identity.federates ? await findLocal(place, id) : undefined;
  if (!person || (await isBlockedHere(context, person.account.id))) throw notFound();
  return person;
}

async function showActor(context: RouteContext): Promise<Response> {
  const { place, params } = context;
  const id = params.id ?? '';
  const rendered = await documentsOf(place).find(`account:${id}`, async () => {
    const person = isId(id) && place.identity.federates ? await findLocal(place, id) : undefined;
    return person && serialise(renderActor(person, { addresses: place.addresses, domain: place.identity.domain }));
  });
  if (rendered && (await isBlockedHere(context, id as AccountId))) throw notFound();
  return sendDocument(context, rendered);
}

/** A browser that follows the id comes to the page. */
async function toProfile({ place, params }: RouteContext): Promise<Response> {
  const id = params.id ?? '';
  const person = isId(id) ? await findLocal(place, id) : undefined;
  if (!person) throw notFound();
  return new Response(null, { status: 302, headers: { Location: place.addresses.profile(person.account.handle) } });
}

/** Only what everyone may see, whoever asks: followers were sent the rest. */
async function showOutbox(context: RouteContext): Promise<Response> {
  const { account } = await getPerson(context);
  const { place, url } = context;
  const id = place.addresses.outbox(account.id);
  const maxId = readCursor(url);
  if (!url.searchParams.has('page')) {
    const rendered = await documentsOf(place).find(`outbox:${account.id}`, async () =>
      serialise(
        renderCollection({ id, totalItems: account.postsCount, first: `${id}?page=true`, attributedTo: account.uri }),
      ),
    );
    return sendDocument(context, rendered);
  }
  const key = `outbox:${account.id}/${maxId ?? 'first'}`;
  const rendered = await documentsOf(place).find(key, () => renderOutboxPage(place, account.id, id, maxId));
  const shown = await documentsOf(place).find(`${key}/posts`, async () =>
    JSON.stringify((await loadOutbox(place, account.id, maxId)).flatMap(({ post }) => (post.boostOfId ? [] : post.id))),
  );
  noteFetch(context, JSON.parse(shown!.body) as PostId[]);
  return sendDocument(context, rendered);
}

const loadOutbox = (place: OpenPlace, authorId: AccountId, maxId: string | undefined) =>
  place.store.views.ofAuthor({ authorId, viewerId: null, limit: pageItems, maxId });

async function renderOutboxPage(
  place: OpenPlace,
  authorId: Person['account']['id'],
  partOf: string,
  maxId: string | undefined,
) {
  const views = await loadOutbox(place, authorId, maxId);
  const items: Document[] = [];
  for (const view of views) items.push(await renderSaid(place, view));
  const last = views.at(-1);
  return serialise(
    renderCollectionPage({
      id: `${partOf}?page=true${maxId ? `&max_id=${maxId}` : ''}`,
      partOf,
      items,
      next: last && views.length === pageItems ? `${partOf}?page=true&max_id=${last.post.id}` : undefined,
      context: postContext,
    }),
  );
}

function readCursor(url: URL): string | undefined {
  const maxId = url.searchParams.get('max_id');
  if (maxId === null) return undefined;
  if (!isId(maxId)) throw notFound();
  return maxId;
}

/** The counts for anyone; the names only when the person shows them. */
const showFollows = (side: 'followers' | 'following') => async (context: RouteContext) => {
  const { account, showsFollows } = await getPerson(context);
  const { place, url } = context;
  const id = place.addresses[side](account.id);
  const key = `follows:${account.id}/${side}/${showsFollows}`;
  if (!url.searchParams.has('page')) {
    const totalItems = side === 'followers' ? account.followersCount : account.followingCount;
    const first = showsFollows ? `${id}?page=true` : undefined;
    const rendered = await documentsOf(place).find(key, async () =>
      serialise(renderCollection({ id, totalItems, first, attributedTo: account.uri })),
    );
    return sendDocument(context, rendered);
  }
  if (!showsFollows) throw notFound();
  const maxId = readCursor(url);
  const rendered = await documentsOf(place).find(`${key}/${maxId ?? 'first'}`, async () => {
    const page = await place.store.follows[side](account.id, { limit: pageItems * 2, maxId });
    const last = page.at(-1);
    return serialise(
      renderCollectionPage({
        id: `${id}?page=true${maxId ? `&max_id=${maxId}` : ''}`,
        partOf: id,
        items: page.map((line) => line.account.uri),
        next: last && page.length === pageItems * 2 ? `${id}?page=true&max_id=${last.cursor}` : undefined,
      }),
    );
  });
  return sendDocument(context, rendered);
};

/** Posts that the person has pinned: none can be pinned yet, and an empty list says so. */
async function showFeatured(context: RouteContext): Promise<Response> {
  const { account } = await getPerson(context);
  const { place } = context;
  const id = place.addresses.featured(account.id);
  const rendered = await documentsOf(place).find(`account:${account.id}/featured`, async () =>
    serialise(renderCollection({ id, totalItems: 0, items: [], attributedTo: account.uri })),
  );
  return sendDocument(context, rendered);
}

const common = { method: 'GET', who: 'anyone', shows: 'public documents', answers: 'activity' } as const;

export const actorRoutes: readonly Route[] = [
  { ...common, path: '/users/:id', accept: 'activity', handler: showActor },
  { ...common, path: '/users/:id', answers: 'page', handler: toProfile },
  { ...common, path: '/users/:id/outbox', handler: showOutbox },
  { ...common, path: '/users/:id/followers', handler: showFollows('followers') },
  { ...common, path: '/users/:id/following', handler: showFollows('following') },
  { ...common, path: '/users/:id/featured', handler: showFeatured },
];
