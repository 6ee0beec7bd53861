import { indexedValue, metadataValue } from '../../read/metadata-condition.js';
import { qualified } from '../../schema-name.js';
import type { TableLock } from '../lock-tables.js';
import { indexName, partitionIndexName } from './index-name.js';
import type { TableIndex } from './read-indexes.js';

/** A statement, each to be run by itself, outside of a transaction unless it needs a lock. */
export interface IndexStep {
  readonly sql: string;
  /** A lock on the event log, or on one of its partitions, that makes writers wait for the moment that the statement takes. */
  readonly lock?: { readonly table: string; readonly mode: TableLock };
  /** Its place in the work, in a few words. */
  readonly what: string;
}

/** The table of the log, and the indexes on metadata that are there. */
export interface IndexedLog {
  readonly schema: string;
  /** The partitions, with their schemas; `undefined` for a plain table. */
  readonly partitions: readonly { readonly schema: string; readonly name: string }[] | undefined;
  readonly indexes: readonly TableIndex[];
  /** False on the embedded database: its one process has no other writers. */
  readonly concurrently: boolean;
}

/**
 * The statements that make the index of a key, or complete what a build that was broken off has left; none when it is
 * there and valid. An entry of the index is bounded, and the expression never fails, so no write is ever refused because
 * of it.
 */
export function planAdd(log: IndexedLog, key: string): IndexStep[] {
  const own = whole(log, key);
  if (own?.isValid === true) return [];
  const table = qualified(log.schema, 'event_log');
  const { partitions } = log;
  if (partitions === undefined || !log.concurrently)
    return [...planDrop(log, key), { sql: create(log, indexName(key), table, key), what: 'building the index' }];
  const isAttached = (partition: { schema: string; name: string }, isValid: boolean) =>
    log.indexes.some((index) => isOf(index, partition) && index.parent === indexName(key) && index.isValid === isValid);
  // Nothing but a new beginning makes a parent valid whose parts are all there, or one of which is invalid.
  const isStuck =
    own !== undefined &&
    (partitions.some((each) => isAttached(each, false)) || partitions.every((each) => isAttached(each, true)));
  const before = isStuck ? [dropWhole(log, key)] : [];
  const missing = partitions.filter((partition) => isStuck || !isAttached(partition, true));
  return [
    ...before,
    ...(own === undefined || isStuck ? [createParent(table, key)] : []),
    ...missing.flatMap((partition, place) =>
      onPartition(log, key, partition, `partition ${place + 1} of ${missing.length}`),
    ),
  ];
}

/** The statements that drop the index of a key, whatever state it is in; none when there is none. */
export function planDrop(log: IndexedLog, key: string): IndexStep[] {
  const own = whole(log, key);
  const left = log.indexes.filter(
    ({ name, isOnPartition, parent }) => isOnPartition && parent === null && name.startsWith(`${indexName(key)}$`),
  );
  return [
    ...(own === undefined ? [] : [log.partitions === undefined ? drop(log, own) : dropWhole(log, key)]),
    ...left.map((index) => drop(log, index)),
  ];
}

function onPartition(
  log: IndexedLog,
  key: string,
  partition: { schema: string; name: string },
  what: string,
): IndexStep[] {
  const name = partitionIndexName(key, partition.name);
  const table = qualified(partition.schema, partition.name);
  const left = log.indexes.find((index) => isOf(index, partition) && index.name === name && index.parent === null);
  const build = { sql: create(log, name, table, key), what: `building the index, ${what}` };
  return [
    ...(left === undefined ? [build] : left.isValid ? [] : [drop(log, left), build]),
    {
      sql: `ALTER INDEX ${qualified(log.schema, indexName(key))} ATTACH PARTITION ${qualified(partition.schema, name)}`,
      lock: { table, mode: 'SHARE ROW EXCLUSIVE' },
      what: `attaching the index, ${what}`,
    },
  ];
}

function whole({ indexes }: IndexedLog, key: string): TableIndex | undefined {
  return indexes.find(({ name, isOnPartition }) => !isOnPartition && name === indexName(key));
}

function isOf(index: TableIndex, partition: { schema: string; name: string }): boolean {
  return index.schema === partition.schema && index.table === partition.name;
}

/** On the partitioned table alone: the index is invalid, and empty, until each partition has its part. */
function createParent(table: string, key: string): IndexStep {
  return {
    sql: `CREATE INDEX "${indexName(key)}" ON ONLY ${table} ${definition(key)}`,
    lock: { table, mode: 'SHARE ROW EXCLUSIVE' },
    what: 'preparing the index',
  };
}

function create({ concurrently }: IndexedLog, name: string, table: string, key: string): string {
  return `CREATE INDEX ${concurrently ? 'CONCURRENTLY ' : ''}"${name}" ON ${table} ${definition(key)}`;
}

function definition(key: string): string {
  const value = metadataValue(key);
  return `(${indexedValue(value)}, "timestamp")\nWHERE ${value} IS NOT NULL`;
}

function drop({ concurrently }: IndexedLog, { schema, name }: TableIndex): IndexStep {
  return {
    sql: `DROP INDEX ${concurrently ? 'CONCURRENTLY ' : ''}${qualified(schema, name)}`,
    what: 'dropping the index',
  };
}

/** PostgreSQL cannot drop the index of a partitioned table concurrently; it drops the parts with it. */
function dropWhole({ schema }: IndexedLog, key: string): IndexStep {
  return {
    sql: `DROP INDEX ${qualified(schema, indexName(key))}`,
    lock: { table: qualified(schema, 'event_log'), mode: 'ACCESS EXCLUSIVE' },
    what: 'dropping the index',
  };
}
