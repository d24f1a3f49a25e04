import type { Route } from '../route.ts';
import { actorRoutes } from './actors.ts';
import { discoveryRoutes } from './discovery.ts';
import { inboxRoutes } from './inbox.ts';
import { postRoutes } from './posts.ts';

/** What other servers ask of a place, and where they bring what they have to say. */
export const fediverseRoutes: readonly Route[] = [...discoveryRoutes, ...actorRoutes, ...postRoutes, ...inboxRoutes];
