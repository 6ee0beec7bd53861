import { projectionTables } from '../projection-tables.js';
import { withReadRetry } from '../read/read-retry.js';
import { type Executor, query } from '../read/rows.js';
import { WORKER_IS_ALIVE } from './workers.js';

/** The parked aggregates of a copy, and its workers. */
export interface CopyActivity {
  readonly status: 'building' | 'live' | 'retired';
  /** Aggregates parked because an event cannot be taken in. */
  readonly failed: number;
  /** Aggregates parked because an event is missing before the next one. */
  readonly gaps: number;
  /** Workers that are alive. */
  readonly workers: number;
  /** Events that they take in, all together, in a second. */
  readonly perSecond: number;
}

type ActivityRow = readonly [
  copy: number,
  status: CopyActivity['status'],
  failed: number,
  gaps: number,
  workers: number,
  perSecond: string,
];

/** The activity of each copy, of all names or of some, by its id. */
export async function copyActivity(
  on: Executor,
  schema: string,
  names?: readonly string[],
): Promise<ReadonlyMap<number, CopyActivity>> {
  const { projections, parked, workers } = projectionTables(schema);
  const sql = `SELECT p.id, p.status, coalesce(k.failed, 0), coalesce(k.gaps, 0), coalesce(w.workers, 0), coalesce(w.speed, 0)::text
FROM ${projections} AS p
LEFT JOIN (SELECT copy, count(*) FILTER (WHERE reason = 'failed')::integer AS failed,
    count(*) FILTER (WHERE reason = 'gap')::integer AS gaps FROM ${parked} GROUP BY copy) AS k ON k.copy = p.id
LEFT JOIN (SELECT copy, count(*)::integer AS workers, sum(per_second) AS speed FROM ${workers}
    WHERE ${WORKER_IS_ALIVE} GROUP BY copy) AS w ON w.copy = p.id
${names === undefined ? '' : 'WHERE p.name IN (SELECT json_array_elements_text(?::text::json))'} ORDER BY p.name, p.id`;
  const bindings = names === undefined ? [] : [JSON.stringify(names)];
  const rows = await withReadRetry(() => query<ActivityRow>(on, sql, bindings), on);
  return new Map(
    rows.map(([copy, status, failed, gaps, workers, perSecond]) => [
      copy,
      { status, failed, gaps, workers, perSecond: Number(perSecond) },
    ]),
  );
}
