import { type Executor, query } from '../../store/read/rows.js';
import { KNOWS_CITUS } from '../../store/migrate/citus/distribution.js';
import { type EventLog, tablesOf } from './event-log.js';
import { WITH_LOG_TABLES } from './log-tables.js';
import { select } from './select.js';

/**
 * Text that is another one once an erasure has ended, so that what was read after the text was is still stored as long as the text is
 * the same. Usually nothing else changes it: it is made of the numbers of rows that were changed and removed in the log. Where a
 * server does not tell these in time (before PostgreSQL 15, or as a standby), every transaction changes it; on a Citus cluster, whose other
 * nodes it does not know about, it is always another one.
 */
export async function erasureMark(log: EventLog): Promise<string> {
  const name = tablesOf(log).log;
  const sql = `${WITH_LOG_TABLES}
SELECT CASE WHEN ${KNOWS_CITUS} THEN gen_random_uuid()::text
WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()::text
WHEN current_setting('server_version_num')::integer < 150000 OR NOT current_setting('track_counts')::boolean THEN txid_current_snapshot()::text
ELSE (SELECT concat_ws(' ', string_agg(concat_ws(':', relid::oid, pg_stat_get_tuples_updated(relid), pg_stat_get_tuples_deleted(relid)), ' ' ORDER BY relid),
  -- The numbers begin again when somebody has reset them, or the server has crashed.
  (SELECT pg_stat_get_db_stat_reset_time(oid) FROM pg_database WHERE datname = current_database()), pg_stat_get_bgwriter_stat_reset_time())
FROM tables) END`;
  const [row] = await select<[string]>(log, sql, [name, name]);
  return row?.[0] ?? '';
}

/**
 * Has {@link erasureMark} change by the time the transaction ends and says so; otherwise a server may take some seconds to
 * tell how many rows were changed.
 */
export async function markErasure(transaction: Executor): Promise<void> {
  const canFlush = `SELECT has_function_privilege(to_regprocedure('pg_catalog.pg_stat_force_next_flush()'), 'EXECUTE')`;
  const [row] = await query<[boolean | null]>(transaction, canFlush);
  if (row?.[0] === true) await query(transaction, 'SELECT pg_catalog.pg_stat_force_next_flush()');
}
