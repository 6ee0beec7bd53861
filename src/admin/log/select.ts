import type { Knex } from 'knex';
import { withReadRetry } from '../../store/read/read-retry.js';
import { query } from '../../store/read/rows.js';
import type { EventLog } from './event-log.js';

/** The rows of a query; retried like every read (see `withReadRetry`). Throws the errors of a store. */
export function select<Row extends readonly unknown[]>(
  { knex }: Pick<EventLog, 'knex'>,
  sql: string,
  bindings: readonly Knex.RawBinding[] = [],
): Promise<Row[]> {
  return withReadRetry(() => query<Row>(knex, sql, bindings));
}
