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
