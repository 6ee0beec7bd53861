import { inChild } from '../in-child.js';
import type { RawPg } from '../contenders/raw-pg.js';
import type { Workload } from '../measure.js';
import { sequentially } from '../operations.js';

/** Number of walks in a turn. */
const WALKS = 3;
/** Seconds for which workers are watched that do nothing. */
const IDLE = 30;

/** J1: a walk along the whole log beside the positions, when nothing is behind, beside a hash join of the two. */
export function sweep(url: string, schema: string, { pool }: RawPg): Workload {
  const join = `SELECT count(*) FROM (SELECT aggregate_id, max(sequence) AS last FROM "${schema}".event_log GROUP BY aggregate_id) AS head
LEFT JOIN "${schema}".maestro_positions AS at ON at.copy = 1 AND at.aggregate_id = head.aggregate_id
WHERE head.last > coalesce(at.sequence, 0)`;
  return {
    id: 'J1',
    title:
      'finding that no position is behind in a log of many aggregates, by a process of its own, beside a hash join of both tables',
    unit: 's',
    isTime: true,
    goal: 3,
    contenders: {
      maestro: () => inChild('sweep-log.mjs', [url, schema, String(WALKS)]),
      'raw pg': () => sequentially(WALKS, () => pool.query(join)),
    },
  };
}

/** J2: what workers that have nothing to do cost the server, on the same log: one of them, and three. */
export function idleWorkers(url: string, schema: string): Workload[] {
  return [1, 3].map((workers) => ({
    id: `J2 ${workers}`,
    title: `time in which the server executes statements of ${workers === 1 ? 'an idle worker' : `${workers} idle workers`}, for each second, on a log of many aggregates`,
    unit: 's',
    isTime: true,
    contenders: { maestro: () => inChild('idle-workers.mjs', [url, schema, String(workers), String(IDLE)]) },
  }));
}
