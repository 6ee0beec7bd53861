import type { Executor } from '../driver/driver.js';
import { driverOf } from '../driver/driver-of.js';
import { clientOf } from '../driver/relied-upon.js';
import { type Distribution, KNOWS_CITUS, readDistribution } from '../migrate/citus/distribution.js';
import { query } from '../read/rows.js';
import { qualified } from '../schema-name.js';
import { citus, CITUS_SCHEMA, type Layout, partitioned, PLAIN } from './layout.js';

/** Layouts by schema. */
interface Layouts {
  readonly known: Map<string, Layout>;
  /** Questions under way, outside of transactions. */
  readonly asking: Map<string, Promise<Layout>>;
}

/** Layouts by the configuration of a Knex instance, which its transactions share. */
const byConfig = new WeakMap<object, Layouts>();

/**
 * The layout of the tables of a schema: at once when it is known, else the database is asked, once for all that use the same Knex
 * instance. In a transaction its connection is used. The embedded database is never asked. Where there are no tables it is the plain one
 * for now.
 */
export function layoutAt(on: Executor, schema: string): Layout | Promise<Layout> {
  const found = knownLayout(on, schema);
  if (found !== undefined) return found;
  // A transaction has a connection, and must not wait for others, who may not have one yet.
  if (on.isTransaction === true) return ask(on, schema);
  return layoutsOf(on).asking.get(schema) ?? shared(on, schema);
}

/** The layout, when it is known without asking. */
export function knownLayout(on: Executor, schema: string): Layout | undefined {
  return driverOf(on).isEmbedded ? PLAIN : layoutsOf(on).known.get(schema);
}

/** Forgets a layout that may be another one by now, so that it is asked for again. */
export function forgetLayout(on: Executor, schema: string): void {
  layoutsOf(on).known.delete(schema);
}

function shared(on: Executor, schema: string): Promise<Layout> {
  const { asking } = layoutsOf(on);
  const answer = ask(on, schema).finally(() => asking.delete(schema));
  asking.set(schema, answer);
  return answer;
}

async function ask(on: Executor, schema: string): Promise<Layout> {
  const [log] = await query<LogRow>(on, LOG, [schema]);
  if (log === undefined) return PLAIN;
  const [partitions, isCluster] = log;
  const distribution = isCluster ? await readDistribution(on, qualified(schema, 'event_log')) : undefined;
  const layout = layoutFrom(partitions, distribution);
  layoutsOf(on).known.set(schema, layout);
  return layout;
}

/** The layout that the catalogs tell: by the number of partitions, if the log has any, and by how a Citus cluster keeps it, if one does. */
export function layoutFrom(partitions: number | null, distribution: Distribution | undefined): Layout {
  if (distribution?.method === 'hash') return citus(distribution.shards);
  if (distribution?.method === 'whole') return CITUS_SCHEMA;
  // Other tables that a cluster knows are on the coordinator or on every node, where statements need no other form.
  return partitions === null ? PLAIN : partitioned(partitions);
}

type LogRow = readonly [partitions: number | null, isCluster: boolean];

const LOG = `SELECT CASE WHEN log.relkind = 'p' THEN (SELECT count(*) FROM pg_inherits WHERE inhparent = log.oid)::integer END, ${KNOWS_CITUS}
FROM pg_class AS log JOIN pg_namespace AS place ON place.oid = log.relnamespace
WHERE place.nspname = ? AND log.relname = 'event_log'`;

/** Layouts that are known of a Knex instance, or of the one that began a transaction. */
function layoutsOf(on: Executor): Layouts {
  const { config } = clientOf(on);
  let layouts = byConfig.get(config);
  if (layouts === undefined) byConfig.set(config, (layouts = { known: new Map(), asking: new Map() }));
  return layouts;
}
