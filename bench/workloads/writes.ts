import { randomBytes } from 'node:crypto';
import { Clock, Timestamp } from '../../dist/src/index.js';
import type { Contender } from '../contenders/contender.js';
import type { RawPg } from '../contenders/raw-pg.js';
import type { Workload } from '../measure.js';
import { assertDone, concurrently, counting, sequentially } from '../operations.js';
import { withServerFigures } from '../server-work.js';
import { forEach } from './contenders.js';

const CALLERS = 16;
/** Number of bytes of an id. */
const TIMESTAMP_SIZE = 16;
const clock = new Clock();

/** W1: commits of one event, one after the other, each the next of one aggregate. */
export function singleCommits(contenders: readonly Contender[], { pool }: RawPg, count = 5000): Workload {
  const all = forEach(contenders, (contender) => async () => {
    const id = clock.now();
    return await sequentially(count, async (index) => assertDone(await contender.commit(id, index + 1, 1)));
  });
  return {
    id: 'W1',
    title: 'single-event commits, one after the other',
    unit: 'commits/s',
    goal: 0.9,
    contenders: withServerWork(all, pool),
  };
}

/** W2: commits of sixteen callers at once, each on an aggregate of its own. */
export function concurrentCommits(contenders: readonly Contender[], { pool }: RawPg, count = 1000): Workload {
  const all = forEach(contenders, (contender) => async () => {
    const ids = Array.from({ length: CALLERS }, () => clock.now());
    return await concurrently(CALLERS, count, async (caller, index) =>
      assertDone(await contender.commit(ids[caller] ?? clock.now(), index + 1, 1)),
    );
  });
  return {
    id: 'W2',
    title: `single-event commits of ${CALLERS} concurrent callers, each on its own aggregate`,
    unit: 'commits/s',
    goal: 1.6,
    contenders: withServerWork(all, pool),
  };
}

/** W2 spread: each commit begins a new aggregate with a random id, so that it touches a random page of the index. */
export function spreadCommits(contenders: readonly Contender[], { pool }: RawPg, count = 1000): Workload {
  const all = forEach(
    contenders,
    (contender) => () =>
      concurrently(CALLERS, count, async () =>
        assertDone(await contender.commit(Timestamp.decode(randomBytes(TIMESTAMP_SIZE)), 1, 1)),
      ),
  );
  return {
    id: 'W2 spread',
    title: `the same, each commit the first event of another aggregate, anywhere in the index`,
    unit: 'commits/s',
    contenders: withServerWork(all, pool),
  };
}

/** The runs, with the server's work added to that of the floor. */
function withServerWork(runs: Workload['contenders'], pool: RawPg['pool']): Workload['contenders'] {
  const floor = runs['raw pg'];
  return floor === undefined ? runs : { ...runs, 'raw pg': withServerFigures(pool, floor) };
}

/** W3: commits of a hundred events. */
export function largeCommits(contenders: readonly Contender[], count = 300): Workload {
  return {
    id: 'W3',
    title: 'commits of 100 events',
    unit: 'events/s',
    goal: 0.95,
    contenders: forEach(contenders, (contender) => async () => {
      const id = clock.now();
      const run = await sequentially(count, async (index) =>
        assertDone(await contender.commit(id, index * 100 + 1, 100)),
      );
      return counting(run, 100);
    }),
  };
}

/** S1: snapshots of one aggregate, each newer than the one before. */
export function snapshotCommits(contenders: readonly Contender[], count = 5000): Workload {
  return {
    id: 'S1',
    title: 'snapshot commits',
    unit: 'snapshots/s',
    goal: 0.9,
    contenders: forEach(contenders, (contender) => {
      const commitSnapshot = contender.commitSnapshot?.bind(contender);
      if (commitSnapshot === undefined) return undefined;
      return async () => {
        const id = clock.now();
        return await sequentially(count, (index) => commitSnapshot(id, index + 1));
      };
    }),
  };
}
