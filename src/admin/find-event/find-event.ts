import type { StoredEvent } from '../../events.js';
import { Timestamp } from '../../hlc/timestamp.js';
import { withReadRetry } from '../../store/read/read-retry.js';
import { type EventRow, query, storedEvent } from '../../store/read/rows.js';
import { DEFAULT_SCHEMA } from '../../store/schema-name.js';
import { statementsFor } from '../../store/statements.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { assertNoHiddenRows } from '../log/row-security.js';
import { positionCondition, LOG_ORDER, type LogPosition } from '../log/log-position.js';

/** An event without its body. */
export type EventHead = Omit<StoredEvent, 'body'>;

/** The events of the whole log next to a position; absent where there are none. */
export interface Neighbours {
  /** The last event before it. */
  readonly before: EventHead | undefined;
  /** The first event after it. */
  readonly after: EventHead | undefined;
}

/** An event and its neighbours. */
export interface FoundEvent extends Neighbours {
  readonly event: StoredEvent;
  /** The event before it in its aggregate. */
  readonly previous: EventHead | undefined;
  /** The event after it in its aggregate. */
  readonly next: EventHead | undefined;
}

type HeadRow = readonly [Uint8Array, Uint8Array, number, string];

/**
 * The event with a timestamp, and its neighbours; `undefined` when there is none. Of events that share the timestamp,
 * as in different partitions they can, the first by aggregate; the next one is `after`. Every query uses an index.
 */
export async function findEvent(log: EventLog, timestamp: Timestamp): Promise<FoundEvent | undefined> {
  return await foundWhere(log, '"timestamp" = ? ORDER BY aggregate_id', [timestamp.encode()]);
}

/** The event with a sequence of an aggregate, and its neighbours; `undefined` when there is none. */
export async function findEventAt(
  log: EventLog,
  { aggregateId, sequence }: { readonly aggregateId: Timestamp; readonly sequence: number },
): Promise<FoundEvent | undefined> {
  return await foundWhere(log, 'aggregate_id = ? AND sequence = ?', [aggregateId.encode(), sequence]);
}

async function foundWhere(
  log: EventLog,
  condition: string,
  bindings: readonly (Buffer | number)[],
): Promise<FoundEvent | undefined> {
  await assertNoHiddenRows(log);
  const { selectEvents } = statementsFor(log.schema ?? DEFAULT_SCHEMA);
  const sql = `${selectEvents} WHERE ${condition} LIMIT 1`;
  const [row] = await withReadRetry(() => query<EventRow>(log.knex, sql, bindings));
  if (row === undefined) return undefined;
  const event = storedEvent(row);
  const id = event.aggregateId.encode();
  return {
    event,
    previous: await selectHead(log, 'aggregate_id = ? AND sequence < ? ORDER BY sequence DESC', [id, event.sequence]),
    next: await selectHead(log, 'aggregate_id = ? AND sequence > ? ORDER BY sequence', [id, event.sequence]),
    ...(await neighbours(log, event)),
  };
}

/** The events of the whole log next to a position, whether an event is at the position or not. */
export async function neighbours(log: EventLog, position: LogPosition): Promise<Neighbours> {
  const next = async (direction: keyof typeof LOG_ORDER) => {
    const [condition, ...values] = positionCondition(direction, position);
    return await selectHead(log, `${condition} ORDER BY ${LOG_ORDER[direction]}`, values);
  };
  return { before: await next('<'), after: await next('>') };
}

/** The event with a timestamp, without its body; of several, the first by aggregate. Uses an index. */
export async function headWithTimestamp(log: EventLog, timestamp: Timestamp): Promise<EventHead | undefined> {
  return await selectHead(log, '"timestamp" = ? ORDER BY aggregate_id', [timestamp.encode()]);
}

/** The events that share a timestamp, without their bodies, by aggregate, at most `limit`. Uses an index. */
export async function headsWithTimestamp(log: EventLog, timestamp: Timestamp, limit: number): Promise<EventHead[]> {
  return await selectHeads(log, '"timestamp" = ? ORDER BY aggregate_id', [timestamp.encode()], limit);
}

/** The last event of an aggregate, without its body. Uses an index. */
export async function lastHead(log: EventLog, aggregateId: Timestamp): Promise<EventHead | undefined> {
  return await selectHead(log, 'aggregate_id = ? ORDER BY sequence DESC', [aggregateId.encode()]);
}

async function selectHead(
  log: EventLog,
  condition: string,
  bindings: readonly (Uint8Array | number)[],
): Promise<EventHead | undefined> {
  const [head] = await selectHeads(log, condition, bindings, 1);
  return head;
}

async function selectHeads(
  log: EventLog,
  condition: string,
  bindings: readonly (Uint8Array | number)[],
  limit: number,
): Promise<EventHead[]> {
  const sql = `SELECT "timestamp", aggregate_id, sequence, type FROM ${tablesOf(log).log} WHERE ${condition} LIMIT ${limit}`;
  const rows = await withReadRetry(() => query<HeadRow>(log.knex, sql, bindings as Buffer[]));
  return rows.map(([timestamp, aggregateId, sequence, type]) => ({
    timestamp: Timestamp.decode(timestamp),
    aggregateId: Timestamp.decode(aggregateId),
    sequence,
    type,
  }));
}
