import { isId } from '../../base/ids.ts';
import type { PageRequest } from '../../store/place/page.ts';
import type { RouteContext } from '../route.ts';
import { invalid, json } from './answers.ts';
import type { Params } from './params.ts';

/** How many of one list an app gets: without asking, and at most. */
export interface PageBounds {
  readonly preset: number;
  readonly most: number;
}

export const pageBounds = {
  /** Statuses of any timeline. */
  statuses: { preset: 20, most: 40 },
  /** Accounts: followers, those who liked, blocks. */
  accounts: { preset: 40, most: 80 },
  notifications: { preset: 40, most: 80 },
} as const satisfies Record<string, PageBounds>;

/** Reads `limit`, `max_id`, `since_id` and `min_id`. A limit beyond the most becomes the most, as on every server. */
export function readPage(params: Params, bounds: PageBounds): PageRequest {
  const asked = Math.abs(params.number('limit') ?? bounds.preset) || bounds.preset;
  return {
    limit: Math.min(asked, bounds.most),
    maxId: readCursor(params, 'max_id'),
    sinceId: readCursor(params, 'since_id'),
    minId: readCursor(params, 'min_id'),
  };
}

const oldest = '1000000000000000000';
const newest = '1999999999999999999';

/** Ids have 19 digits and begin with 1. Apps also send `0` or `1` for "from the beginning" and ids of other servers: by size they lie before or after all. */
function readCursor(params: Params, name: string): string | undefined {
  const text = params.text(name);
  if (text === undefined || text === '') return undefined;
  if (isId(text)) return text;
  if (!/^\d{1,30}$/.test(text)) throw invalid(`${name} is not an id.`);
  return BigInt(text) < BigInt(oldest) ? oldest : newest;
}

/**
 * A page of a list with the addresses of its neighbours in `Link` (RFC 8288), as apps expect them: `next` is older, `prev` newer.
 * `cursors` are those of the first and the last item, newest first; an empty page has no neighbours.
 */
export function answerPage(context: RouteContext, items: readonly unknown[], cursors: readonly string[]): Response {
  const [first] = cursors;
  const last = cursors.at(-1);
  if (first === undefined || last === undefined) return json(items);
  const neighbour = (name: string, id: string) => {
    const url = new URL(context.url);
    for (const other of ['max_id', 'since_id', 'min_id']) url.searchParams.delete(other);
    url.searchParams.set(name, id);
    return url.href;
  };
  const link = `<${neighbour('max_id', last)}>; rel="next", <${neighbour('min_id', first)}>; rel="prev"`;
  return json(items, { headers: { Link: link } });
}
