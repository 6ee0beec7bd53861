import { driverOf } from '../../driver/driver-of.js';
import { type Executor, query } from '../../read/rows.js';

/** The way in which Citus keeps a table that it knows. */
export interface Distribution {
  /**
   * `hash`: shards by the hash of a column; `whole`: one shard, as in a distributed schema; `reference`: a copy on each node;
   * `local`: on the coordinator only, but known to all nodes.
   */
  readonly method: 'hash' | 'whole' | 'reference' | 'local' | 'other';
  /** The column whose hash decides; empty without one. */
  readonly column: string;
  /** Number of the group of tables whose rows with one hash lie together; 0 for none. */
  readonly colocation: number;
  readonly shards: number;
}

/** True where the database has Citus' table of distributed tables; false on any other PostgreSQL, which has no such name. */
export const KNOWS_CITUS = "to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL";

/** True in a database with Citus; the embedded one is not asked. */
export async function knowsCitus(on: Executor): Promise<boolean> {
  if (driverOf(on).isEmbedded) return false;
  const [row] = await query<[boolean]>(on, `SELECT ${KNOWS_CITUS}`);
  return row?.[0] === true;
}

const DISTRIBUTION = `SELECT partmethod::text, repmodel::text, coalesce(column_to_column_name(logicalrelid, partkey), ''), colocationid,
  (SELECT count(*)::integer FROM pg_dist_shard AS shard WHERE shard.logicalrelid = found.logicalrelid)
FROM pg_dist_partition AS found WHERE logicalrelid = to_regclass(?)`;

/** The distribution of a table, by its name as it is written in SQL, in a database with Citus; `undefined` for a table that Citus does not know. */
export async function readDistribution(on: Executor, name: string): Promise<Distribution | undefined> {
  const [row] = await query<[string, string, string, number, number]>(on, DISTRIBUTION, [name]);
  if (row === undefined) return undefined;
  const [method, replication, column, colocation, shards] = row;
  return { method: methodOf(method, replication, colocation), column, colocation, shards };
}

/** Citus' own letters: tables without a distribution column differ by how they are replicated, and by whether they belong to a group. */
function methodOf(method: string, replication: string, colocation: number): Distribution['method'] {
  if (method === 'h') return 'hash';
  if (method !== 'n') return 'other';
  if (replication === 't') return 'reference';
  return colocation > 0 ? 'whole' : 'local';
}
