import { Timestamp } from '../../hlc/timestamp.js';
import { Conditions } from '../../store/read/conditions.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { LOG_ORDER, type LogPosition, positionCondition } from '../log/log-position.js';
import { select } from '../log/select.js';
import type { EventSearch } from './search-events.js';

/** The position of the last of a number of events from where a search begins; `undefined` when there are fewer. Uses an index. */
export async function positionAfter(
  log: EventLog,
  { since, until, after, reverse = false }: Pick<EventSearch, 'since' | 'until' | 'after' | 'reverse'>,
  count: number,
): Promise<LogPosition | undefined> {
  const direction = reverse ? '<' : '>';
  const where = new Conditions();
  if (after !== undefined) where.and(...positionCondition(direction, after));
  where.between(since, until);
  const sql = `SELECT "timestamp", aggregate_id FROM ${tablesOf(log).log} ${where.sql} ORDER BY ${LOG_ORDER[direction]} OFFSET ? LIMIT 1`;
  const [row] = await select<[Uint8Array, Uint8Array]>(log, sql, [...where.bindings, count - 1]);
  return row === undefined ? undefined : { timestamp: Timestamp.decode(row[0]), aggregateId: Timestamp.decode(row[1]) };
}
