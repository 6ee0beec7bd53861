import { Conditions } from '../../store/read/conditions.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { positionCondition, LOG_ORDER } from '../log/log-position.js';
import type { Traits } from '../../store/layout/traits.js';
import { distinctValues } from '../../store/read/distinct-values.js';
import type { Fragment } from '../../store/read/fragment.js';
import { whereFirstType, whereNode } from '../search-events/search-conditions.js';
import { countCursor, idCursor, positionCursor } from './cursor.js';
import type { AggregateFilter, AggregateOrder } from './summary.js';

/** The page to read. */
type Page = AggregateFilter & { readonly limit: number };

/** A query of the ids of a page, each with its place in the order. */
type PageQuery = (log: EventLog, page: Page, traits: Traits) => Fragment;

/** The query of a page, for each order. Throws `InvalidArgumentError` for a cursor that is not one of the order. */
export const PAGE_QUERIES: Readonly<Record<AggregateOrder, PageQuery>> = {
  id: pageById,
  events: pageByEvents,
  last: (log, page, traits) =>
    page.since === undefined ? pageByLastEvent(log, page) : pageOfFoundByLastEvent(log, page, traits),
};

/** True when the query of a page reads all events, or all events of the filter's time. */
export function readsManyEvents(filter: AggregateFilter): boolean {
  const { sort = 'id', withSnapshot = false, since } = filter;
  if (sort === 'last') return since !== undefined;
  return sort === 'events' || (isFiltered(filter) && !withSnapshot);
}

function isFiltered({ since, until, types, node }: AggregateFilter): boolean {
  return since !== undefined || until !== undefined || types !== undefined || node !== undefined;
}

function pageById(log: EventLog, page: Page, traits: Traits): Fragment {
  const { log: events, snapshots } = tablesOf(log);
  const { after, withSnapshot, limit } = page;
  const start = after === undefined ? [] : [idCursor(after)];
  const where = new Conditions();
  if (withSnapshot) {
    if (after !== undefined) where.and('s.aggregate_id > ?', ...start);
    hasEvent(where, events, 's.aggregate_id', page);
    whereFirstType(where, { events, id: 's.aggregate_id' }, page.firstTypes);
    return {
      sql: `SELECT s.aggregate_id AS id, s.aggregate_id AS place FROM ${snapshots} AS s ${where.sql} ORDER BY 1 LIMIT ?`,
      bindings: [...where.bindings, limit],
    };
  }
  if (!isFiltered(page)) {
    const kind = new Conditions();
    whereFirstType(kind, { events, id: 'ids.id' }, page.firstTypes);
    const ids = distinctValues(
      {
        table: events,
        column: 'aggregate_id',
        from: after === undefined ? undefined : { sql: 'aggregate_id > ?', bindings: start },
        condition: page.firstTypes && kind.condition,
        limit,
      },
      traits,
    );
    return { sql: `SELECT id, id AS place FROM (${ids.sql}) AS ids`, bindings: ids.bindings };
  }
  if (after !== undefined) where.and('aggregate_id > ?', ...start);
  concerns(where, page);
  const kind = new Conditions();
  whereFirstType(kind, { events, id: 'found.id' }, page.firstTypes);
  const found = aggregatesOf(events, where, traits);
  return {
    sql: `${found.before} SELECT id, id AS place FROM ${found.table} ${kind.sql} ORDER BY id LIMIT ?`,
    bindings: [...where.bindings, ...kind.bindings, limit],
  };
}

function pageByEvents(log: EventLog, page: Page): Fragment {
  const { log: events } = tablesOf(log);
  const { after, limit } = page;
  const matching = new Conditions();
  concerns(matching, page);
  const where = new Conditions();
  const matches = isFiltered(page) ? `, bool_or(${matching.condition.sql}) AS matches` : '';
  if (matches !== '') where.and('counted.matches');
  hasSnapshot(where, log, 'counted.id', page);
  whereFirstType(where, { events, id: 'counted.id' }, page.firstTypes);
  if (after !== undefined) {
    const [count, id] = countCursor(after);
    where.and('(counted.events < ? OR (counted.events = ? AND counted.id > ?))', count, count, id);
  }
  // Not with HAVING: a cluster takes no subquery there.
  return {
    sql: `SELECT id, row_number() OVER (ORDER BY events DESC, id) AS place FROM (
SELECT counted.id, counted.events FROM (
  SELECT aggregate_id AS id, count(*) AS events${matches} FROM ${events} GROUP BY aggregate_id) AS counted
${where.sql} ORDER BY counted.events DESC, counted.id LIMIT ?) AS page`,
    bindings: [...matching.bindings, ...where.bindings, limit],
  };
}

/** Walks the index on timestamps backwards. */
function pageByLastEvent(log: EventLog, page: Page): Fragment {
  const { log: events } = tablesOf(log);
  const { after, limit } = page;
  const where = new Conditions();
  where.and('final.last = e.sequence');
  if (after !== undefined) where.and(...positionCondition('<', positionCursor(after)));
  hasSnapshot(where, log, 'e.aggregate_id', page);
  whereFirstType(where, { events, id: 'e.aggregate_id' }, page.firstTypes);
  if (isFiltered(page)) hasEvent(where, events, 'e.aggregate_id', page);
  return {
    sql: `SELECT e.aggregate_id AS id, row_number() OVER (ORDER BY ${LOG_ORDER['<']}) AS place FROM ${events} AS e
CROSS JOIN LATERAL (
  SELECT sequence AS last FROM ${events} AS l WHERE l.aggregate_id = e.aggregate_id ORDER BY sequence DESC LIMIT 1) AS final
${where.sql} ORDER BY ${LOG_ORDER['<']} LIMIT ?`,
    bindings: [...where.bindings, limit],
  };
}

/** Reads the events from a time on, instead of walking back to the beginning of the log when few aggregates match. */
function pageOfFoundByLastEvent(log: EventLog, page: Page, traits: Traits): Fragment {
  const { log: events } = tablesOf(log);
  const matching = new Conditions();
  concerns(matching, page);
  const where = new Conditions();
  if (page.after !== undefined) where.and(...positionCondition('<', positionCursor(page.after)));
  hasSnapshot(where, log, 'e.aggregate_id', page);
  whereFirstType(where, { events, id: 'e.aggregate_id' }, page.firstTypes);
  const found = aggregatesOf(events, matching, traits);
  return {
    sql: `${found.before}
SELECT e.aggregate_id AS id, row_number() OVER (ORDER BY ${LOG_ORDER['<']}) AS place FROM ${found.table} CROSS JOIN LATERAL (
  SELECT "timestamp", aggregate_id FROM ${events} WHERE aggregate_id = found.id ORDER BY sequence DESC LIMIT 1) AS e
${where.sql} ORDER BY ${LOG_ORDER['<']} LIMIT ?`,
    bindings: [...matching.bindings, ...where.bindings, page.limit],
  };
}

/**
 * SQL for the aggregates of the matching events, `found (id)`. Where it can be, all are found before a limit applies: otherwise the planner
 * fetches row by row, for the order.
 */
function aggregatesOf(events: string, where: Conditions, { looksUpFor }: Traits) {
  const sql = `SELECT DISTINCT aggregate_id AS id FROM ${events} ${where.sql}`;
  return looksUpFor === 'any row'
    ? { before: `WITH found AS MATERIALIZED (${sql})`, table: 'found' }
    : { before: '', table: `(${sql}) AS found` };
}

/** Adds the condition that an event matches the filter. */
function concerns(where: Conditions, { since, until, types, node }: AggregateFilter): void {
  where.between(since, until);
  where.ofTypes(types);
  whereNode(where, node);
}

/** Adds the condition that the aggregate has an event that matches the filter. */
function hasEvent(where: Conditions, events: string, id: string, filter: AggregateFilter): void {
  const inner = new Conditions();
  inner.and(`aggregate_id = ${id}`);
  concerns(inner, filter);
  where.and(`EXISTS (SELECT FROM ${events} ${inner.sql})`, ...inner.bindings);
}

/** Adds the condition that the aggregate (`id` in SQL) has a snapshot, if the filter demands one. */
function hasSnapshot(where: Conditions, log: EventLog, id: string, { withSnapshot }: AggregateFilter): void {
  if (withSnapshot) where.and(`EXISTS (SELECT FROM ${tablesOf(log).snapshots} AS s WHERE s.aggregate_id = ${id})`);
}
