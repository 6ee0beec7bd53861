import { setImmediate } from 'node:timers/promises';
import type { Knex } from 'knex';
import { InvalidArgumentError } from '../errors.js';
import { Timestamp } from '../hlc/timestamp.js';
import { Conditions } from '../store/conditions.js';
import { checkedLimit } from '../store/range.js';
import { leap } from './aggregate-ids.js';
import { type EventLog, tablesOf } from './event-log.js';
import { select } from './select.js';

/** What is known of an aggregate without folding it. */
export interface AggregateSummary {
  readonly aggregateId: Timestamp;
  /** How many events the log holds of it. */
  readonly events: number;
  /** The sequence of its last event. */
  readonly sequence: number;
  /** The timestamp of its first event. */
  readonly first: Timestamp;
  /** The timestamp of its last event. */
  readonly last: Timestamp;
  /** The type of its last event. */
  readonly type: string;
  /** The sequence of its snapshot; absent without one. */
  readonly snapshot: number | undefined;
}

/** By id; the most events first; or the latest last event first. */
export type AggregateOrder = 'id' | 'events' | 'last';

/** Which aggregates to list, in which order. */
export interface AggregateFilter {
  /** Only aggregates with an event of one of these types (between `since` and `until`, where given). */
  readonly types?: readonly string[] | undefined;
  /** Only aggregates with an event whose time is at least this, in milliseconds since 1970. */
  readonly since?: number | undefined;
  /** Only aggregates with an event whose time is at most this, in milliseconds since 1970. */
  readonly until?: number | undefined;
  /** Only aggregates that have a snapshot. @defaultValue false */
  readonly withSnapshot?: boolean | undefined;
  /** @defaultValue 'id' */
  readonly sort?: AggregateOrder | undefined;
  /** Only what comes after this one, as {@link aggregateCursor} tells it, in the same order. */
  readonly after?: string | undefined;
  /** At most this many. @defaultValue all */
  readonly limit?: number | undefined;
}

/** How many aggregates are read at once. */
const PAGE = 200;

type SummaryRow = readonly [Uint8Array, string, number, Uint8Array, Uint8Array, string, number | null];

/** SQL for the ids of one page, in order. */
interface PageQuery {
  readonly sql: string;
  readonly bindings: readonly Knex.RawBinding[];
}

/**
 * The aggregates of a log, in bounded memory. By id it leaps from one aggregate to the next in the index and by last
 * event it walks the index on timestamps backwards; by number of events the whole log is counted for every page.
 * Listing by id, a filter reads the events of its time for every page, which without a time is the whole log. Throws
 * `InvalidArgumentError` for a cursor or a limit that is none.
 */
export async function* listAggregates(log: EventLog, filter: AggregateFilter = {}): AsyncGenerator<AggregateSummary> {
  const { sort = 'id' } = filter;
  let left = checkedLimit(filter.limit) ?? Number.POSITIVE_INFINITY;
  for (let { after } = filter; left > 0;) {
    const size = Math.min(left, PAGE);
    const page = PAGE_QUERIES[sort](log, { ...filter, after, limit: size });
    const rows = await select<SummaryRow>(log, summaries(log, page.sql), page.bindings);
    for (const row of rows) {
      const summary = summaryOf(row);
      after = aggregateCursor(summary, sort);
      yield summary;
    }
    if (rows.length < size) return;
    left -= rows.length;
    await setImmediate();
  }
}

/** What `after` takes to go on behind this aggregate. */
export function aggregateCursor({ aggregateId, events, last }: AggregateSummary, sort: AggregateOrder = 'id'): string {
  if (sort === 'id') return aggregateId.hex;
  return sort === 'events' ? `${events}:${aggregateId.hex}` : last.toString();
}

/** Facts of each id of a page, each by an index. `place` keeps the order of the page. */
function summaries(log: EventLog, page: string): string {
  const { log: events, snapshots } = tablesOf(log);
  return `SELECT page.id, counted.events::text, final.sequence, initial."timestamp", final."timestamp", final.type, s.sequence
FROM (${page}) AS page
CROSS JOIN LATERAL (SELECT count(*) AS events FROM ${events} WHERE aggregate_id = page.id) AS counted
CROSS JOIN LATERAL (
  SELECT "timestamp" FROM ${events} WHERE aggregate_id = page.id ORDER BY sequence LIMIT 1) AS initial
CROSS JOIN LATERAL (
  SELECT "timestamp", sequence, type FROM ${events} WHERE aggregate_id = page.id ORDER BY sequence DESC LIMIT 1) AS final
LEFT JOIN ${snapshots} AS s ON s.aggregate_id = page.id
ORDER BY page.place`;
}

const PAGE_QUERIES: Readonly<Record<AggregateOrder, (log: EventLog, filter: AggregateFilter) => PageQuery>> = {
  id: pageById,
  events: pageByEvents,
  last: pageByLastEvent,
};

function pageById(log: EventLog, filter: AggregateFilter): PageQuery {
  const { log: events, snapshots } = tablesOf(log);
  const { after, since, until, types, withSnapshot, limit = PAGE } = filter;
  const start = after === undefined ? [] : [idCursor(after)];
  if (since === undefined && until === undefined && types === undefined && withSnapshot !== true) {
    return {
      sql: `SELECT id, id AS place FROM (${leap(events, after !== undefined)}) AS ids`,
      bindings: [...start, limit],
    };
  }
  const where = new Conditions();
  if (withSnapshot !== true) {
    if (after !== undefined) where.and('aggregate_id > ?', ...start);
    where.between(since, until);
    where.ofTypes(types);
    // Kept apart from the limit, for which the planner would fetch row by row in the order of ids.
    return {
      sql: `WITH found AS MATERIALIZED (SELECT DISTINCT aggregate_id AS id FROM ${events} ${where.sql})
SELECT id, id AS place FROM found ORDER BY id LIMIT ?`,
      bindings: [...where.bindings, limit],
    };
  }
  if (after !== undefined) where.and('s.aggregate_id > ?', ...start);
  hasEvent(where, events, 's.aggregate_id', filter);
  return {
    sql: `SELECT s.aggregate_id AS id, s.aggregate_id AS place FROM ${snapshots} AS s ${where.sql} ORDER BY 1 LIMIT ?`,
    bindings: [...where.bindings, limit],
  };
}

function pageByEvents(log: EventLog, filter: AggregateFilter): PageQuery {
  const { log: events, snapshots } = tablesOf(log);
  const { after, since, until, types, withSnapshot, limit = PAGE } = filter;
  const matching = new Conditions();
  matching.between(since, until);
  matching.ofTypes(types);
  const having = new Conditions();
  if (matching.sql !== '') having.and(`bool_or(${matching.sql.replace(/^WHERE /, '')})`, ...matching.bindings);
  if (withSnapshot) having.and(`EXISTS (SELECT FROM ${snapshots} AS s WHERE s.aggregate_id = e.aggregate_id)`);
  if (after !== undefined) {
    const [count, id] = countCursor(after);
    having.and('(count(*) < ? OR (count(*) = ? AND e.aggregate_id > ?))', count, count, id);
  }
  return {
    sql: `SELECT id, row_number() OVER (ORDER BY events DESC, id) AS place FROM (
SELECT e.aggregate_id AS id, count(*) AS events FROM ${events} AS e GROUP BY e.aggregate_id ${having.sql.replace(/^WHERE/, 'HAVING')}
ORDER BY events DESC, id LIMIT ?) AS counted`,
    bindings: [...having.bindings, limit],
  };
}

function pageByLastEvent(log: EventLog, filter: AggregateFilter): PageQuery {
  const { log: events, snapshots } = tablesOf(log);
  const { after, since, until, types, withSnapshot, limit = PAGE } = filter;
  const where = new Conditions();
  where.and('final.sequence = e.sequence');
  if (after !== undefined) where.and('e."timestamp" < ?', timestampCursor(after));
  if (withSnapshot) where.and(`EXISTS (SELECT FROM ${snapshots} AS s WHERE s.aggregate_id = e.aggregate_id)`);
  if (since !== undefined || until !== undefined || types !== undefined)
    hasEvent(where, events, 'e.aggregate_id', filter);
  return {
    sql: `SELECT e.aggregate_id AS id, row_number() OVER (ORDER BY e."timestamp" DESC) AS place FROM ${events} AS e
CROSS JOIN LATERAL (
  SELECT sequence FROM ${events} AS l WHERE l.aggregate_id = e.aggregate_id ORDER BY sequence DESC LIMIT 1) AS final
${where.sql} ORDER BY e."timestamp" DESC LIMIT ?`,
    bindings: [...where.bindings, limit],
  };
}

/** The aggregate has an event that satisfies everything. */
function hasEvent(where: Conditions, events: string, id: string, { since, until, types }: AggregateFilter): void {
  const inner = new Conditions();
  inner.and(`aggregate_id = ${id}`);
  inner.between(since, until);
  inner.ofTypes(types);
  where.and(`EXISTS (SELECT FROM ${events} ${inner.sql})`, ...inner.bindings);
}

function summaryOf([id, events, sequence, first, last, type, snapshot]: SummaryRow): AggregateSummary {
  return {
    aggregateId: Timestamp.decode(id),
    events: Number(events),
    sequence,
    first: Timestamp.decode(first),
    last: Timestamp.decode(last),
    type,
    snapshot: snapshot ?? undefined,
  };
}

function idCursor(after: string): Buffer {
  return parsed(after, after, 'an aggregate id');
}

function timestampCursor(after: string): Buffer {
  return parsed(after, after, 'a timestamp');
}

function countCursor(after: string): [count: number, id: Buffer] {
  const [, count = '', id = ''] = /^(\d{1,15}):(.*)$/.exec(after) ?? [];
  return [Number(count), parsed(id, after, 'a number of events, a colon and an aggregate id')];
}

function parsed(text: string, after: string, what: string): Buffer {
  try {
    return Timestamp.parse(text).encode();
  } catch (cause) {
    throw new InvalidArgumentError(`The cursor ${JSON.stringify(after)} is not ${what}.`, {
      hint: 'Give the cursor that the page before ended with, and the same order.',
      cause,
    });
  }
}
