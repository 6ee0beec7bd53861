import { qualified } from '../../schema-name.js';
import type { TableLock } from '../lock-holders.js';
import { type LogIndex, partitionIndexName } from './log-index.js';
import type { TableIndex } from './read-indexes.js';

/** A statement, each to be run by itself, outside of a transaction unless it needs a lock. */
export interface IndexStep {
  readonly sql: string;
  /** A lock on the event log, or on one of its partitions, that makes writers wait for the moment that the statement takes. */
  readonly lock?: { readonly table: string; readonly mode: TableLock };
  /** Its place in the work, in a few words. */
  readonly what: string;
}

interface Partition {
  readonly schema: string;
  readonly name: string;
}

/** The table of the log, and Maestro's own indexes that are there. */
export interface IndexedLog {
  readonly schema: string;
  /** The partitions, with their schemas; `undefined` for a plain table. */
  readonly partitions: readonly Partition[] | undefined;
  readonly indexes: readonly TableIndex[];
  /** False on the embedded database: its one process has no other writers. */
  readonly concurrently: boolean;
}

/**
 * The statements that make an index, or complete what a build that was broken off has left; none when it is there and
 * valid.
 */
export function planAdd(log: IndexedLog, index: LogIndex): IndexStep[] {
  const own = whole(log, index);
  if (own?.isValid === true) return [];
  const table = qualified(log.schema, 'event_log');
  const { partitions } = log;
  if (partitions === undefined || !log.concurrently)
    return [...planDrop(log, index), { sql: create(log, index, table), what: 'building the index' }];
  const isAttached = (partition: Partition, isValid: boolean) =>
    log.indexes.some((each) => isOf(each, partition) && each.parent === index.name && each.isValid === isValid);
  // Nothing but a new beginning makes a parent valid whose parts are all there, or one of which is invalid.
  const isStuck =
    own !== undefined &&
    (partitions.some((each) => isAttached(each, false)) || partitions.every((each) => isAttached(each, true)));
  const before = isStuck ? [dropWhole(log, index)] : [];
  const missing = partitions.filter((partition) => isStuck || !isAttached(partition, true));
  return [
    ...before,
    ...(own === undefined || isStuck ? [createParent(table, index)] : []),
    ...missing.flatMap((partition, place) =>
      onPartition(log, index, partition, `partition ${place + 1} of ${missing.length}`),
    ),
  ];
}

/** The statements that drop an index, whatever state it is in; none when there is none. */
export function planDrop(log: IndexedLog, index: LogIndex): IndexStep[] {
  const own = whole(log, index);
  const left = log.indexes.filter(
    ({ name, isOnPartition, parent }) => isOnPartition && parent === null && name.startsWith(`${index.name}$`),
  );
  return [
    ...(own === undefined ? [] : [log.partitions === undefined ? drop(log, own) : dropWhole(log, index)]),
    ...left.map((each) => drop(log, each)),
  ];
}

function onPartition(log: IndexedLog, index: LogIndex, partition: Partition, what: string): IndexStep[] {
  const name = partitionIndexName(index.name, partition.name);
  const table = qualified(partition.schema, partition.name);
  const left = log.indexes.find((each) => isOf(each, partition) && each.name === name && each.parent === null);
  const build = { sql: create(log, { ...index, name }, table), what: `building the index, ${what}` };
  return [
    ...(left === undefined ? [build] : left.isValid ? [] : [drop(log, left), build]),
    {
      sql: `ALTER INDEX ${qualified(log.schema, index.name)} ATTACH PARTITION ${qualified(partition.schema, name)}`,
      lock: { table, mode: 'SHARE ROW EXCLUSIVE' },
      what: `attaching the index, ${what}`,
    },
  ];
}

function whole({ indexes }: IndexedLog, { name }: LogIndex): TableIndex | undefined {
  return indexes.find((each) => !each.isOnPartition && each.name === name);
}

function isOf(index: TableIndex, partition: Partition): boolean {
  return index.schema === partition.schema && index.table === partition.name;
}

/** On the partitioned table alone: the index is invalid, and empty, until each partition has its part. */
function createParent(table: string, { name, definition }: LogIndex): IndexStep {
  return {
    sql: `CREATE INDEX "${name}" ON ONLY ${table} ${definition}`,
    lock: { table, mode: 'SHARE ROW EXCLUSIVE' },
    what: 'preparing the index',
  };
}

function create({ concurrently }: IndexedLog, { name, definition }: Omit<LogIndex, 'what'>, table: string): string {
  return `CREATE INDEX ${concurrently ? 'CONCURRENTLY ' : ''}"${name}" ON ${table} ${definition}`;
}

/** `IF EXISTS`, because a build on a cluster that was broken off may have come to some shards only. */
function drop({ concurrently }: IndexedLog, { schema, name }: TableIndex): IndexStep {
  return {
    sql: `DROP INDEX ${concurrently ? 'CONCURRENTLY ' : ''}IF EXISTS ${qualified(schema, name)}`,
    what: 'dropping the index',
  };
}

/** PostgreSQL cannot drop the index of a partitioned table concurrently; it drops the parts with it. */
function dropWhole({ schema }: IndexedLog, { name }: LogIndex): IndexStep {
  return {
    sql: `DROP INDEX ${qualified(schema, name)}`,
    lock: { table: qualified(schema, 'event_log'), mode: 'ACCESS EXCLUSIVE' },
    what: 'dropping the index',
  };
}
