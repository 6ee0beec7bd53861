import type { Timestamp } from '../../hlc/timestamp.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';

/**
 * The last sequence of an aggregate before its first event that is later than a time; 0 when there is none. Reads no bodies, but
 * may look at every event of the aggregate: their times need not be in order.
 */
export async function sequenceAt(log: EventLog, aggregateId: Timestamp, time: Timestamp): Promise<number> {
  const { log: events } = tablesOf(log);
  const id = aggregateId.encode();
  const sql = `SELECT max(sequence) FROM ${events} WHERE aggregate_id = ? AND sequence < coalesce(
  (SELECT sequence FROM ${events} WHERE aggregate_id = ? AND "timestamp" > ? ORDER BY sequence LIMIT 1), 2147483648)`;
  const [row] = await select<[number | null]>(log, sql, [id, id, time.encode()]);
  return row?.[0] ?? 0;
}
