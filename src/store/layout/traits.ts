import type { Layout } from './layout.js';

/** Properties of a layout that statements depend on, each for a reason. */
export interface Traits {
  /**
   * The form in which several rows are inserted. A Citus cluster takes an `INSERT … SELECT` by COPY, with a two-phase commit even for one
   * row, and the codes of its errors are lost; rows as `VALUES` go to their node as they are.
   */
  readonly insertsBy: 'unnest' | 'values';
  /**
   * The commits that may share a statement. Those of several aggregates would be on several nodes of a cluster, and no statement can set
   * there how long it waits for a lock.
   */
  readonly groups: 'any aggregates' | 'one aggregate';
  /** The rows among which a timestamp is unique, since every unique index has the column by which the rows are spread. */
  readonly uniqueTimestamps: 'log' | 'partition' | 'aggregate';
  /**
   * The aggregates that one statement may lock, join or move. On a cluster only those of one shard, which has all their tables; and the
   * statement has to name them for each table.
   */
  readonly batches: 'any aggregates' | 'one shard';
  /** The way in which new tables of an application come to be committed together with events: a cluster has to be told of them first. */
  readonly newTables: 'as they are' | 'told';
  /** The servers whose sessions may have the tables locked, or see what was in them before. */
  readonly sessions: 'on this server' | 'on all nodes';
  /** The servers on which a setting of a transaction holds: a cluster tells it to its other nodes on demand only. */
  readonly settings: 'everywhere' | 'on demand';
  /**
   * The rows for each of which a query may look up others in a table (LATERAL, a correlated subquery, a recursive query): nodes of a cluster
   * do so for the rows of their own shards only, not for what another part of the query has found.
   */
  readonly looksUpFor: 'any row' | 'rows of tables';
  /**
   * The relations that hold the rows of a table. What the catalog tells of a relation, such as its size, it tells of those of its own server
   * only, and the shards of a cluster are on other nodes.
   */
  readonly rowsIn: 'relations here' | 'shards';
  /** Those who meet at an advisory lock: on a cluster only the ones that are connected to the same node. */
  readonly locks: 'for all writers' | 'for one node';
}

const ONE_SERVER = {
  insertsBy: 'unnest',
  groups: 'any aggregates',
  batches: 'any aggregates',
  newTables: 'as they are',
  sessions: 'on this server',
  settings: 'everywhere',
  looksUpFor: 'any row',
  rowsIn: 'relations here',
  locks: 'for all writers',
} as const;
const CLUSTER = {
  insertsBy: 'values',
  groups: 'one aggregate',
  newTables: 'told',
  sessions: 'on all nodes',
  settings: 'on demand',
  rowsIn: 'shards',
  locks: 'for one node',
} as const;

const TRAITS: Readonly<Record<Layout['kind'], Traits>> = {
  plain: { ...ONE_SERVER, uniqueTimestamps: 'log' },
  partitioned: { ...ONE_SERVER, uniqueTimestamps: 'partition' },
  citus: { ...CLUSTER, uniqueTimestamps: 'aggregate', batches: 'one shard', looksUpFor: 'rows of tables' },
  // All tables are on one node, which is sent whole statements.
  'citus schema': { ...CLUSTER, uniqueTimestamps: 'log', batches: 'any aggregates', looksUpFor: 'any row' },
};

/** The traits of a layout. */
export function traitsOf({ kind }: Layout): Traits {
  return TRAITS[kind];
}
