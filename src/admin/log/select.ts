import type { Knex } from 'knex';
import { withReadRetry } from '../../store/read/read-retry.js';
import { query } from '../../store/read/rows.js';
import type { EventLog } from './event-log.js';

/** The rows of a query, read once more when the connection breaks. Throws what the store throws for the same failure. */
export function select<Row extends readonly unknown[]>(
  { knex }: Pick<EventLog, 'knex'>,
  sql: string,
  bindings: readonly Knex.RawBinding[] = [],
): Promise<Row[]> {
  return withReadRetry(() => query<Row>(knex, sql, bindings));
}
