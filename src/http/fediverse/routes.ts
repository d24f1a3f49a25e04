import type { Route } from '../route.ts';

export const fediverseRoutes: readonly Route[] = [];
