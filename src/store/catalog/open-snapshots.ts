import { type Executor, query } from '../read/rows.js';

/**
 * The snapshots that other sessions have of this database: the transaction and what it sees. One at READ COMMITTED takes another for
 * each statement, and has none in between; one at a higher level keeps its first until it ends. Those of autovacuum, which have no user, see no
 * row for anybody.
 */
export async function openSnapshots(on: Executor): Promise<ReadonlySet<string>> {
  const rows = await query<[string]>(on, OPEN_SNAPSHOTS);
  return new Set(rows.map(([snapshot]) => snapshot));
}

/** SQL of the snapshots that other sessions have, a text each. */
export const OPEN_SNAPSHOTS = `SELECT lock.virtualxid || ' ' || activity.backend_xmin::text
FROM pg_stat_activity AS activity JOIN pg_locks AS lock ON lock.pid = activity.pid AND lock.locktype = 'virtualxid'
WHERE activity.backend_xmin IS NOT NULL AND activity.pid <> pg_backend_pid() AND activity.datname = current_database()
  AND activity.usesysid IS NOT NULL`;
