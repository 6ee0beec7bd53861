import { setImmediate } from 'node:timers/promises';
import type { Knex } from 'knex';
import { MAX_SEQUENCE } from '../events.js';
import type { Timestamp } from '../hlc/timestamp.js';
import { Conditions } from './conditions.js';
import { FIRST_PAGE, nextPageSize } from './page-size.js';
import type { SequenceRange } from './range.js';
import { type EventRow, type Executor, type HistoryRow, query } from './rows.js';
import { preparedStatement, type Statement } from './statement.js';
import type { Statements } from './statements.js';

/** Which events of one aggregate to read, and from which end. */
export interface EventQuery {
  readonly aggregateId: Timestamp;
  readonly range: SequenceRange;
  /** Only events of one of these types. */
  readonly types?: readonly string[] | undefined;
  /** Only events with a time of at least this many milliseconds since 1970. */
  readonly since?: number | undefined;
  /** Only events with a time of at most this many milliseconds since 1970, that millisecond included. */
  readonly until?: number | undefined;
  /** Last sequence first. */
  readonly reverse?: boolean | undefined;
  /** At most this many. */
  readonly limit?: number | undefined;
}

/** All rows of a query at once. */
export function selectRows(on: Executor, statements: Statements, events: EventQuery): Promise<HistoryRow[]> {
  const { statement, bindings } = selection(statements, events);
  return query<HistoryRow>(on, statement, bindings);
}

/**
 * The rows of a query page by page, each page read only when the one before it has been taken. Pages follow the
 * sequence, not a cursor, so no transaction stays open while the caller works, and it works through a pooler and on a
 * driver that cannot stream.
 */
export async function* selectPages(
  on: Executor,
  statements: Statements,
  events: EventQuery,
): AsyncGenerator<HistoryRow[]> {
  let { min, max } = events.range;
  let left = events.limit ?? Number.POSITIVE_INFINITY;
  let size = FIRST_PAGE;
  // Only without a filter does a page lie where it would if no sequence were missing.
  const dense = events.types === undefined && events.since === undefined && events.until === undefined;
  let bounded = dense && !(events.reverse && max === MAX_SEQUENCE);
  while (min <= max && left > 0) {
    const limit = Math.min(size, left);
    const range = bounded ? near({ min, max }, limit, events.reverse) : { min, max };
    const rows = await selectRows(on, statements, { ...events, range, limit });
    const last = rows.at(-1);
    if (last !== undefined) {
      yield rows;
      left -= rows.length;
      if (events.reverse) max = Number(last[1]) - 1;
      else min = Number(last[1]) + 1;
      size = nextPageSize(rows.length, historyLength(rows));
    }
    const full = rows.length === limit;
    if (!full && !bounded) return;
    bounded = full && dense;
    // The embedded engine answers without ever giving way to timers, input and Ctrl-C.
    await setImmediate();
  }
}

/**
 * The part of a range in which a page lies if no sequence is missing. Without a second bound, PostgreSQL sorts all that
 * is left of the history for every page, as long as it has no statistics of the table, as after a restore.
 */
function near({ min, max }: SequenceRange, count: number, reverse = false): SequenceRange {
  if (!reverse) return { min: Math.max(min, 1), max: Math.min(max, Math.max(min, 1) + count - 1) };
  return { min: Math.max(min, max - count + 1), max };
}

/** How much text the bodies of a page are. */
export function textLength(rows: readonly EventRow[]): number {
  return rows.reduce((sum, row) => sum + row[4].length, 0);
}

function historyLength(rows: readonly HistoryRow[]): number {
  return rows.reduce((sum, row) => sum + row[3].length, 0);
}

function selection(
  { selectHistory }: Statements,
  { aggregateId, range, types, since, until, reverse, limit }: EventQuery,
): { statement: Statement; bindings: Knex.RawBinding[] } {
  const where = new Conditions();
  where.and('aggregate_id = ?', aggregateId.encode());
  // Both bounds, also where there are none: without, PostgreSQL's plan for any value sorts what the index has in order.
  where.and('sequence >= ?', range.min);
  where.and('sequence <= ?', range.max);
  where.ofTypes(types);
  where.between(since, until);
  const bindings = [...where.bindings];
  const order = `ORDER BY sequence${reverse ? ' DESC' : ''}`;
  if (limit !== undefined) bindings.push(limit);
  const sql = `${selectHistory} ${where.sql} ${order}${limit === undefined ? '' : ' LIMIT ?'}`;
  // Any number of types would make any number of statements to keep.
  return {
    statement: types === undefined ? preparedStatement(sql, { asText: true }) : { sql, asText: true },
    bindings,
  };
}
