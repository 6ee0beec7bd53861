import type { Knex } from 'knex';
import { defineAggregate, defineSubscription, runProjections } from '../../dist/src/index.js';
import type { RawPg } from '../contenders/raw-pg.js';
import type { Workload } from '../measure.js';
import { sequentially } from '../operations.js';

const Counter = defineAggregate({
  name: 'counter',
  initialState: () => ({}),
  commands: {},
  events: { changed_1: (state) => state },
});
const followers = defineSubscription({
  name: 'followers',
  from: [Counter],
  startAt: 'now',
  handle: { changed_1: () => Promise.resolve() },
});

/** J1: a walk along the whole log beside the positions, when nothing is behind, beside a hash join of the two. */
export async function sweeps(
  log: { readonly knex: Knex; readonly schema: string },
  { pool }: RawPg,
): Promise<{ readonly workload: Workload; readonly close: () => Promise<void> }> {
  const stop = new AbortController();
  const worker = runProjections(log, [followers], { signal: stop.signal });
  await worker.caughtUp();
  const join = `SELECT count(*) FROM (SELECT aggregate_id, max(sequence) AS last FROM "${log.schema}".event_log GROUP BY aggregate_id) AS head
LEFT JOIN "${log.schema}".maestro_positions AS at ON at.copy = 1 AND at.aggregate_id = head.aggregate_id
WHERE head.last > coalesce(at.sequence, 0)`;
  return {
    workload: {
      id: 'J1',
      title: 'finding that no position is behind in a log of many aggregates, beside a hash join of both tables',
      unit: 's',
      isTime: true,
      goal: 3,
      contenders: {
        maestro: () => sequentially(3, () => worker.caughtUp()),
        'raw pg': () => sequentially(3, () => pool.query(join)),
      },
    },
    close: async () => {
      stop.abort();
      await worker.stopped;
    },
  };
}
