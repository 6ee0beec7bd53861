import { onShards } from '../../store/layout/on-shards.js';
import { withReadRetry } from '../../store/read/read-retry.js';
import { assertCompleteLog } from '../log/complete-log.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { traitsAt } from '../log/log-traits.js';
import { select } from '../log/select.js';

/** The numbers of one table of events: of a partition, of a shard, or of the whole log. */
export interface PartitionStatistics {
  /** Its name, with its schema unless that is `public`. */
  readonly partition: string;
  /** The address of its node, for a shard on a cluster. */
  readonly node?: string;
  readonly events: number;
  /** Bytes on disk: the rows, and the indexes. */
  readonly log: number;
  readonly indexes: number;
}

/** The numbers by table: one in the plain layout, and one for each shard on a cluster. Reads the whole log, in the database. */
export async function partitionStatistics(log: EventLog): Promise<PartitionStatistics[]> {
  await assertCompleteLog(log);
  if ((await traitsAt(log)).rowsIn === 'shards') return await shardStatistics(log);
  const sql = `WITH tables AS (
  SELECT relid FROM pg_partition_tree(to_regclass(?)) WHERE isleaf
  UNION SELECT to_regclass(?) WHERE NOT EXISTS (SELECT FROM pg_partition_tree(to_regclass(?)) WHERE isleaf)),
named AS (SELECT c.oid AS relid, concat(nullif(n.nspname, 'public') || '.', c.relname) AS name
  FROM tables JOIN pg_class AS c ON c.oid = relid JOIN pg_namespace AS n ON n.oid = c.relnamespace),
counts AS (SELECT tableoid AS relid, count(*) AS events FROM ${tablesOf(log).log} GROUP BY tableoid)
SELECT name, coalesce(events, 0)::text, pg_table_size(relid)::text, pg_indexes_size(relid)::text
FROM named LEFT JOIN counts USING (relid) ORDER BY length(name), name COLLATE "C"`;
  const name = tablesOf(log).log;
  const rows = await select<[string, string, string, string]>(log, sql, [name, name, name]);
  return rows.map(([partition, events, size, indexes]) => ({
    partition,
    events: Number(events),
    log: Number(size),
    indexes: Number(indexes),
  }));
}

async function shardStatistics(log: EventLog): Promise<PartitionStatistics[]> {
  const sql = "SELECT concat_ws(' ', (SELECT count(*) FROM %1$s), pg_table_size('%1$s'), pg_indexes_size('%1$s'))";
  const answers = await withReadRetry(() => onShards(log.knex, tablesOf(log).log, sql), log.knex);
  return answers.map(({ shard, node, answer }) => {
    const [events, size, indexes] = answer.split(' ');
    return {
      partition: shard.replace(/^public\./, ''),
      node,
      events: Number(events),
      log: Number(size),
      indexes: Number(indexes),
    };
  });
}
