import type { Executor } from '../driver/driver.js';
import { driverOf } from '../driver/driver-of.js';
import { clientOf } from '../driver/relied-upon.js';
import { query } from '../read/rows.js';
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
export function layoutOf(on: Executor, schema: string): Layout | Promise<Layout> {
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
  const [oid, partitions, isCluster] = log;
  const [spread] = isCluster ? await query<SpreadRow>(on, SPREAD, [oid]) : [];
  const layout = layoutFrom(partitions, spread);
  layoutsOf(on).known.set(schema, layout);
  return layout;
}

/** The layout that the catalogs tell: the number of partitions, if the log has any, and how a Citus cluster spreads it, if one does. */
export function layoutFrom(partitions: number | null, spread: SpreadRow | undefined): Layout {
  if (spread?.[0] === 'hash') return citus(spread[1]);
  // Other tables that a cluster knows are whole on the coordinator, or on every node.
  if (spread?.[0] === 'schema') return CITUS_SCHEMA;
  return partitions === null ? PLAIN : partitioned(partitions);
}

type LogRow = readonly [oid: string, partitions: number | null, isCluster: boolean];
/** The way in which a cluster spreads a table, and the number of its shards. */
export type SpreadRow = readonly [by: 'hash' | 'schema' | 'nothing', shards: number];

const LOG = `SELECT log.oid::text, CASE WHEN log.relkind = 'p' THEN (SELECT count(*) FROM pg_inherits WHERE inhparent = log.oid)::integer END,
  to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL
FROM pg_class AS log JOIN pg_namespace AS place ON place.oid = log.relnamespace
WHERE place.nspname = ? AND log.relname = 'event_log'`;

const SPREAD = `SELECT CASE WHEN spread.partmethod = 'h' THEN 'hash'
  WHEN spread.colocationid IN (SELECT colocationid FROM pg_dist_schema) THEN 'schema' ELSE 'nothing' END,
  (SELECT count(*) FROM pg_dist_shard AS shard WHERE shard.logicalrelid = spread.logicalrelid)::integer
FROM pg_dist_partition AS spread WHERE spread.logicalrelid::oid = ?::text::oid`;

/** What is known of a Knex instance, or of the one that began a transaction. */
function layoutsOf(on: Executor): Layouts {
  const { config } = clientOf(on);
  let layouts = byConfig.get(config);
  if (layouts === undefined) byConfig.set(config, (layouts = { known: new Map(), asking: new Map() }));
  return layouts;
}
