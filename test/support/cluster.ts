import type { ExecutionContext, TestFn } from 'ava';
import type { Knex } from 'knex';
import type { Timestamp } from '../../src/hlc/timestamp.js';
import { testKnex, testUrl, useTestDatabase, type TestDatabase } from './database.js';

/** A node of the cluster on which the tests are run. */
export interface ClusterNode {
  readonly id: number;
  readonly isCoordinator: boolean;
  readonly url: string;
  readonly knex: Knex;
}

/** A migrated schema on a cluster for one test file, and connections to its nodes. */
export interface TestCluster extends TestDatabase {
  /** The nodes, the coordinator first. */
  nodes(): readonly ClusterNode[];
  /** The node on which an aggregate lies, and the name of the shard of the event log there, as it is written in SQL. */
  placeOf(aggregateId: Timestamp): Promise<{ readonly node: ClusterNode; readonly shard: string }>;
}

/** A migrated schema on the cluster that `MAESTRO_TEST_CITUS_URL` names. */
export function useCluster(test: TestFn<unknown>): TestCluster {
  const database = useTestDatabase(test, { partitions: 8 });
  const { knex, schema } = database;
  const nodes: ClusterNode[] = [];
  test.serial.before(async () => {
    const sql = `SELECT nodeid, nodename, nodeport, groupid FROM pg_dist_node WHERE isactive AND noderole = 'primary' ORDER BY groupid`;
    const { rows } = await knex.raw<{
      rows: { nodeid: number; nodename: string; nodeport: number; groupid: number }[];
    }>(sql);
    for (const { nodeid: id, nodename: hostname, nodeport, groupid } of rows) {
      const isCoordinator = groupid === 0;
      const url = Object.assign(new URL(testUrl()), isCoordinator ? {} : { hostname, port: String(nodeport) }).href;
      nodes.push({ id, isCoordinator, url, knex: testKnex({ connection: url }) });
    }
  });
  test.after.always(async () => {
    for (const node of nodes) await node.knex.destroy();
  });
  return {
    ...database,
    nodes: () => nodes,
    async placeOf(aggregateId) {
      const { rows } = await knex.raw<{ rows: { shard: string; nodeid: number }[] }>(
        `SELECT shardid::text AS shard, node.nodeid FROM pg_dist_placement JOIN pg_dist_node AS node USING (groupid)
WHERE shardid = get_shard_id_for_distribution_column(?::regclass, ?::bytea)`,
        [`"${schema}".event_log`, aggregateId.encode()],
      );
      const node = nodes.find(({ id }) => id === rows[0]?.nodeid);
      if (node === undefined) throw new Error('no node has the shard');
      return { node, shard: `"${schema}".event_log_${rows[0]?.shard}` };
    },
  };
}

/** A transaction on a node that is left open until the test ends. */
export async function openTransaction(
  t: ExecutionContext,
  { knex }: Pick<ClusterNode, 'knex'>,
): Promise<Knex.Transaction> {
  const transaction = await knex.transaction();
  t.teardown(() => transaction.rollback());
  return transaction;
}
