import { isOnCitus } from '../../store/layout/layout.js';
import { layoutAt } from '../../store/layout/read-layout.js';
import { movingFaults, type NodeFacts, readNodes } from '../../store/migrate/citus/node-facts.js';
import { withReadRetry } from '../../store/read/read-retry.js';
import { DEFAULT_SCHEMA, qualified } from '../../store/schema-name.js';
import type { EventLog } from '../log/event-log.js';
import { select } from '../log/select.js';
import { type Finding, finding, fine } from './finding.js';

/** Shards of the event log on a node. */
export interface NodeShards {
  readonly address: string;
  readonly shards: number;
}

/** Seconds after which Citus would have ended a transaction that is prepared, with its usual `citus.recover_2pc_interval` of a minute. */
const MOST_PREPARED = 120;

const SHARDS = `SELECT node.nodename || ':' || node.nodeport, count(shard.shardid)::integer
FROM pg_dist_node AS node LEFT JOIN (pg_dist_placement AS placement
  JOIN pg_dist_shard AS shard ON shard.shardid = placement.shardid AND shard.logicalrelid = to_regclass(?)) ON placement.groupid = node.groupid
WHERE node.noderole = 'primary' AND node.isactive AND node.shouldhaveshards GROUP BY 1 ORDER BY 1`;

/** Checks each node of the Citus cluster over which the tables are spread; nothing elsewhere. */
export async function checkCluster(log: EventLog): Promise<Finding[]> {
  const { knex, schema = DEFAULT_SCHEMA } = log;
  const layout = await withReadRetry(async () => await layoutAt(knex, schema));
  if (!isOnCitus(layout)) return [];
  const nodes = await withReadRetry(() => readNodes(knex));
  const rows = await select<[string, number]>(log, SHARDS, [qualified(schema, 'event_log')]);
  const shards = rows.map(([address, count]) => ({ address, shards: count }));
  return clusterFindings(nodes, layout.kind === 'citus' ? shards : []);
}

/** The findings about the nodes of a cluster, and about the shards that each of them has. */
export function clusterFindings(nodes: readonly NodeFacts[], shards: readonly NodeShards[]): Finding[] {
  const found = [...nodes.flatMap(nodeFindings), ...spreadFindings(shards)];
  const moving = movingFaults(nodes);
  if (moving.length > 0)
    found.push(
      finding(
        'moves of shards',
        'note',
        `shards cannot be moved while they are written: ${moving.join('; ')}`,
        'Set that in postgresql.conf of each node before nodes are added: wal_level needs a restart.',
      ),
    );
  return found.length === 0 ? [fine('cluster', `${nodes.length} nodes answer, and none is at fault`)] : found;
}

function nodeFindings({ address, isActive, isCoordinator, settings }: NodeFacts): Finding[] {
  const about = (status: 'note' | 'warning' | 'failure', what: string, remedy: string) =>
    finding('cluster', status, `node ${address} ${what}`, remedy);
  if (!isActive)
    return [about('warning', 'is not active, so it gets no new data', `Run SELECT citus_activate_node('host', port).`)];
  if (settings === undefined)
    return [
      about(
        'failure',
        'cannot be asked: it is away, or refuses the login of this role',
        'Check that it runs, and that this role may log in there. Aggregates on other nodes can be used meanwhile.',
      ),
    ];
  const { prepared, oldestPrepared } = settings;
  // Those of the coordinator are looked at as those of any server.
  const isLossy = (value: string) => !isCoordinator && value === 'off';
  return [
    ...(isLossy(settings.fsync)
      ? [
          about(
            'failure',
            'has fsync off: a crash of its machine can lose or damage everything',
            'Set fsync = on there.',
          ),
        ]
      : []),
    ...(isLossy(settings.fullPageWrites)
      ? [
          about(
            'failure',
            'has full_page_writes off: a crash during a write can damage pages',
            'Set full_page_writes = on there, unless the file system prevents torn pages.',
          ),
        ]
      : []),
    ...((oldestPrepared ?? 0) > MOST_PREPARED
      ? [
          about(
            'warning',
            `keeps ${prepared} prepared ${prepared === 1 ? 'transaction' : 'transactions'}, for up to ${Math.round(oldestPrepared ?? 0)} s: what they have locked, nobody can write`,
            'Run SELECT recover_prepared_transactions() on the coordinator; what is left in pg_prepared_xacts of the node is not of Citus, and is ended by hand.',
          ),
        ]
      : []),
  ];
}

function spreadFindings(shards: readonly NodeShards[]): Finding[] {
  const counts = shards.map((node) => node.shards);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  // One more or less is what a number that cannot be divided leaves.
  if (shards.length < 2 || most <= 2 * least || most - least <= 1) return [];
  return [
    finding(
      'spread',
      'note',
      `the shards of the events are spread unevenly: ${shards.map((node) => `${node.shards} on ${node.address}`).join(', ')}`,
      'Run SELECT citus_rebalance_start() on the coordinator; the application can write meanwhile.',
    ),
  ];
}
