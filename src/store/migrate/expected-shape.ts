import type { TableName } from './migration.js';
import type { TableShape } from './table-shape.js';

interface ExpectedTable {
  readonly columns: readonly string[];
  readonly checks: readonly string[];
  readonly primaryKey: string;
  readonly uniqueKeys: readonly string[];
}

const ID_CHECK = 'CHECK ((length(aggregate_id) = 16))';
const EXPECTED: Record<TableName, ExpectedTable> = {
  event_log: {
    columns: [
      'aggregate_id bytea not null',
      'body jsonb not null',
      'sequence integer not null',
      'timestamp bytea not null',
      'type character varying(256) not null',
    ],
    checks: [ID_CHECK, 'CHECK ((length(timestamp) = 16))', 'CHECK ((sequence > 0))'],
    primaryKey: 'timestamp',
    uniqueKeys: ['aggregate_id,sequence'],
  },
  snapshots: {
    columns: ['aggregate_id bytea not null', 'body jsonb not null', 'sequence integer not null'],
    checks: [ID_CHECK],
    primaryKey: 'aggregate_id',
    uniqueKeys: [],
  },
  maestro_commands: {
    columns: [
      'aggregate_id bytea not null',
      'command_id text not null',
      'committed_at timestamp with time zone not null',
      'digest bytea not null',
      'first_sequence integer not null',
      'last_sequence integer not null',
    ],
    checks: [ID_CHECK],
    primaryKey: 'aggregate_id,command_id',
    uniqueKeys: [],
  },
  maestro_projections: {
    columns: [
      'build_schema text',
      'created_at timestamp with time zone not null',
      'id integer not null',
      'kind text not null',
      'live_schema text',
      'name text not null',
      'objects text[] not null',
      'status text not null',
      'switched_at timestamp with time zone',
      'tables text[] not null',
      'version integer not null',
    ],
    checks: [],
    primaryKey: 'id',
    uniqueKeys: [],
  },
  maestro_positions: {
    columns: ['aggregate_id bytea not null', 'copy integer not null', 'sequence integer not null'],
    checks: [ID_CHECK],
    primaryKey: 'copy,aggregate_id',
    uniqueKeys: [],
  },
  maestro_parked: {
    columns: [
      'aggregate_id bytea not null',
      'attempts integer not null',
      'copy integer not null',
      'error text not null',
      'failed_at timestamp with time zone not null',
      'first_failed_at timestamp with time zone not null',
      'next_try timestamp with time zone not null',
      'reason text not null',
      'sequence integer not null',
    ],
    checks: [ID_CHECK],
    primaryKey: 'copy,aggregate_id',
    uniqueKeys: [],
  },
  maestro_skipped: {
    columns: [
      'aggregate_id bytea not null',
      'copy integer not null',
      'error text not null',
      'reason text not null',
      'sequence integer not null',
      'skipped_at timestamp with time zone not null',
    ],
    checks: [ID_CHECK],
    primaryKey: 'copy,aggregate_id,sequence',
    uniqueKeys: [],
  },
  maestro_workers: {
    columns: [
      'copy integer not null',
      'id uuid not null',
      'per_second real not null',
      'seen_at timestamp with time zone not null',
      'started_at timestamp with time zone not null',
      'taken bigint not null',
    ],
    checks: [],
    primaryKey: 'id,copy',
    uniqueKeys: [],
  },
  maestro_leases: {
    columns: [
      'aggregate_id bytea not null',
      'copy integer not null',
      'expires_at timestamp with time zone not null',
      'worker uuid not null',
    ],
    checks: [ID_CHECK],
    primaryKey: 'copy,aggregate_id',
    uniqueKeys: [],
  },
  maestro_moves: {
    columns: ['aggregate_id bytea', 'copy integer not null', 'moved xid8 not null'],
    checks: [],
    primaryKey: '',
    uniqueKeys: [],
  },
};

/** The primary key of a log in partitions: PostgreSQL wants the partition key in it. */
const PARTITIONS_KEY = 'aggregate_id,timestamp';
/** The primary key of a log in shards, timestamps first: in this order, each shard gives its events sorted by time, and finds one by its timestamp. */
export const SHARDS_KEY = 'timestamp,aggregate_id';

/**
 * The differences of a table from the one that Maestro and Elixir Maestro 1.0 make, a sentence each; none when it can
 * be used as it is. Names of constraints and indexes do not matter, and further indexes may exist.
 */
export function shapeDifferences(table: TableName, shape: TableShape): string[] {
  const expected = EXPECTED[table];
  const partitioned = table === 'event_log' && shape.kind === 'partitioned';
  const isInShards = table === 'event_log' && shape.distribution?.method === 'hash';
  const primaryKey = isInShards ? SHARDS_KEY : partitioned ? PARTITIONS_KEY : expected.primaryKey;
  if (shape.kind !== 'table' && !partitioned) return [`${table} is ${KINDS[shape.kind]}, not a table`];
  return [
    ...missing(expected.columns, shape.columns).map((column) => `${table} has no column "${column}"`),
    ...missing(shape.columns, expected.columns).map((column) => `${table} has the unknown column "${column}"`),
    ...(shape.primaryKey === primaryKey
      ? []
      : [`the primary key of ${table} is (${shape.primaryKey}), not (${primaryKey})`]),
    ...missing(expected.uniqueKeys, shape.uniqueKeys).map((key) => `${table} has no unique index on (${key})`),
    ...missing(expected.checks, shape.checks).map((check) => `${table} has no constraint ${check}`),
    ...(isInShards && partitioned ? ['event_log is distributed, and its shards are partitioned'] : []),
    ...(partitioned ? partitionDifferences(shape) : inheritanceDifferences(table, shape)),
  ];
}

const KINDS: Readonly<Record<TableShape['kind'], string>> = {
  table: 'a table',
  partitioned: 'a partitioned table',
  view: 'a view',
  'materialized view': 'a materialized view',
  'foreign table': 'a foreign table',
  other: 'something else',
};

/** Rows of tables that inherit from the plain one are read with it, but no index keeps them unique. */
function inheritanceDifferences(table: string, { partitions }: TableShape): string[] {
  return partitions.map(
    ({ name }) => `the table ${name} inherits from ${table}, so its rows count as rows of ${table}`,
  );
}

function partitionDifferences({ partitionKey, partitions, coverage }: TableShape): string[] {
  return [
    ...(partitionKey === 'HASH (aggregate_id)'
      ? []
      : [`event_log is partitioned by ${partitionKey}, not by HASH (aggregate_id)`]),
    ...(partitions.length > 0 ? [] : ['event_log has no partitions']),
    // The modulus of a hash partition is any whole number, so the sum is not exact.
    ...(partitions.length === 0 || !(coverage < 1 - 1e-9)
      ? []
      : ['partitions of event_log are missing, and with them the events of some aggregates']),
    ...partitions
      .filter((partition) => !partition.uniqueKeys.includes('timestamp'))
      .map((partition) => `${partition.name} has no unique index on (timestamp)`),
  ];
}

function missing(wanted: readonly string[], present: readonly string[]): string[] {
  return wanted.filter((item) => !present.includes(item));
}
