import { type Document, plainContext } from './contexts.ts';

/** A collection as a whole: how many, and where its pages begin (or the items themselves when they are few). */
export const renderCollection = (parts: {
  id: string;
  totalItems: number;
  first?: string;
  last?: string;
  items?: readonly unknown[];
  /** The account whose collection it is. */
  attributedTo?: string;
}): Document => ({
  '@context': plainContext,
  id: parts.id,
  type: 'OrderedCollection',
  totalItems: parts.totalItems,
  attributedTo: parts.attributedTo,
  first: parts.first,
  last: parts.last,
  orderedItems: parts.items,
});

/** One page of a collection; items are ids or documents without their `@context`. */
export const renderCollectionPage = (parts: {
  id: string;
  partOf: string;
  totalItems?: number;
  items: readonly unknown[];
  next?: string;
  prev?: string;
  /** The terms of embedded items. */
  context?: unknown;
}): Document => ({
  '@context': parts.context ?? plainContext,
  id: parts.id,
  type: 'OrderedCollectionPage',
  partOf: parts.partOf,
  totalItems: parts.totalItems,
  next: parts.next,
  prev: parts.prev,
  orderedItems: parts.items,
});
