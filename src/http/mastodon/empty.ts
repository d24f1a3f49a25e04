import type { Scope } from '../../people/scopes.ts';
import type { Route } from '../route.ts';
import { readIds } from './accounts.ts';
import { appRoute, getFound, invalid, json, openRoute } from './answers.ts';
import { isoTime } from './entities/viewer.ts';
import { readParams } from './params.ts';

/**
 * What apps ask for at their start and this place does not have: answered empty, since an app that gets 404 there may not start at all
 * (hollo#421). What changes something is not here: it is refused, so that nobody believes that it was done.
 */
const emptyForAll = [
  '/api/v1/custom_emojis',
  '/api/v1/announcements',
  '/api/v1/directory',
  '/api/v1/trends',
  '/api/v1/trends/tags',
  '/api/v1/trends/statuses',
  '/api/v1/trends/links',
  '/api/v1/timelines/link',
  '/api/v1/instance/peers',
  '/api/v1/instance/activity',
  '/api/v1/instance/rules',
  '/api/v1/instance/domain_blocks',
];

const emptyForApps: readonly (readonly [path: string, scope: Scope])[] = [
  ['/api/v1/suggestions', 'read:accounts'],
  ['/api/v2/suggestions', 'read:accounts'],
  ['/api/v1/lists', 'read:lists'],
  ['/api/v1/filters', 'read:filters'],
  ['/api/v2/filters', 'read:filters'],
  ['/api/v1/conversations', 'read:statuses'],
  ['/api/v1/bookmarks', 'read:bookmarks'],
  ['/api/v1/scheduled_statuses', 'read:statuses'],
  ['/api/v1/followed_tags', 'read:follows'],
  ['/api/v1/domain_blocks', 'read:follows'],
  ['/api/v1/endorsements', 'read:accounts'],
  ['/api/v1/featured_tags', 'read:accounts'],
  ['/api/v1/accounts/:id/lists', 'read:lists'],
];

const emptyOfAccounts = ['/api/v1/accounts/:id/featured_tags', '/api/v1/accounts/:id/endorsements'];

const noUploads: Route['handler'] = () => {
  throw invalid('Pictures and other files cannot be posted here yet.');
};

export const emptyRoutes: readonly Route[] = [
  ...[...emptyForAll, ...emptyOfAccounts].map((path) =>
    openRoute('GET', path, { scopes: [], shows: 'nothing written' }, () => json([])),
  ),
  ...emptyForApps.map(([path, scope]) =>
    appRoute('GET', path, { scopes: [scope], shows: 'nothing written' }, () => json([])),
  ),
  openRoute('GET', '/api/v1/instance/extended_description', { scopes: [], shows: 'nothing written' }, ({ place }) =>
    json({ updated_at: isoTime(place.clock.now()), content: '' }),
  ),
  openRoute('GET', '/api/v1/instance/translation_languages', { scopes: [], shows: 'nothing written' }, () => json({})),
  appRoute('GET', '/api/v1/annual_reports/:year/state', { scopes: ['read:accounts'], shows: 'nothing written' }, () =>
    json({ state: 'ineligible' }),
  ),
  appRoute(
    'GET',
    '/api/v1/accounts/familiar_followers',
    { scopes: ['read:follows'], shows: 'nothing written' },
    async (context) => json(readIds(await readParams(context)).map((id) => ({ id, accounts: [] }))),
  ),
  appRoute('GET', '/api/v1/push/subscription', { scopes: ['push'], shows: 'nothing' }, () => json(getFound(undefined))),
  appRoute('POST', '/api/v1/media', { scopes: ['write:media'], shows: 'nothing' }, noUploads),
  appRoute('POST', '/api/v2/media', { scopes: ['write:media'], shows: 'nothing' }, noUploads),
];
