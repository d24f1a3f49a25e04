import { isId } from '../../base/ids.ts';

/** A page of a list, newest first. Ids are of the items (posts, notifications, follows). */
export interface PageRequest {
  readonly limit: number;
  /** Only older than this. */
  readonly maxId?: string | undefined;
  /** Only newer than this, the newest of them. */
  readonly sinceId?: string | undefined;
  /** Only newer than this, the next ones after it. */
  readonly minId?: string | undefined;
}

/** As much of Kysely's builder as a page needs, whatever the table. */
interface Pageable {
  where(column: string, operator: '<' | '>', value: string): Pageable;
  orderBy(column: string, direction: 'asc' | 'desc'): Pageable;
  limit(n: number): Pageable;
}

/**
 * Narrows a query to a page by keyset, so that it stays stable while rows arrive. With `minId` the rows come out oldest first:
 * `inOrder` puts them right. Bounds that are no id are left out.
 */
export function paged<Q>(query: Q, column: string, page: PageRequest): Q {
  let narrowed = query as unknown as Pageable;
  const bound = (operator: '<' | '>', value: string | undefined) => {
    if (value !== undefined && isId(value)) narrowed = narrowed.where(column, operator, value);
  };
  bound('<', page.maxId);
  bound('>', page.sinceId);
  bound('>', page.minId);
  return narrowed.orderBy(column, page.minId ? 'asc' : 'desc').limit(page.limit) as unknown as Q;
}

/** Newest first, whichever way the page was read. */
export const inOrder = <T>(rows: T[], page: PageRequest): T[] => (page.minId ? rows.reverse() : rows);

/** How often a page is read on when what was read may not be seen; beyond, a short page is answered. */
const mostRounds = 5;

/**
 * A page of what may be seen: when some of the rows turn out to be hidden (deleted meanwhile, a block), it is read on until the page is full, so
 * that an app that follows the pages does not stop at a gap.
 * @param read rows in the order of `paged`. @param show views of rows, without those that are hidden; newest first comes out.
 */
export async function fillPage<Row, View>(
  page: PageRequest,
  read: (page: PageRequest) => Promise<Row[]>,
  cursorOf: (row: Row) => string,
  show: (rows: Row[]) => Promise<View[]>,
): Promise<View[]> {
  const views: View[] = [];
  let bounds = page;
  for (let round = 0; round < mostRounds && views.length < page.limit; round++) {
    const limit = page.limit - views.length;
    const rows = await read({ ...bounds, limit });
    views.push(...(await show(rows)));
    if (rows.length < limit) break;
    const cursor = cursorOf(rows.at(-1)!);
    bounds = page.minId ? { ...bounds, minId: cursor } : { ...bounds, maxId: cursor };
  }
  return inOrder(views, page);
}
