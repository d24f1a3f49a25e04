import type { Account } from '../../model/account.ts';
import { fullHandle } from '../../model/account.ts';
import type { AccountId } from '../../model/ids.ts';
import type { AccountPage } from '../../store/place/follows.ts';
import { getPerson, type Route, type RouteContext } from '../route.ts';
import { appRoute, getFound, getViewer, json, notFound, openRoute, readId } from './answers.ts';
import { renderAccount } from './entities/account.ts';
import { renderRelationship } from './entities/relationship.ts';
import { renderStatus } from './entities/status.ts';
import { answerPage, pageBounds, readPage } from './paging.ts';
import { type Params, readParams } from './params.ts';

/** Ids that one call may name; more are left out. */
const mostIds = 100;

export function readIds(params: Params): AccountId[] {
  const ids = params.texts('id') ?? [];
  return ids.slice(0, mostIds).flatMap((id) => {
    try {
      return [readId<AccountId>(id)];
    } catch {
      return [];
    }
  });
}

/** The account of the path's id. */
export const getAccount = async ({ place, params }: RouteContext): Promise<Account> =>
  getFound(await place.store.accounts.find(readId<AccountId>(params.id)));

async function show(context: RouteContext): Promise<Response> {
  const viewer = getViewer(context);
  const account = await getAccount(context);
  const rendered = renderAccount(account, viewer);
  const moved = account.movedTo ? await context.place.store.accounts.findByUri(account.movedTo) : undefined;
  const hidden = account.domain === null ? await hidesFollows(context, account) : null;
  return json({
    ...rendered,
    hide_collections: hidden,
    ...(moved ? { moved: renderAccount(moved, viewer) } : {}),
  });
}

async function showMany(context: RouteContext): Promise<Response> {
  const viewer = getViewer(context);
  const ids = readIds(await readParams(context));
  const accounts = await context.place.store.accounts.loadMany(ids);
  return json(ids.flatMap((id) => accounts.get(id) ?? []).map((account) => renderAccount(account, viewer)));
}

/** By `acct`, among those known here. A stranger is told only about the people of this place: whom they know is their own matter. */
async function lookup(context: RouteContext): Promise<Response> {
  const { place } = context;
  const acct = (await readParams(context)).text('acct')?.trim().replace(/^@/, '') ?? '';
  const [handle = '', domain] = acct.split('@');
  const elsewhere =
    domain === undefined || domain.toLowerCase() === place.identity.domain ? null : domain.toLowerCase();
  if (handle === '' || (elsewhere !== null && !context.person)) throw notFound();
  const account = getFound(await place.store.accounts.findByHandle(handle, elsewhere));
  return json(renderAccount(account, getViewer(context)));
}

async function statuses(context: RouteContext): Promise<Response> {
  const viewer = getViewer(context);
  const account = await getAccount(context);
  const params = await readParams(context);
  // Pinned posts do not exist here yet.
  if (params.flag('pinned')) return json([]);
  const views = await context.place.store.views.ofAuthor({
    ...readPage(params, pageBounds.statuses),
    authorId: account.id,
    viewerId: viewer.viewerId,
    excludeReplies: params.flag('exclude_replies') ?? false,
    excludeBoosts: params.flag('exclude_reblogs') ?? false,
    tag: params.text('tagged')?.replace(/^#/, '') || undefined,
  });
  const shown = params.flag('only_media') ? views.filter(({ post }) => post.attachments.length > 0) : views;
  return answerPage(
    context,
    shown.map((view) => renderStatus(view, viewer)),
    views.map(({ post }) => post.id),
  );
}

/** Whether somebody here keeps to themselves whom they follow and who follows them. */
async function hidesFollows({ place, person }: RouteContext, account: Account): Promise<boolean> {
  if (person?.account.id === account.id) return false;
  const owner = await place.store.people.find(account.id);
  return !owner?.showsFollows;
}

/**
 * Followers or followed, as far as this place knows them. The lists of a remote account leave out who hides theirs here: else its
 * followers would tell whom the people here follow.
 */
async function follows(context: RouteContext, side: 'followers' | 'following'): Promise<Response> {
  const { place, person } = context;
  const account = await getAccount(context);
  const page = readPage(await readParams(context), pageBounds.accounts);
  if (account.domain === null ? await hidesFollows(context, account) : !person) return json([]);
  const entries = await place.store.follows[side](account.id, page);
  const shown: AccountPage[number][] = [];
  for (const entry of entries) {
    const tells = account.domain !== null && entry.account.domain === null;
    if (!tells || !(await hidesFollows(context, entry.account))) shown.push(entry);
  }
  return answerAccounts(context, shown, entries);
}

/** A page of accounts; the cursors are those of all rows read, also of those that are not shown. */
export function answerAccounts(context: RouteContext, shown: AccountPage, read: AccountPage = shown): Response {
  const viewer = getViewer(context);
  return answerPage(
    context,
    shown.map(({ account }) => renderAccount(account, viewer)),
    read.map(({ cursor }) => cursor),
  );
}

async function relationships(context: RouteContext): Promise<Response> {
  const person = getPerson(context);
  const ids = readIds(await readParams(context));
  const { store, clock } = context.place;
  return json((await store.relationships.load(person.account.id, ids, clock.now())).map(renderRelationship));
}

/** Accounts for completing a handle; `resolve` asks the server of one that is written out. */
export async function searchAccounts(context: RouteContext, params: Params, limit: number): Promise<Account[]> {
  const person = getPerson(context);
  const { place } = context;
  const ownEnding = `@${place.identity.domain}`;
  const typed = params.text('q')?.trim() ?? '';
  const text = typed.toLowerCase().endsWith(ownEnding) ? typed.slice(0, -ownEnding.length) : typed;
  const offset = Math.max(0, params.number('offset') ?? 0);
  if (text === '') return [];
  let found = await place.store.accounts.search(text, limit, person.account.id, offset);
  const handle = /^@?([^@\s]+@[^@\s]+)$/.exec(text)?.[1];
  if (handle && offset === 0 && params.flag('resolve')) {
    const exact = found.some((account) => fullHandle(account, place.identity.domain) === handle.toLowerCase());
    const resolved = exact ? undefined : await place.remote.findAccountByHandle(handle);
    if (resolved?.ok) found = [resolved.value, ...found.filter(({ id }) => id !== resolved.value.id)].slice(0, limit);
  }
  if (!params.flag('following')) return found;
  const ids = found.map(({ id }) => id);
  const relations = await place.store.relationships.load(person.account.id, ids, place.clock.now());
  const followed = new Set(relations.filter(({ following }) => following).map(({ accountId }) => accountId));
  return found.filter(({ id }) => followed.has(id));
}

async function search(context: RouteContext): Promise<Response> {
  const params = await readParams(context);
  const { limit } = readPage(params, pageBounds.accounts);
  const viewer = getViewer(context);
  return json((await searchAccounts(context, params, limit)).map((account) => renderAccount(account, viewer)));
}

const readAccounts = { scopes: ['read:accounts'], shows: 'what the viewer may see' } as const;

export const accountRoutes: readonly Route[] = [
  openRoute('GET', '/api/v1/accounts', readAccounts, showMany),
  openRoute('GET', '/api/v1/accounts/lookup', readAccounts, lookup),
  appRoute('GET', '/api/v1/accounts/search', readAccounts, search),
  appRoute('GET', '/api/v1/accounts/relationships', { scopes: ['read:follows'], shows: 'own things' }, relationships),
  openRoute('GET', '/api/v1/accounts/:id', readAccounts, show),
  openRoute('GET', '/api/v1/accounts/:id/statuses', { ...readAccounts, scopes: ['read:statuses'] }, statuses),
  openRoute('GET', '/api/v1/accounts/:id/followers', readAccounts, (context) => follows(context, 'followers')),
  openRoute('GET', '/api/v1/accounts/:id/following', readAccounts, (context) => follows(context, 'following')),
];
