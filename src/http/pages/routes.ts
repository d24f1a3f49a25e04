import type { Route } from '../route.ts';

export const pageRoutes: readonly Route[] = [];
