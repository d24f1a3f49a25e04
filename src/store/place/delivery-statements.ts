import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { AnyId } from '../../base/ids.ts';
import type { DestinationId, Priority } from '../../delivery/contract.ts';

const claimColumns = `cast(d.id as text) deliveryId, cast(d.activity_id as text) activityId, d.destination,
  i.url address, cast(d.sender_id as text) sender, d.priority, d.attempts, d.object_key objectKey`;

const statements = {
  findSender: 'select cast(sender_id as text) sender_id from activities where id = ?',
  findInbox: 'select cast(id as text) id from inboxes where url = ?',
  insertInbox: 'insert into inboxes (id, destination, url) values (?, ?, ?)',
  insert: `insert into deliveries (id, activity_id, destination, inbox_id, sender_id, object_key, priority, weight, post_id)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  // A destination that rests stays at rest; one that only waited for an older delivery's own time is ready for the new one.
  openQueue: `insert into queues (destination, priority, turn, due_at) values (?, ?, ?, 0)
    on conflict (destination) do update set
      priority = min(priority, excluded.priority),
      turn = case when due_at = 0 or held = 1 then min(turn, excluded.turn) else excluded.turn end,
      due_at = case when held = 1 then due_at else 0 end`,

  repairQueues: 'update queues set due_at = ? where due_at > ?',
  repairDeliveries: "update deliveries set next_at = ? where state = 'waiting' and next_at > 0 and next_at > ?",
  promote: `update queues set due_at = 0, held = 0, turn = ? where destination in
    (select destination from queues where due_at > 0 and due_at <= ? order by due_at limit ?)`,
  nextDueAt: 'select min(due_at) due_at from queues where due_at > 0',
  loadReady: 'select destination, priority from queues where pool = ? and due_at = 0 order by priority, turn limit ?',
  release: 'update queues set due_at = 0, held = 0, turn = ? where destination = ? and due_at > 0',
  closeQueue: 'delete from queues where destination = ?',
  settle: 'update queues set priority = ?, turn = ?, due_at = ?, held = ?, pool = ? where destination = ?',
  readyHead: `select priority, weight from deliveries
    where destination = ? and state = 'waiting' and next_at = 0 order by priority limit 1`,
  laterHead: `select priority, weight, next_at at from deliveries
    where destination = ? and state = 'waiting' and next_at > 0 order by next_at limit 1`,

  hasMature:
    "select 1 from deliveries where destination = ? and state = 'waiting' and next_at > 0 and next_at <= ? limit 1",
  mature: `update deliveries set next_at = 0 where destination = ? and state = 'waiting' and next_at > 0 and next_at <= ?`,
  heads: `select ${claimColumns} from deliveries d join inboxes i on i.id = d.inbox_id
    where d.destination = ? and d.state = 'waiting' and d.next_at = 0 order by d.priority, d.sender_id, d.id limit ?`,
  headsOfSender: `select ${claimColumns} from deliveries d join inboxes i on i.id = d.inbox_id
    where d.destination = ? and d.priority = ? and d.sender_id = ? and d.state = 'waiting' and d.next_at = 0 order by d.id limit ?`,
  nextSender: `select cast(sender_id as text) sender from deliveries
    where destination = ? and priority = ? and sender_id > ? and state = 'waiting' and next_at = 0 order by sender_id limit 1`,
  laterHeads: `select ${claimColumns} from deliveries d join inboxes i on i.id = d.inbox_id
    where d.destination = ? and d.state = 'waiting' and d.next_at > 0 order by d.next_at limit ?`,
  // The oldest that still waits (or is under way) about an object: whatever was planned later waits for it. Another inbox of the same activity does not.
  blocker: `select cast(id as text) id, next_at nextAt from deliveries
    where object_key = ? and destination = ? and state = 'waiting' and id < ? and activity_id <> ? order by id limit 1`,
  one: `select ${claimColumns} from deliveries d join inboxes i on i.id = d.inbox_id where d.id = ?`,
  defer: 'update deliveries set next_at = ? where id = ?',

  accept: `update deliveries set state = 'accepted', attempts = attempts + 1, next_at = 0, last_attempt_at = ?, ended_at = ?,
    reason = null, words = null where id = ? and state = 'waiting'`,
  end: `update deliveries set state = ?, attempts = max(attempts + ?, ?), next_at = ?, last_attempt_at = coalesce(?, last_attempt_at),
    ended_at = ?, reason = ?, words = ? where id = ? and state = 'waiting'`,
  allReady:
    "select cast(id as text) id from deliveries where destination = ? and state = 'waiting' and next_at = 0 limit ?",
  allLater:
    "select cast(id as text) id from deliveries where destination = ? and state = 'waiting' and next_at > 0 limit ?",

  landed: `select d.destination, d.state, d.attempts, d.next_at nextAtMs, d.last_attempt_at lastAttemptAtMs, d.ended_at endedAtMs,
      d.reason code, d.words, d.weight followers, q.due_at queueDueAtMs
    from deliveries d left join queues q on q.destination = d.destination
    where d.id in (select max(id) from deliveries where post_id = ? and state <> 'cancelled' group by inbox_id)`,
  allQueues: 'select destination, due_at dueAtMs from queues',
  // Two indexes, each read no further than asked for.
  countReady: `select count(*) n from (select 1 from deliveries where destination = ? and state = 'waiting' and next_at = 0 limit ?)`,
  countLater: `select count(*) n from (select 1 from deliveries where destination = ? and state = 'waiting' and next_at > 0 limit ?)`,

  untried: `select cast(d.id as text) id, a.kind from deliveries d join activities a on a.id = d.activity_id
    where d.object_key = ? and d.destination = ? and d.inbox_id = ? and d.state = 'waiting' and d.attempts = 0`,
  cancel: "update deliveries set state = 'cancelled', ended_at = ?, reason = 'superseded' where id = ?",
  point: 'update deliveries set activity_id = ? where id = ?',
  // About an object, to an inbox: anything tried, or anything that still waits.
  tried: `select 1 from activities a join deliveries d on d.activity_id = a.id
    where a.object_key = ? and d.destination = ? and d.inbox_id = ? and (d.attempts > 0 or d.state = 'waiting') limit 1`,
} as const;

/** A row of `claimColumns`. */
export type ClaimRow = [AnyId, AnyId, DestinationId, string, string, Priority, number, string];

export type Statements = Record<keyof typeof statements, StatementSync>;

/** All statements of the queue, compiled once per open place. Ids come out as text: a number cannot hold them. */
export function prepareStatements(sqlite: DatabaseSync): Statements {
  const entries = Object.entries(statements).map(([name, sql]) => {
    const statement = sqlite.prepare(sql);
    // `run` reports the last row id of the connection, also after an update, and throws when it is no safe number.
    if (!sql.startsWith('select')) statement.setReadBigInts(true);
    // One object per row costs 9 µs here, an array 1.
    if (sql.includes(claimColumns)) statement.setReturnArrays(true);
    return [name, statement] as const;
  });
  return Object.fromEntries(entries) as Statements;
}
