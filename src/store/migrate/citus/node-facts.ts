import { type Executor, query } from '../../read/rows.js';

/** A node of a Citus cluster, as it describes itself. */
export interface NodeFacts {
  /** The address by which the other nodes know it. */
  readonly address: string;
  readonly isCoordinator: boolean;
  readonly isActive: boolean;
  /** The settings that matter; absent when the node cannot be asked. */
  readonly settings: NodeSettings | undefined;
}

/** Settings of a node, and what it keeps. */
export interface NodeSettings {
  readonly fsync: string;
  readonly fullPageWrites: string;
  readonly walLevel: string;
  /** The libraries that logical replication may load; null with a PostgreSQL that has no such setting. */
  readonly outputPlugins: string | null;
  /** Seconds for which the oldest transaction has been prepared; null for none. */
  readonly oldestPrepared: number | null;
  readonly prepared: number;
}

const ASKED = `SELECT json_build_object('fsync', current_setting('fsync'), 'fullPageWrites', current_setting('full_page_writes'),
  'walLevel', current_setting('wal_level'), 'outputPlugins', current_setting('output_plugin_libraries', true),
  'oldestPrepared', (SELECT extract(epoch FROM now() - min(prepared)) FROM pg_prepared_xacts WHERE database = current_database()),
  'prepared', (SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()))`;
const NODES = `SELECT nodename || ':' || nodeport, groupid = 0, isactive, answer.success, answer.result
FROM pg_dist_node AS node LEFT JOIN run_command_on_all_nodes($facts$${ASKED}$facts$, give_warning_for_connection_errors => true) AS answer ON answer.nodeid = node.nodeid
WHERE node.noderole = 'primary' ORDER BY node.groupid, node.nodeid`;

/** Asks each node of the cluster; one that is away gives no settings. */
export async function readNodes(on: Executor): Promise<NodeFacts[]> {
  const rows = await query<[string, boolean, boolean, boolean | null, string | null]>(on, NODES);
  return rows.map(([address, isCoordinator, isActive, success, result]) => {
    const settings = success && result !== null ? (JSON.parse(result) as NodeSettings) : undefined;
    return { address, isCoordinator, isActive, settings };
  });
}

/** The reasons that keep shards of a node from being moved, or rows of it from being spread, while they are written; a sentence each. */
export function movingFaults(nodes: readonly NodeFacts[]): string[] {
  return nodes.flatMap(({ address, settings }) => {
    if (settings === undefined) return [];
    const { walLevel, outputPlugins } = settings;
    const libraries = outputPlugins?.split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
    return [
      ...(walLevel === 'logical' ? [] : [`wal_level is ${walLevel} on ${address}, not logical`]),
      ...(libraries === undefined || libraries.includes('citus')
        ? []
        : [`output_plugin_libraries on ${address} does not name citus`]),
    ];
  });
}
