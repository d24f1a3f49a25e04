import type { Route } from '../route.ts';

export const mastodonRoutes: readonly Route[] = [];
