import { Conditions } from '../../store/read/conditions.js';
import { withReadRetry } from '../../store/read/read-retry.js';
import { type EventRow, query } from '../../store/read/rows.js';
import { EVENT_COLUMNS } from '../../store/statements.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { positionCondition } from '../log/log-position.js';
import { jsonPathHolds, withJsonPathErrors } from './json-path.js';
import { orderedEvents } from './ordered-events.js';
import { whereFirstType, whereNode, whereText } from './search-conditions.js';
import type { EventSearch } from './event-search.js';
import type { SearchIndex } from './search-index.js';
import { inTimeZone } from './time-zone.js';

/** A page of a search, and the way to it. */
interface PageOptions {
  readonly index: SearchIndex | undefined;
  readonly size: number;
  /** Look at all events, in parallel where the server does that, instead of walking until the page is full. @defaultValue false */
  readonly scans?: boolean;
}

/** The first events of a search. Throws `InvalidJsonPathError`. */
export function selectPage(
  log: EventLog,
  search: Omit<EventSearch, 'limit'>,
  { index, size, scans }: PageOptions,
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
    scans,
  });
  const select = (on: EventLog) => {
    const page = query<EventRow>(on.knex, sql, bindings);
    return where === undefined ? page : withJsonPathErrors(where, page);
  };
  return withReadRetry(() => inTimeZone(log, where, select));
}
