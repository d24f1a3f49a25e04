import { RegExpRouter } from 'hono/router/reg-exp-router';
import { SmartRouter } from 'hono/router/smart-router';
import { TrieRouter } from 'hono/router/trie-router';
import type { Route } from './route.ts';

/** What a request's path leads to. */
export type Match =
  | { readonly kind: 'route'; readonly route: Route; readonly params: Record<string, string>; readonly varies: boolean }
  | { readonly kind: 'wrong-method'; readonly allowed: readonly string[]; readonly route: Route }
  | { readonly kind: 'nothing' };

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** Our notation to hono's: a segment `@:name` is a parameter that begins with @. */
const toPattern = (path: string) => path.replace(/\/@:(\w+)/g, '/:$1{@[^/]+}');

/** Fixed segments come before parameters, so that `/accounts/lookup` is not taken for an id, whatever the order of the table. */
function compareSpecificity(one: Route, other: Route): number {
  const [left, right] = [one, other].map(({ path }) =>
    path
      .split('/')
      .map((segment) => (segment.startsWith(':') ? '2' : segment.startsWith('@:') ? '1' : '0'))
      .join(''),
  );
  return left! < right! ? -1 : left! > right! ? 1 : Number(Boolean(other.accept)) - Number(Boolean(one.accept));
}

/** Finds rows of the table by method and path. */
export class Router {
  readonly #router = new SmartRouter<Route>({ routers: [new RegExpRouter(), new TrieRouter()] });

  constructor(routes: readonly Route[]) {
    const seen = new Set<string>();
    for (const route of [...routes].sort(compareSpecificity)) {
      const name = `${route.method} ${route.path} ${route.accept ?? ''}`;
      if (seen.has(name)) throw new Error(`Two routes have the same method and path: ${name}`);
      seen.add(name);
      this.#router.add(route.method, toPattern(route.path), route);
    }
  }

  /** `path` as it stands in the URL, still percent-encoded; `wantsActivity` chooses between two rows of one path. */
  match(method: string, path: string, wantsActivity: boolean): Match {
    const asked = path.replaceAll('%40', '@');
    const found = this.#find(method === 'HEAD' ? 'GET' : method, asked);
    const chosen = found.find(({ route }) => route.accept === undefined || wantsActivity);
    if (chosen) {
      const params = decodeParams(chosen.route, chosen.params);
      if (!params) return { kind: 'nothing' };
      const rival = found.find(({ route }) => route.path === chosen.route.path && route !== chosen.route);
      return {
        kind: 'route',
        route: chosen.route,
        params,
        varies: chosen.route.accept !== undefined || rival !== undefined,
      };
    }
    const allowed = methods.filter((other) => this.#find(other, asked).length > 0);
    if (allowed.length === 0) return { kind: 'nothing' };
    const route = this.#find(allowed[0]!, asked)[0]!.route;
    return { kind: 'wrong-method', allowed: allowed.includes('GET') ? [...allowed, 'HEAD'] : allowed, route };
  }

  /** The row that a path alone leads to, for a preflight. */
  routesAt(path: string): Route[] {
    const asked = path.replaceAll('%40', '@');
    return methods.flatMap((method) => this.#find(method, asked).map(({ route }) => route));
  }

  #find(method: string, path: string): { route: Route; params: Record<string, string> }[] {
    const [handlers, stash] = this.#router.match(method, path);
    return handlers.map(([route, indices]) => ({
      route,
      params: Object.fromEntries(
        Object.entries(indices).map(([name, value]) => [name, stash ? stash[value as number]! : String(value)]),
      ),
    }));
  }
}

function decodeParams(route: Route, raw: Record<string, string>): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [name, value] of Object.entries(raw)) {
    try {
      const text = decodeURIComponent(value);
      params[name] = route.path.includes(`/@:${name}`) ? text.slice(1) : text;
    } catch {
      return undefined;
    }
  }
  return params;
}
