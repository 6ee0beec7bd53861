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
}

/**
 * SQL of a query of events in order, with its bindings. With an index it has a part for each number, because the index has the
 * events of one number in the order of the log, and those of several not: so no part reads more than it gives.
 */
export function orderedEvents({ log, columns, where, index, direction, limit, offset = 0 }: OrderedEvents): {
  readonly sql: string;
  readonly bindings: readonly Knex.RawBinding[];
} {
  const order = `ORDER BY ${LOG_ORDER[direction]}`;
  const page = offset === 0 ? 'LIMIT ?' : 'LIMIT ? OFFSET ?';
  const counts = offset === 0 ? [limit] : [limit, offset];
  if (index === undefined)
    return {
      sql: `SELECT ${columns} FROM ${log} ${where.sql} ${order} ${page}`,
      bindings: [...where.bindings, ...counts],
    };
  const { key, numbers } = index;
  const condition = `WHERE ${[`${key} = ?::text::bigint`, ...(where.sql === '' ? [] : [where.sql.slice('WHERE '.length)])].join(' AND ')}`;
  const part = `(SELECT "timestamp", aggregate_id, sequence, type, body FROM ${log} ${condition} ${order} LIMIT ?)`;
  return {
    sql: `SELECT ${columns} FROM (${numbers.map(() => part).join('\nUNION ALL ')}) AS found ${order} ${page}`,
    bindings: [...numbers.flatMap((number) => [number, ...where.bindings, limit + offset]), ...counts],
  };
}
