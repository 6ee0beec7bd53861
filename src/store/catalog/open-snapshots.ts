import { type Executor, query } from '../read/rows.js';

/**
 * The snapshots that other sessions have of this database: the transaction and what it sees. One at READ COMMITTED takes another for
 * each statement, and has none in between; one at a higher level keeps its first until it ends. Those who wait for a lock on a table
 * can be left out: at READ COMMITTED they take another one when they get it.
 */
export async function openSnapshots(
  on: Executor,
  { exceptWaitingFor }: { /** The name of a table in SQL. */ readonly exceptWaitingFor?: string } = {},
): Promise<ReadonlySet<string>> {
  const rows = await query<[string]>(
    on,
    `SELECT lock.virtualxid || ' ' || activity.backend_xmin::text
FROM pg_stat_activity AS activity JOIN pg_locks AS lock ON lock.pid = activity.pid AND lock.locktype = 'virtualxid'
WHERE activity.backend_xmin IS NOT NULL AND activity.pid <> pg_backend_pid() AND activity.datname = current_database()
  AND activity.backend_type IS DISTINCT FROM 'autovacuum worker'
  AND NOT EXISTS (SELECT FROM pg_locks AS waiting WHERE waiting.pid = activity.pid AND NOT waiting.granted AND waiting.relation = to_regclass(?))`,
    [exceptWaitingFor ?? null],
  );
  return new Set(rows.map(([snapshot]) => snapshot));
}
