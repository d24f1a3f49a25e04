import type { Route, RouteContext } from '../route.ts';
import { getViewer, json, openRoute } from './answers.ts';
import { type InstanceFacts, renderInstance, renderInstanceV1 } from './entities/instance.ts';

async function loadFacts({ place }: RouteContext): Promise<InstanceFacts> {
  return { people: await place.store.people.all(), postsCount: await place.store.posts.countLocal() };
}

const facts = { scopes: [], shows: 'public documents' } as const;

export const instanceRoutes: readonly Route[] = [
  openRoute('GET', '/api/v2/instance', facts, async (context) =>
    json(renderInstance(await loadFacts(context), getViewer(context))),
  ),
  openRoute('GET', '/api/v1/instance', facts, async (context) =>
    json(renderInstanceV1(await loadFacts(context), getViewer(context))),
  ),
];
