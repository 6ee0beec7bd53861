import { type Executor, query } from '../../read/rows.js';
import { ClusterNotReadyError } from '../migration-errors.js';
import { isOnCitus } from '../../layout/layout.js';
import { layoutAt } from '../../layout/read-layout.js';
import { KNOWS_CITUS } from './distribution.js';

/** The first major version that has all functions that are called here. */
const OLDEST = 12;

/**
 * Throws {@link ClusterNotReadyError} unless the database is the coordinator of a Citus cluster with a node for shards. Only there tables
 * can be made; events are written and read through any node.
 */
export async function assertClusterReady(on: Executor): Promise<void> {
  const [found] = await query<[boolean, string]>(on, `SELECT ${KNOWS_CITUS}, current_database()::text`);
  const [hasCitus, database] = found ?? [false, ''];
  if (!hasCitus)
    throw new ClusterNotReadyError(`The database ${JSON.stringify(database)} is not part of a Citus cluster.`, {
      hint: 'Name the database of the coordinator with --url. There, `CREATE EXTENSION citus` makes it one; or leave --citus out.',
    });
  const [[version] = ['']] = await query<[string]>(on, `SELECT extversion FROM pg_extension WHERE extname = 'citus'`);
  if (!(Number.parseInt(version, 10) >= OLDEST))
    throw new ClusterNotReadyError(`Citus ${version} is too old.`, { hint: `Upgrade it to ${OLDEST}.0 or later.` });
  const { coordinator, nodes } = await coordinatorSeen(on);
  if (coordinator === null)
    throw new ClusterNotReadyError('The nodes of the Citus cluster do not know the address of their coordinator.', {
      hint: "Run SELECT citus_set_coordinator_host('host', 5432) on it, with the host and port at which the workers reach it.",
    });
  if (nodes === 0)
    throw new ClusterNotReadyError('The Citus cluster has no active node that takes shards.', {
      hint: "Add a worker: SELECT citus_add_node('host', 5432).",
    });
}

/** Throws {@link ClusterNotReadyError} where the tables of a schema are on a cluster and this is not its coordinator, on which alone more can be made. */
export async function assertTablesCanBeMade(on: Executor, schema: string): Promise<void> {
  if (isOnCitus(await layoutAt(on, schema))) await coordinatorSeen(on);
}

/** The coordinator's address as the nodes know it, and the number of nodes that take shards. Throws when this is another node. */
async function coordinatorSeen(on: Executor): Promise<{ readonly coordinator: string | null; readonly nodes: number }> {
  const [node] = await query<[boolean, string | null, number]>(
    on,
    `SELECT citus_is_coordinator(), (SELECT nodename || ':' || nodeport FROM pg_dist_node WHERE groupid = 0),
  (SELECT count(*)::integer FROM pg_dist_node WHERE isactive AND shouldhaveshards)`,
  );
  const [isCoordinator, coordinator, nodes] = node ?? [false, null, 0];
  if (isCoordinator) return { coordinator, nodes };
  throw new ClusterNotReadyError(
    'This node of the Citus cluster is a worker, and tables can be made only on the coordinator.',
    { hint: `Name the coordinator instead${coordinator === null ? '' : `; the cluster knows it as ${coordinator}`}.` },
  );
}
