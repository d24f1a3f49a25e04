import type { AnyId } from '../../base/ids.ts';
import type { NewDelivery, Supersedes } from '../../delivery/contract.ts';
import type { Statements } from './delivery-statements.ts';

/** What is known of a delivery in this process: an attempt has `begun`; it was planned by this process, so not having begun is certain (`ours`). */
export type Knowledge = { begun(id: AnyId): boolean; ours(id: AnyId): boolean };

/**
 * What a new activity does to earlier deliveries of its object to the same inbox. Only those without an attempt are touched: one that
 * timed out, or was under way when the process was killed, may have arrived. Cancelling one that had arrived unseen does no harm (the newer
 * activity follows); putting another in its place, or leaving the newer one out, would: that is done only where it is certain.
 */
export function supersede(
  sql: Statements,
  row: NewDelivery,
  inboxId: AnyId,
  { cancel, instead, needlessIfUnsent }: Supersedes,
  nowMs: number,
  known: Knowledge,
): { cancelled: number; instead?: 'replaced' | 'needless' } {
  const untried = sql.untried.all(row.objectKey, row.destination, inboxId) as { id: AnyId; kind: string }[];
  const unbegun = untried.filter(({ id }) => !known.begun(id));
  const cancelled = unbegun.filter(({ kind }) => cancel === 'everything' || kind === 'Update');
  for (const { id } of cancelled) sql.cancel.run(nowMs, id);
  if (cancel === 'updates' && instead !== undefined) {
    const first = unbegun.find(({ id, kind }) => kind !== 'Update' && known.ours(id));
    if (first) {
      sql.point.run(instead, first.id);
      return { cancelled: cancelled.length, instead: 'replaced' };
    }
  }
  const certain = cancelled.length > 0 && cancelled.every(({ id }) => known.ours(id));
  if (cancel === 'everything' && needlessIfUnsent && certain) {
    if (!sql.tried.get(row.objectKey, row.destination, inboxId))
      return { cancelled: cancelled.length, instead: 'needless' };
  }
  return { cancelled: cancelled.length };
}
