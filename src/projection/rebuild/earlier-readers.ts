import type { Knex } from 'knex';
import { type Executor, query } from '../../store/read/rows.js';
import { outlast } from './outlast.js';

/** For each copy that has been built, by its id, the snapshots of others that are older and have not been seen to end. */
const snapshots = new WeakMap<Knex, Map<number, ReadonlySet<string>>>();

/**
 * True when a transaction still reads what there was before this was first called for a copy, at which time the copy had all
 * rows; waits a moment for that to end. A reader at REPEATABLE READ that first names a table after the switch gets the new one as it
 * was when the reader began: half filled, if that was before. Called again until it is false.
 */
export async function haveEarlierReaders(knex: Knex, copy: number): Promise<boolean> {
  const known = snapshots.get(knex) ?? new Map<number, ReadonlySet<string>>();
  snapshots.set(knex, known);
  const look = () => openSnapshots(knex);
  const left = await outlast(known.get(copy) ?? (await look()), look);
  known.set(copy, left);
  return left.size > 0;
}

/** Forgets what was seen for a copy, as when it does not have all rows after all. */
export function forgetReaders(knex: Knex, copy: number): void {
  snapshots.get(knex)?.delete(copy);
}

/**
 * The snapshots that other sessions have of this database: the transaction and what it sees. One at READ COMMITTED takes another for
 * each statement, and has none in between; one at a higher level keeps its first until it ends.
 */
async function openSnapshots(on: Executor): Promise<ReadonlySet<string>> {
  const rows = await query<[string]>(
    on,
    `SELECT lock.virtualxid || ' ' || activity.backend_xmin::text
FROM pg_stat_activity AS activity JOIN pg_locks AS lock ON lock.pid = activity.pid AND lock.locktype = 'virtualxid'
WHERE activity.backend_xmin IS NOT NULL AND activity.pid <> pg_backend_pid() AND activity.datname = current_database()
  AND activity.backend_type IS DISTINCT FROM 'autovacuum worker'`,
  );
  return new Set(rows.map(([snapshot]) => snapshot));
}
