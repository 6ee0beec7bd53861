import { projectionTables } from '../../store/projection-tables.js';
import { type Executor, query } from '../../store/read/rows.js';

/** A transaction for which the switch to a new copy waits. */
export interface SwitchBlocker {
  /** The process of the server, as `pg_stat_activity` has it. */
  readonly pid: number;
  /** The name that the application gave its connection; empty for none, and where this role may not see it. */
  readonly applicationName: string;
  /** Age of the transaction; `undefined` where this role may not see it. */
  readonly seconds: number | undefined;
  /** The reason why it is waited for. */
  readonly reason: 'has moved positions' | 'uses the tables' | 'vacuums them' | 'reads what there was before';
}

/** Age from which on a transaction is told of, in seconds. */
const LONG = 0.5;
/** Most transactions that are told of. */
const MOST = 5;

/** The transactions that keep a projection's new copy from being put into use, the oldest first; none for those that just pass. */
export async function switchBlockers(on: Executor, schema: string, name: string): Promise<SwitchBlocker[]> {
  const { projections, positions } = projectionTables(schema);
  const rows = await query<[number, string, number | null, SwitchBlocker['reason']]>(
    on,
    `WITH replaced AS (SELECT c.oid FROM ${projections} AS copy JOIN pg_namespace AS n ON n.nspname = copy.live_schema
  JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = ANY (copy.tables) WHERE copy.name = ? AND copy.status = 'live'),
held AS (SELECT pid, bool_or(relation = ?::text::regclass) AS moves, bool_and(mode = 'ShareUpdateExclusiveLock') AS vacuums FROM pg_locks WHERE granted
  AND (relation = ?::text::regclass AND mode <> 'AccessShareLock' OR relation IN (SELECT oid FROM replaced)) GROUP BY pid)
SELECT pid, coalesce(application_name, ''), extract(epoch FROM clock_timestamp() - xact_start)::double precision,
  CASE WHEN vacuums THEN 'vacuums them' WHEN moves THEN 'has moved positions' WHEN moves IS NULL THEN 'reads what there was before' ELSE 'uses the tables' END
FROM pg_stat_activity LEFT JOIN held USING (pid)
WHERE pid <> pg_backend_pid() AND datname = current_database()
  AND (moves IS NOT NULL OR backend_xmin IS NOT NULL AND backend_type IS DISTINCT FROM 'autovacuum worker')
  AND coalesce(xact_start < clock_timestamp() - make_interval(secs => ${LONG}), true)
ORDER BY xact_start LIMIT ${MOST}`,
    [name, positions, positions],
  );
  return rows.map(([pid, applicationName, seconds, reason]) => ({
    pid,
    applicationName,
    seconds: seconds ?? undefined,
    reason,
  }));
}

/** One of them in words: `process 4711 ("psql", 95 seconds) reads what there was before`. */
export function describeBlocker({ pid, applicationName, seconds, reason }: SwitchBlocker): string {
  const facts = [
    ...(applicationName === '' ? [] : [JSON.stringify(applicationName)]),
    ...(seconds === undefined ? [] : [`${Math.round(seconds)} seconds`]),
  ];
  return `process ${pid}${facts.length === 0 ? '' : ` (${facts.join(', ')})`} ${reason}`;
}
