import type { Executor } from '../driver/driver.js';
import { DatabaseUnreachableError } from '../errors.js';
import { query } from '../read/rows.js';

/** The answer of one shard of a table. */
export interface ShardAnswer {
  /** Its name, with its schema, as it is written in SQL. */
  readonly shard: string;
  /** The address of its node. */
  readonly node: string;
  readonly answer: string;
}

const ON_SHARDS = `SELECT shard_name(shard.logicalrelid, shard.shardid), node.nodename || ':' || node.nodeport, told.success, told.result
FROM run_command_on_shards(to_regclass(?), ?) AS told
JOIN pg_dist_shard AS shard ON shard.shardid = told.shardid
JOIN pg_dist_placement AS place ON place.shardid = told.shardid
JOIN pg_dist_node AS node ON node.groupid = place.groupid AND node.noderole = 'primary'
ORDER BY told.shardid`;

/**
 * Asks each shard of a table on a Citus cluster, in order. The SQL selects one value, and has the shard as `%1$s` and a percent sign as
 * `%%`. Throws `DatabaseUnreachableError` where a node does not answer.
 */
export async function onShards(on: Executor, table: string, sql: string): Promise<ShardAnswer[]> {
  const rows = await query<[string, string, boolean, string | null]>(on, ON_SHARDS, [table, sql]);
  return rows.map(([shard, node, isAnswered, answer]) => {
    if (!isAnswered)
      throw new DatabaseUnreachableError(
        `The node ${node} of the Citus cluster gave no answer: ${answer ?? 'nothing'}.`,
        {
          hint: 'Check that all nodes of the cluster run, and try again.',
        },
      );
    return { shard, node, answer: answer ?? '' };
  });
}
