import type { StoredEvent } from '../../events.js';
import { Conditions } from '../../store/read/conditions.js';
import { checkedLimit } from '../../store/read/sequence-range.js';
import { readPages } from '../../store/read/read-pages.js';
import { withReadRetry } from '../../store/read/read-retry.js';
import { bodyLength, type EventRow, query, storedEvent } from '../../store/read/rows.js';
import { EVENT_COLUMNS } from '../../store/statements.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { withJsonPathErrors, jsonPathHolds } from './json-path.js';
import { assertNoHiddenRows } from '../log/row-security.js';
import { positionCondition, type LogPosition } from '../log/log-position.js';
import { orderedEvents } from './ordered-events.js';
import { type SearchIndex, searchIndex } from './search-index.js';
import { inTimeZone } from './time-zone.js';
import { whereFirstType, whereNode, whereText } from './search-conditions.js';

/** The events to find, of all aggregates. */
export interface EventSearch {
  /** Only events of one of these types. */
  readonly types?: readonly string[] | undefined;
  /** Only events with a time of at least this, in milliseconds since 1970. */
  readonly since?: number | undefined;
  /** Only events with a time of at most this, in milliseconds since 1970, that millisecond included. */
  readonly until?: number | undefined;
  /** Only events for whose body this jsonpath (PostgreSQL's) selects a value other than `false` and `null`. */
  readonly where?: string | undefined;
  /** Only events whose type or body contains this text, ignoring case. */
  readonly text?: string | undefined;
  /** Only events whose timestamp is of this node. */
  readonly node?: bigint | undefined;
  /** Only events of aggregates whose first event is of one of these types. */
  readonly firstTypes?: readonly string[] | undefined;
  /** Only events after this position, in the order of the search. */
  readonly after?: LogPosition | undefined;
  /** Only events up to this position, in the order of the search. */
  readonly upTo?: LogPosition | undefined;
  /** The latest event first. @defaultValue false */
  readonly reverse?: boolean | undefined;
  /** Largest number of events. @defaultValue all */
  readonly limit?: number | undefined;
}

/**
 * The events of all aggregates in the order of {@link LogPosition}, in bounded memory; reads a page when the one before
 * has been taken. Uses the index on timestamps, and for `where` one that `addPathIndex` has made on a value that the path compares
 * with `==`; all else has no index, so all events in between are looked at ({@link estimateSearch}).
 * Throws `InvalidJsonPathError`, and `InvalidArgumentError` for a limit below 1.
 */
export async function* searchEvents(log: EventLog, search: EventSearch = {}): AsyncGenerator<StoredEvent> {
  await assertNoHiddenRows(log);
  yield* eventsInOrder(log, search, await searchIndex(log, search.where));
}

/** {@link searchEvents} without the check for hidden rows, for callers that have made it, and have found the index. */
export async function* eventsInOrder(
  log: EventLog,
  search: EventSearch,
  index?: SearchIndex,
): AsyncGenerator<StoredEvent> {
  const limit = checkedLimit(search.limit);
  const page = (last: EventRow | undefined, size: number) => {
    const after = last === undefined ? search.after : storedEvent(last);
    const select = (on: EventLog) => selectPage(on, { ...search, after }, index, size);
    return withReadRetry(() => inTimeZone(log, search.where, select));
  };
  for await (const rows of readPages(page, { lengthOf: bodyLength, limit }))
    for (const row of rows) yield storedEvent(row);
}

async function selectPage(
  log: EventLog,
  search: EventSearch,
  index: SearchIndex | undefined,
  size: number,
): Promise<EventRow[]> {
  const { types, since, until, where, text, node, firstTypes, after, upTo, reverse = false } = search;
  const conditions = new Conditions();
  const table = tablesOf(log).log;
  const direction = reverse ? '<' : '>';
  if (after !== undefined) conditions.and(...positionCondition(direction, after));
  if (upTo !== undefined) conditions.and(...positionCondition(reverse ? '>=' : '<=', upTo));
  conditions.between(since, until);
  conditions.ofTypes(types);
  whereNode(conditions, node);
  whereFirstType(conditions, { events: table, id: 'event_log.aggregate_id' }, firstTypes);
  whereText(conditions, text);
  if (where !== undefined) conditions.and(jsonPathHolds('body'), where);
  const { sql, bindings } = orderedEvents({
    log: table,
    columns: EVENT_COLUMNS,
    where: conditions,
    index,
    direction,
    limit: size,
  });
  const page = query<EventRow>(log.knex, sql, bindings);
  return await (where === undefined ? page : withJsonPathErrors(where, page));
}
