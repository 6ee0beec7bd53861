import type { StoredEvent } from '../../events.js';
import { Timestamp } from '../../hlc/timestamp.js';
import { Conditions } from '../../store/read/conditions.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { LOG_ORDER, type LogPosition, positionCondition } from '../log/log-position.js';
import { assertNoHiddenRows } from '../log/row-security.js';
import { select } from '../log/select.js';
import { type EventSearch, eventsInOrder } from './search-events.js';

/** Bounds of one step of a search. */
export interface StepSize {
  /** Largest number of events that are found, 1 or more. */
  readonly limit: number;
  /** Largest number of events that are looked at, 1 or more. */
  readonly looked: number;
}

/** Result of one step of a search. */
export interface SearchStep {
  readonly events: readonly StoredEvent[];
  /** The place where the next step begins: its `after`. Absent at the end of the search. */
  readonly next: LogPosition | undefined;
}

/**
 * One step of a search: it ends when enough events are found, or when enough are looked at, so that it takes a bounded time
 * even where nothing matches. Throws as `searchEvents` does.
 */
export async function searchStep(
  log: EventLog,
  search: Omit<EventSearch, 'limit' | 'upTo'>,
  { limit, looked }: StepSize,
): Promise<SearchStep> {
  await assertNoHiddenRows(log);
  const upTo = isFilter(search) ? await positionAfter(log, search, looked) : undefined;
  const found: StoredEvent[] = [];
  for await (const event of eventsInOrder(log, { ...search, upTo, limit: limit + 1 })) found.push(event);
  const events = found.slice(0, limit);
  return { events, next: found.length > limit ? positionOf(events.at(-1)) : upTo };
}

/** True for a search that may look at events without finding them. */
function isFilter({ types, where, text, node, firstTypes }: EventSearch): boolean {
  return [types, where, text, node, firstTypes].some((filter) => filter !== undefined);
}

/** The position of the last of a number of events from where a search begins; `undefined` when there are fewer. */
async function positionAfter(
  log: EventLog,
  { since, until, after, reverse = false }: EventSearch,
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

function positionOf(event: StoredEvent | undefined): LogPosition | undefined {
  return event === undefined ? undefined : { timestamp: event.timestamp, aggregateId: event.aggregateId };
}
