import type { RouteContext } from '../../route.ts';
import { type Html, html, nothing } from '../html.ts';

/** Rows of a table on one page. */
export const rowsPerPage = 50;

/** Which page of a table is asked for, from 1; anything odd is the first. */
export function readPageNumber({ url }: RouteContext): number {
  const text = url.searchParams.get('page') ?? '1';
  return /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 1;
}

/** The address of this page with some of its query changed; empty values leave. */
export function pathWith({ url }: RouteContext, changes: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams();
  for (const name of ['state', 'q', 'page']) {
    const value = changes[name] ?? url.searchParams.get(name) ?? '';
    if (value !== '' && !(name === 'page' && value === '1')) query.set(name, value);
  }
  const text = query.toString();
  return `${url.pathname}${text && '?'}${text}`;
}

/** "Further" and "From the start" below a table. */
export function renderNumbered(context: RouteContext, page: number, total: number): Html {
  const { words } = context;
  const hasMore = page * rowsPerPage < total;
  if (!hasMore && page === 1) return nothing;
  return html`<nav class="row paging" aria-label="${words.landings.pages}">${hasMore ? html`<a class="button" rel="next" href="${pathWith(context, { page: String(page + 1) })}">${words.landings.next}</a>` : nothing}${page > 1 ? html` <a href="${pathWith(context, { page: '1' })}">${words.landings.first}</a>` : nothing}</nav>`;
}

/** A name of a server that may break at its dots. */
export const breakable = (host: string): Html =>
  html`${host.split('.').map((part, i) => (i === 0 ? part : html`<wbr>.${part}`))}`;
