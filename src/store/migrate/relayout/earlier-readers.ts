import { openSnapshots } from '../../catalog/open-snapshots.js';
import { outlast } from '../../catalog/outlast.js';
import { driverOf } from '../../driver/driver-of.js';
import { type Executor, query } from '../../read/rows.js';
import { MigrationLockError } from '../migration-errors.js';

/**
 * Waits for whoever reads now to end, and for nobody who begins later. Throws {@link MigrationLockError}, which names who does not end, when
 * it is later than `deadline`.
 */
export async function outlastReaders(on: Executor, deadline: number, lockTimeout: number): Promise<void> {
  if (driverOf(on).isEmbedded) return;
  const look = () => openSnapshots(on);
  let left = await look();
  while ((left = await outlast(left, look)).size > 0)
    if (performance.now() >= deadline)
      throw new MigrationLockError(lockTimeout, undefined, await readersText(on, left));
}

/** The processes that have snapshots, in a sentence; how much of them is visible depends on the role. */
async function readersText(on: Executor, snapshots: ReadonlySet<string>): Promise<string> {
  const rows = await query<[string]>(
    on,
    `SELECT 'process ' || activity.pid || coalesce(' (' || nullif(application_name, '') || ')', '')
  || coalesce(', in a transaction for ' || round(extract(epoch FROM clock_timestamp() - xact_start)) || ' s', '')
FROM pg_stat_activity AS activity JOIN pg_locks AS lock ON lock.pid = activity.pid AND lock.locktype = 'virtualxid'
WHERE lock.virtualxid || ' ' || activity.backend_xmin::text IN (SELECT json_array_elements_text(?::text::json))
ORDER BY xact_start LIMIT 5`,
    [JSON.stringify([...snapshots])],
  );
  const named = rows.length === 0 ? '' : `: ${rows.map(([text]) => text).join('; ')}`;
  return `Transactions that read since before have not ended${named}. The log is in use as it was, and the copy is kept: run this again to go on.`;
}
