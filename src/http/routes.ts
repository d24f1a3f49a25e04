import { fediverseRoutes } from './fediverse/routes.ts';
import { mastodonRoutes } from './mastodon/routes.ts';
import { pageRoutes } from './pages/routes.ts';
import type { Route } from './route.ts';

/** Every route of a place in one table. What is not here does not exist: the server answers nothing else. */
export const routes: readonly Route[] = [...fediverseRoutes, ...mastodonRoutes, ...pageRoutes];
