import { qualified } from '../../schema-name.js';
import type { TableName } from '../migration.js';
import type { Distribution } from './distribution.js';

/**
 * The place of a table on a Citus cluster: `with its aggregate`, in shards by the hash of the aggregate id, those of all tables together;
 * `on each node`, for what statements on any shard read; `on the coordinator`, for what none of them does.
 */
export type Placement = 'with its aggregate' | 'on each node' | 'on the coordinator';

/** The place of each table; a new one cannot be forgotten. */
const PLACEMENTS: Readonly<Record<TableName, Placement>> = {
  event_log: 'with its aggregate',
  snapshots: 'with its aggregate',
  maestro_commands: 'with its aggregate',
  maestro_positions: 'with its aggregate',
  maestro_parked: 'with its aggregate',
  maestro_skipped: 'with its aggregate',
  maestro_leases: 'with its aggregate',
  maestro_projections: 'on each node',
  maestro_workers: 'on the coordinator',
  maestro_moves: 'on the coordinator',
};

/** The statement that brings a new or empty table to its place; the event log comes first. */
export function place(schema: string, table: TableName, shards: number): string {
  const name = literal(schema, table);
  if (table === 'event_log')
    return `SELECT create_distributed_table(${name}, 'aggregate_id', shard_count => ${shards}, colocate_with => 'none')`;
  switch (PLACEMENTS[table]) {
    case 'with its aggregate':
      return `SELECT create_distributed_table(${name}, 'aggregate_id', colocate_with => ${literal(schema, 'event_log')})`;
    case 'on each node':
      return `SELECT create_reference_table(${name})`;
    case 'on the coordinator':
      return placeOnCoordinator(schema, table);
  }
}

/** True for a table that lies in shards with the events of its aggregates. */
export function isWithItsAggregate(table: TableName): boolean {
  return PLACEMENTS[table] === 'with its aggregate';
}

/** True for a table that has been given a place like its own; whether its shards lie with the others is not looked at. */
export function isPlaced(table: TableName, own: Distribution | undefined): boolean {
  return own !== undefined && (own.method !== 'local' || PLACEMENTS[table] === 'on the coordinator');
}

/** The way in which a table with rows is brought into shards. */
export interface Spreading {
  /** The table with whose shards its own are to lie; without one it is the first. */
  readonly first: TableName | undefined;
  /** Number of shards of the first table. */
  readonly shards: number;
  /** True to copy the rows while they are written, which no transaction can hold; else writers wait. */
  readonly isInUse: boolean;
}

/** The statement that brings a table with rows into the shards of its aggregates. */
export function placeWith(schema: string, table: TableName, { first, shards, isInUse }: Spreading): string {
  const spread = isInUse ? 'create_distributed_table_concurrently' : 'create_distributed_table';
  const shape =
    first === undefined
      ? `colocate_with => 'none', shard_count => ${shards}`
      : `colocate_with => ${literal(schema, first)}`;
  return `SELECT ${spread}(${literal(schema, table)}, 'aggregate_id', ${shape})`;
}

/** The statement that frees the room of rows that stayed on the coordinator when they were copied into shards. */
export function truncateLeftovers(schema: string, table: TableName): string {
  return `SELECT truncate_local_data_after_distributing_table(${literal(schema, table)})`;
}

/** The statement that makes a table of the coordinator known to the workers, so that it can be read and written through each of them. */
export function placeOnCoordinator(schema: string, table: string): string {
  return `SELECT citus_add_local_table_to_metadata(${literal(schema, table)})`;
}

/** The differences between the places of a table and of the event log, and those that they ought to have; a sentence each. */
export function placementDifferences(
  table: TableName,
  own: Distribution | undefined,
  log: Distribution | undefined,
): string[] {
  if (log?.method === 'hash') return differencesOnCluster(table, own, log);
  if (log?.method === 'whole')
    return own?.colocation === log.colocation ? [] : [`${table} does not lie in the distributed schema of event_log`];
  if (log?.method === 'reference' || log?.method === 'other')
    return table === 'event_log' ? [`event_log is ${WORDS[log.method]}, not distributed by aggregate_id`] : [];
  return own === undefined || own.method === 'local' ? [] : [`${table} is ${WORDS[own.method]}, but event_log is not`];
}

function differencesOnCluster(table: TableName, own: Distribution | undefined, log: Distribution): string[] {
  const placement = PLACEMENTS[table];
  const found = own === undefined ? 'not known to Citus' : WORDS[own.method];
  if (placement === 'on each node')
    return own?.method === 'reference' ? [] : [`${table} is ${found}, not a reference table`];
  if (placement === 'on the coordinator')
    return own?.method === 'local'
      ? []
      : [`${table} is ${found}, not a local table of the coordinator in Citus' metadata`];
  if (own?.method !== 'hash') return [`${table} is ${found}, not distributed by aggregate_id`];
  if (own.column !== 'aggregate_id') return [`${table} is distributed by ${own.column}, not by aggregate_id`];
  return own.colocation === log.colocation ? [] : [`the shards of ${table} do not lie with those of event_log`];
}

const WORDS: Readonly<Record<Distribution['method'], string>> = {
  hash: 'distributed',
  whole: 'distributed whole',
  reference: 'a reference table',
  local: 'a local table of the coordinator',
  other: 'distributed in another way',
};

/** The name of a table as a text in SQL. The name of the schema has been checked, so there is nothing in it to escape. */
function literal(schema: string, table: string): string {
  return `'${qualified(schema, table)}'`;
}
