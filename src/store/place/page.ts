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

interface Ordered<Self> {
  where(column: never, operator: '<' | '>', value: never): Self;
  orderBy(column: never, direction: 'asc' | 'desc'): Self;
  limit(n: number): Self;
}

/**
 * Narrows a query to a page by keyset, so that it stays stable while rows arrive. With `minId` the rows come out oldest first:
 * `inOrder` puts them right. Bounds that are no id are left out.
 */
export function paged<Q>(query: Q, column: string, page: PageRequest): Q {
  let narrowed = query as unknown as Ordered<never>;
  const bound = (operator: '<' | '>', value: string | undefined) => {
    if (value !== undefined && isId(value)) narrowed = narrowed.where(column as never, operator, value as never);
  };
  bound('<', page.maxId);
  bound('>', page.sinceId);
  bound('>', page.minId);
  return narrowed.orderBy(column as never, page.minId ? 'asc' : 'desc').limit(page.limit) as unknown as Q;
}

/** Newest first, whichever way the page was read. */
export const inOrder = <T>(rows: T[], page: PageRequest): T[] => (page.minId ? rows.reverse() : rows);
