import type { Knex } from 'knex';
import { projectionTables } from '../../store/projection-tables.js';
import { askSessions } from './sessions.js';

/** The age from which on a transaction is not likely to end while somebody waits for it. */
const LONG = "interval '500 ms'";

/**
 * True when a transaction that has gone on for long has moved or locked positions: to ask for the lock that keeps such out would be
 * in vain, and would make all others wait behind it. Those whose age the role may not see do not count, nor does autovacuum, which gives way.
 */
export async function hasLongMovers(knex: Knex, schema: string): Promise<boolean> {
  const sql = `SELECT 'long' FROM pg_locks AS lock JOIN pg_stat_activity AS activity USING (pid)
WHERE lock.relation = '${projectionTables(schema).positions}'::regclass AND activity.datname = current_database() AND lock.granted
  AND lock.mode <> 'AccessShareLock' AND activity.backend_type IS DISTINCT FROM 'autovacuum worker' AND activity.xact_start < clock_timestamp() - ${LONG} LIMIT 1`;
  return (await askSessions(knex, schema, sql)).length > 0;
}
