import type { AccountId, NotificationId } from '../../model/ids.ts';
import type { NotificationKind } from '../../model/post.ts';
import { getPerson, type Route, type RouteContext } from '../route.ts';
import { appRoute, getFound, getViewer, invalid, json, readId } from './answers.ts';
import { renderMarkers } from './entities/marker.ts';
import { readNotificationType, renderNotification } from './entities/notification.ts';
import { answerPage, pageBounds, readPage } from './paging.ts';
import { type Params, readParams } from './params.ts';

/** Unread notifications are counted up to this; apps show "99+". */
const mostUnread = { preset: 100, most: 1_000 } as const;

/** Mastodon's words to our kinds; words for what does not exist here fall away. */
const readKinds = (params: Params, name: string): NotificationKind[] | undefined =>
  params.texts(name)?.flatMap((type) => readNotificationType(type) ?? []);

async function list(context: RouteContext): Promise<Response> {
  const params = await readParams(context);
  const viewer = getViewer(context);
  const kinds = readKinds(params, 'types');
  // Asked for kinds that do not exist here: nothing, rather than everything.
  if (kinds && kinds.length === 0 && (params.texts('types') ?? []).length > 0) return json([]);
  const accountId = params.text('account_id');
  const notifications = await context.place.store.notifications.page(getPerson(context).account.id, {
    ...readPage(params, pageBounds.notifications),
    kinds,
    excludeKinds: readKinds(params, 'exclude_types'),
    accountId: accountId ? readId<AccountId>(accountId) : undefined,
  });
  return answerPage(
    context,
    notifications.map((notification) => renderNotification(notification, viewer)),
    notifications.map(({ id }) => id),
  );
}

async function show(context: RouteContext): Promise<Response> {
  const id = readId<NotificationId>(context.params.id);
  const found = getFound(await context.place.store.notifications.find(getPerson(context).account.id, id));
  return json(renderNotification(found, getViewer(context)));
}

async function dismiss(context: RouteContext): Promise<Response> {
  const personId = getPerson(context).account.id;
  const { notifications } = context.place.store;
  const id = readId<NotificationId>(context.params.id);
  getFound(await notifications.find(personId, id));
  await notifications.remove(personId, id);
  return json({});
}

async function clear(context: RouteContext): Promise<Response> {
  await context.place.store.notifications.removeAll(getPerson(context).account.id);
  return json({});
}

/** Newer than what the person has looked at, in an app (its marker) or on the page here. */
async function unreadCount(context: RouteContext): Promise<Response> {
  const personId = getPerson(context).account.id;
  const { store } = context.place;
  const most = Math.min(Math.abs((await readParams(context)).number('limit') ?? mostUnread.preset), mostUnread.most);
  const [marker] = await store.markers.load(personId, ['notifications']);
  const seenOnPage = (await store.people.notificationsSeen(personId)) ?? '';
  const seen = marker && marker.lastReadId > seenOnPage ? marker.lastReadId : seenOnPage;
  return json({ count: await store.notifications.countNewerThan(personId, seen || undefined, most) });
}

const timelines = ['home', 'notifications'] as const;

async function showMarkers(context: RouteContext): Promise<Response> {
  const asked = (await readParams(context)).texts('timeline') ?? [];
  const known = timelines.filter((timeline) => asked.includes(timeline));
  return json(renderMarkers(await context.place.store.markers.load(getPerson(context).account.id, known)));
}

async function saveMarkers(context: RouteContext): Promise<Response> {
  const params = await readParams(context);
  const personId = getPerson(context).account.id;
  const read = timelines.flatMap((timeline) => {
    const id = params.inner(timeline)?.text('last_read_id');
    if (id === undefined) return [];
    if (!/^\d{1,30}$/.test(id)) throw invalid(`${timeline}[last_read_id] is not an id.`);
    return [{ timeline, id }];
  });
  const saved = await context.place.store.transaction(async (tx) => {
    for (const { timeline, id } of read) await tx.markers.save(personId, timeline, id, context.place.clock.now());
    return tx.markers.load(
      personId,
      read.map(({ timeline }) => timeline),
    );
  });
  return json(renderMarkers(saved));
}

const readOwn = { scopes: ['read:notifications'], shows: 'own things' } as const;
const writeOwn = { scopes: ['write:notifications'], shows: 'own things' } as const;

export const notificationRoutes: readonly Route[] = [
  appRoute('GET', '/api/v1/notifications', readOwn, list),
  appRoute('GET', '/api/v1/notifications/unread_count', readOwn, unreadCount),
  appRoute('GET', '/api/v1/notifications/:id', readOwn, show),
  appRoute('POST', '/api/v1/notifications/clear', writeOwn, clear),
  appRoute('POST', '/api/v1/notifications/:id/dismiss', writeOwn, dismiss),
  appRoute('GET', '/api/v1/markers', { scopes: ['read:statuses'], shows: 'own things' }, showMarkers),
  appRoute('POST', '/api/v1/markers', { scopes: ['write:statuses'], shows: 'own things' }, saveMarkers),
];
