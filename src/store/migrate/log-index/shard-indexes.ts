import { onShards } from '../../layout/on-shards.js';
import type { Executor } from '../../read/rows.js';

/** An index of a shard, which Citus has named after the index of the whole table, shortened where the name would be too long. */
interface ShardIndex {
  /** The content, as the catalog prints it. */
  readonly expression: string;
  readonly isValid: boolean;
  readonly bytes: number;
}

const INDEXES = `SELECT coalesce(json_agg(json_build_array(pg_get_expr(indexprs, indrelid), indisvalid, pg_relation_size(indexrelid))), '[]')
FROM pg_index WHERE indrelid = '%1$s'::regclass AND indexprs IS NOT NULL`;

/** The indexes on expressions of all shards of a table. */
export async function shardIndexes(on: Executor, table: string): Promise<ShardIndex[]> {
  const answers = await onShards(on, table, INDEXES);
  return answers.flatMap(({ answer }) => {
    const found = JSON.parse(answer) as [expression: string, isValid: boolean, bytes: number][];
    return found.map(([expression, isValid, bytes]) => ({ expression, isValid, bytes }));
  });
}
