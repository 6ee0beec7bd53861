import pg from 'pg';
import { clusterTests } from './test-groups.js';

/**
 * Test files that are run on a Citus cluster, too, beside those in `test/citus`; one after another, since creating tables there side by side
 * ends in deadlocks.
 */
const ON_CLUSTER = [
  'test/testing/contract-plain.test.ts',
  'test/store/commit/one-task.test.ts',
  'test/store/commit/skew.test.ts',
  'test/cli/in-shards.test.ts',
  'test/admin/list-aggregates/list-aggregates.test.ts',
  'test/admin/log-statistics/log-statistics.test.ts',
  'test/admin/verify-log/verify-log.test.ts',
  'test/projection/inline/inline.test.ts',
  'test/projection/apply/take-in.test.ts',
  'test/projection/discovery/sweep.test.ts',
  'test/projection/lag.test.ts',
  'test/projection/subscription/subscription.test.ts',
  'test/projection/worker/run-projections.test.ts',
  'test/projection/rebuild/rebuild.test.ts',
  'test/projection/rebuild/recorded-moves.test.ts',
  'test/projection/verify/verify-projection.test.ts',
  'test/faults/contention.test.ts',
  'test/faults/deadlocks.test.ts',
  'test/faults/lost-replies.test.ts',
  'test/faults/recorded-history.test.ts',
  'test/faults/tail.test.ts',
];

/** Of those the ones that are run through a worker, as well. */
const THROUGH_WORKER = [
  'test/testing/contract-plain.test.ts',
  'test/cli/in-shards.test.ts',
  'test/faults/contention.test.ts',
];

/** Those of `test/citus` that crash servers, which takes a command for it. */
const CRASHING = 'test/citus/faults/crashes.test.ts';

/** The way to run those that crash servers; `undefined` when it is given. */
export const NO_CRASHES =
  process.env['MAESTRO_TEST_CITUS_CRASH'] === undefined
    ? 'no MAESTRO_TEST_CITUS_CRASH is set. Name a program that gets the host:port of a server of the cluster, crashes that server (pg_ctl stop -m immediate, or a kill), starts it again, and waits until it takes connections.'
    : undefined;

/** The way to run them. */
export const NO_CLUSTER =
  'no MAESTRO_TEST_CITUS_URL is set. Name the coordinator of a cluster with a worker, for tests only: they make schemas of their own and drop them.';

/** A run of test files on a node of a cluster. */
interface ClusterRun {
  readonly files: readonly string[];
  readonly env: { readonly MAESTRO_TEST_URL: string; readonly MAESTRO_TEST_LAYOUT: 'citus' };
}

/** The runs on a cluster, by the address of its coordinator: of those test files that are named, themselves or by their folder, or of all when none is. */
export async function clusterRuns(root: string, coordinator: string, words: readonly string[]): Promise<ClusterRun[]> {
  const named = words.filter((word) => !word.startsWith('-'));
  const isNamed = (file: string) =>
    named.some((name) => file === name || file.startsWith(`${name.replace(/\/$/, '')}/`));
  const run = (url: string, files: readonly string[]): ClusterRun => ({
    files: files.filter((file) => named.length === 0 || isNamed(file)),
    env: { MAESTRO_TEST_URL: url, MAESTRO_TEST_LAYOUT: 'citus' },
  });
  const onlyThere = clusterTests(root).filter((file) => NO_CRASHES === undefined || file !== CRASHING);
  const runs = [run(coordinator, [...onlyThere, ...ON_CLUSTER]), run(await aWorkerOf(coordinator), THROUGH_WORKER)];
  return runs.filter(({ files }) => files.length > 0);
}

/** The address of a worker, which takes the same logins. */
async function aWorkerOf(coordinator: string): Promise<string> {
  const client = new pg.Client({ connectionString: coordinator });
  await client.connect();
  try {
    const sql = `SELECT nodename, nodeport FROM pg_dist_node WHERE groupid <> 0 AND isactive AND noderole = 'primary' ORDER BY nodeid LIMIT 1`;
    const { rows } = await client.query<{ nodename: string; nodeport: number }>(sql);
    const [worker] = rows;
    if (worker === undefined) throw new Error(`The cluster of MAESTRO_TEST_CITUS_URL has no active worker.`);
    return Object.assign(new URL(coordinator), { hostname: worker.nodename, port: worker.nodeport }).href;
  } finally {
    await client.end();
  }
}
