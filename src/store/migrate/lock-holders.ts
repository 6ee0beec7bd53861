import type { Executor } from '../driver/driver.js';
import { query } from '../read/rows.js';

/** A table lock that makes writers wait. */
export type TableLock = 'SHARE ROW EXCLUSIVE' | 'ACCESS EXCLUSIVE';

/** A lock that was not free in time. */
export interface WantedLock {
  /** Names as they are written in SQL. */
  readonly tables: readonly string[];
  readonly lock: TableLock | 'a row';
  /** True in a database of a Citus cluster, where sessions of all nodes have locks. */
  readonly isCluster: boolean;
}

/** For each lock mode the condition on locks of others that conflict with it. */
const CONFLICTING_LOCKS: Readonly<Record<WantedLock['lock'], string>> = {
  'SHARE ROW EXCLUSIVE': "lock.mode NOT IN ('AccessShareLock', 'RowShareLock')",
  'ACCESS EXCLUSIVE': 'true',
  'a row': "lock.mode <> 'AccessShareLock'",
};

/** A process that holds a lock, its application, the age of its transaction in seconds, and its node on a cluster. */
type Holder = readonly [pid: number, application: string | null, age: string | null, node: string | null];

/**
 * The processes that hold conflicting locks on the tables or their partitions, in words; how much of them is visible depends on the
 * role.
 */
export async function holdersOf(on: Executor, wanted: WantedLock): Promise<string> {
  const names = `{${wanted.tables.map((table) => `"${table.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
  const rows = wanted.isCluster ? await onAllNodes(on, wanted, names) : await onThisServer(on, wanted, names);
  return rows
    .map(([pid, application, age, node]) => {
      const name = application === null || application === '' ? '' : ` (${application})`;
      const place = node === null ? '' : ` on ${node}`;
      return `process ${pid}${name}${place}${age === null ? '' : `, in a transaction for ${Math.max(0, Number(age))} s`}`;
    })
    .join('; ');
}

const WANTED = 'WITH wanted AS (SELECT to_regclass(name)::oid AS relation FROM unnest(?::text::text[]) AS name)';
const AGE = 'max(round(extract(epoch FROM now() - activity.xact_start)))::text';

async function onThisServer(on: Executor, { lock }: WantedLock, names: string): Promise<Holder[]> {
  return await query<Holder>(
    on,
    `${WANTED}
SELECT lock.pid, max(activity.application_name), ${AGE}, NULL
FROM pg_locks AS lock LEFT JOIN pg_stat_activity AS activity ON activity.pid = lock.pid
WHERE lock.granted AND lock.locktype = 'relation' AND ${CONFLICTING_LOCKS[lock]} AND lock.pid <> pg_backend_pid()
  AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (lock.relation IN (SELECT relation FROM wanted)
    OR lock.relation IN (SELECT inhrelid FROM pg_inherits WHERE inhparent IN (SELECT relation FROM wanted)))
GROUP BY lock.pid ORDER BY min(activity.xact_start) LIMIT 5`,
    [names],
  );
}

/** A session locks the table by its name where it runs, and its shards where they are. None where the role may not ask the other nodes. */
async function onAllNodes(on: Executor, { lock }: WantedLock, names: string): Promise<Holder[]> {
  const holders = query<Holder>(
    on,
    `${WANTED}
SELECT activity.pid, max(activity.application_name), ${AGE}, max(node.nodename || ':' || node.nodeport)
FROM citus_locks AS lock
JOIN citus_stat_activity AS activity ON activity.global_pid = lock.global_pid AND NOT activity.is_worker_query
LEFT JOIN pg_dist_node AS node ON node.nodeid = activity.nodeid
WHERE lock.granted AND lock.locktype = 'relation' AND ${CONFLICTING_LOCKS[lock]} AND lock.global_pid <> citus_backend_gpid()
  AND to_regclass(lock.relation_name)::oid IN (SELECT relation FROM wanted)
GROUP BY activity.pid, activity.nodeid ORDER BY min(activity.xact_start) LIMIT 5`,
    [names],
  );
  return await holders.catch(() => []);
}
