import type { Account } from '../../model/account.ts';
import type { PostView } from '../../model/post.ts';
import { getPerson, type Route, type RouteContext } from '../route.ts';
import { searchAccounts } from './accounts.ts';
import { appRoute, getViewer, invalid, json } from './answers.ts';
import { renderAccount } from './entities/account.ts';
import { renderStatus } from './entities/status.ts';
import { renderTag } from './entities/tag.ts';
import { readPage } from './paging.ts';
import { readParams } from './params.ts';

const bounds = { preset: 20, most: 40 } as const;
/** A pasted address or a sentence; longer is no search. */
const longestQuery = 2_048;
const types = ['accounts', 'statuses', 'hashtags'] as const;

interface Found {
  readonly accounts: readonly Account[];
  readonly statuses: readonly PostView[];
}

/** What is behind a pasted address: known here, or (with `resolve`) read from its origin. */
async function findByAddress(context: RouteContext, address: string, resolve: boolean): Promise<Found> {
  const { place } = context;
  const { store } = place;
  const viewerId = getPerson(context).account.id;
  const post = (await store.posts.findByUri(address)) ?? (await store.posts.findByUrl(address));
  if (post) return { accounts: [], statuses: await store.views.load([post.id], viewerId) };
  const account = (await store.accounts.findByUri(address)) ?? (await store.accounts.findByUrl(address));
  if (account) return { accounts: [account], statuses: [] };
  if (!resolve) return { accounts: [], statuses: [] };
  const fetched = await place.remote.findByUrl(address);
  if (!fetched.ok) return { accounts: [], statuses: [] };
  return fetched.value.kind === 'account'
    ? { accounts: [fetched.value.account], statuses: [] }
    : { accounts: [], statuses: await store.views.load([fetched.value.post.id], viewerId) };
}

const isWebAddress = (text: string) => /^https?:\/\/\S+$/i.test(text) && URL.canParse(text);

async function search(context: RouteContext): Promise<Response> {
  const params = await readParams(context);
  const query = params.text('q')?.trim() ?? '';
  const type = params.text('type') || undefined;
  if (query.length > longestQuery) throw invalid(`q has at most ${longestQuery} characters.`);
  if (type !== undefined && !types.includes(type as (typeof types)[number])) {
    throw invalid(`type must be one of ${types.join(', ')}.`);
  }
  const wants = (one: (typeof types)[number]) => query !== '' && (type === undefined || type === one);
  const viewer = getViewer(context);
  const { limit } = readPage(params, bounds);
  const offset = Math.max(0, params.number('offset') ?? 0);
  const address = isWebAddress(query);
  let found: Found = { accounts: [], statuses: [] };
  if (address) found = await findByAddress(context, query, params.flag('resolve') ?? false);
  else if (wants('accounts') && !query.startsWith('#')) {
    found = { accounts: await searchAccounts(context, params, limit), statuses: [] };
  }
  const word = /^#?([\p{L}\p{N}_]+)$/u.exec(query)?.[1];
  const tags =
    word && wants('hashtags') ? await context.place.store.tags.search(word, viewer.viewerId, limit, offset) : [];
  return json({
    accounts: wants('accounts') ? found.accounts.map((account) => renderAccount(account, viewer)) : [],
    statuses: wants('statuses') ? found.statuses.map((view) => renderStatus(view, viewer)) : [],
    hashtags: tags.map((tag) => renderTag(tag, viewer)),
  });
}

export const searchRoutes: readonly Route[] = [
  appRoute('GET', '/api/v2/search', { scopes: ['read:search'], shows: 'what the viewer may see' }, search),
];
