import type { Knex } from 'knex';
import type { Conditions } from '../../store/read/conditions.js';
import { LOG_ORDER } from '../log/log-position.js';
import type { SearchIndex } from './search-index.js';

/** The first events in the order of the log for which conditions hold. */
interface OrderedEvents {
  /** The table of the log. */
  readonly log: string;
  /** The columns of the result. */
  readonly columns: string;
  readonly where: Conditions;
  /** Only events that this index finds. */
  readonly index: SearchIndex | undefined;
  readonly direction: keyof typeof LOG_ORDER;
  readonly limit: number;
  /** Number of events that are left out at the beginning. @defaultValue 0 */
  readonly offset?: number;
  /** Order by an expression that no index has, so that all events are looked at. @defaultValue false */
  readonly scans?: boolean | undefined;
}

/**
 * SQL of a query of events in order, with its bindings. With an index it has a part for each number, because the index has the
 * events of one number in the order of the log, and those of several not: so no part reads more than it gives.
 */
export function orderedEvents({
  log,
  columns,
  where,
  index,
  direction,
  limit,
  offset = 0,
  scans = false,
}: OrderedEvents): {
  readonly sql: string;
  readonly bindings: readonly Knex.RawBinding[];
} {
  const order = `ORDER BY ${LOG_ORDER[direction]}`;
  const page = offset === 0 ? 'LIMIT ?' : 'LIMIT ? OFFSET ?';
  const counts = offset === 0 ? [limit] : [limit, offset];
  if (index === undefined)
    return {
      sql: `SELECT ${columns} FROM ${log} ${where.sql} ${scans ? order.replace('"timestamp"', `("timestamp" || '')`) : order} ${page}`,
      bindings: [...where.bindings, ...counts],
    };
  const { key, numbers } = index;
  const rest = where.sql.replace(/^WHERE/, ' AND');
  const parts = numbers.map((number) => ({
    sql: `(SELECT "timestamp", aggregate_id, sequence, type, body FROM ${log} WHERE ${key} = ${number.sql}${rest} ${order} LIMIT ?)`,
    bindings: [...number.bindings, ...where.bindings, limit + offset],
  }));
  return {
    // Two numbers may be the same, and then two parts are.
    sql: `SELECT DISTINCT ON ("timestamp", aggregate_id) ${columns}
FROM (${parts.map(({ sql }) => sql).join('\nUNION ALL ')}) AS found ${order} ${page}`,
    bindings: [...parts.flatMap(({ bindings }) => bindings), ...counts],
  };
}
