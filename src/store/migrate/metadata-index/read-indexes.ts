import type { Knex } from 'knex';
import { type Executor, query } from '../../read/rows.js';
import { withReadRetry } from '../../read/read-retry.js';
import { checkSchemaName, DEFAULT_SCHEMA, qualified } from '../../schema-name.js';
import { INDEX_PREFIX } from './index-name.js';

/** An index on a key of metadata that Maestro made. */
export interface MetadataIndex {
  /** The key of metadata. */
  readonly key: string;
  readonly name: string;
  /**
   * `valid`: it is complete and helps; `building`: it is being built now; `invalid`: a build was broken off, so the index
   * helps nobody, or not on all partitions, and costs time with every write.
   */
  readonly state: 'valid' | 'building' | 'invalid';
  /** Size on disk, in bytes, of all partitions together. */
  readonly bytes: number;
}

/** An index of one table: of the event log, or of one of its partitions. */
export interface TableIndex {
  readonly name: string;
  /** The schema of the table, and so of the index. */
  readonly schema: string;
  readonly table: string;
  readonly isOnPartition: boolean;
  readonly isValid: boolean;
  /** True when an index is being built on the table now, this one or another. */
  readonly isBuilding: boolean;
  /** For the index of a partition: the name of the index of the event log to which it belongs; null when to none. */
  readonly parent: string | null;
  readonly bytes: number;
}

type IndexRow = readonly [
  name: string,
  schema: string,
  table: string,
  isOnPartition: boolean,
  isValid: boolean,
  isBuilding: boolean,
  parent: string | null,
  bytes: string,
];

/** A concurrent build holds this lock on its table to the end, as VACUUM and ANALYZE do. Every role may see locks. */
const BUILDING = `EXISTS (SELECT FROM pg_locks AS held
  WHERE held.relation = i.indrelid AND held.mode = 'ShareUpdateExclusiveLock' AND held.granted
    AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND held.pid NOT IN (SELECT pid FROM pg_stat_progress_vacuum UNION ALL SELECT pid FROM pg_stat_progress_analyze))`;
const INDEXES = `SELECT x.relname::text, n.nspname::text, t.relname::text, p.inhrelid IS NOT NULL, i.indisvalid, ${BUILDING},
  parent.relname::text, pg_relation_size(x.oid)::text
FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid JOIN pg_class AS t ON t.oid = i.indrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
LEFT JOIN pg_inherits AS p ON p.inhrelid = t.oid AND p.inhparent = to_regclass(?)
LEFT JOIN pg_inherits AS h ON h.inhrelid = x.oid LEFT JOIN pg_class AS parent ON parent.oid = h.inhparent
WHERE (t.oid = to_regclass(?) OR p.inhrelid IS NOT NULL) AND starts_with(coalesce(parent.relname, x.relname)::text, ?::text)
ORDER BY x.relname`;

/** Maestro's own indexes on metadata, of the event log and of each partition, by name. */
export async function readTableIndexes(on: Executor, schema: string): Promise<TableIndex[]> {
  const log = qualified(schema, 'event_log');
  const rows = await query<IndexRow>(on, INDEXES, [log, log, INDEX_PREFIX]);
  return rows.map(([name, ownSchema, table, isOnPartition, isValid, isBuilding, parent, bytes]) => {
    return { name, schema: ownSchema, table, isOnPartition, isValid, isBuilding, parent, bytes: Number(bytes) };
  });
}

/** Lists the indexes on metadata that Maestro made, by key. Changes nothing. */
export async function metadataIndexes(
  knex: Knex | Knex.Transaction,
  { schema = DEFAULT_SCHEMA }: { readonly schema?: string | undefined } = {},
): Promise<MetadataIndex[]> {
  checkSchemaName(schema);
  const indexes = await withReadRetry(() => readTableIndexes(knex, schema), knex);
  const keys = new Set(indexes.map((index) => keyOf(index)));
  return [...keys].sort().map((key) => {
    const own = indexes.filter((index) => keyOf(index) === key);
    const name = INDEX_PREFIX + key;
    const isValid = own.some((index) => index.name === name && !index.isOnPartition && index.isValid);
    const state = isValid ? 'valid' : own.some(({ isBuilding }) => isBuilding) ? 'building' : 'invalid';
    return { key, name, state, bytes: own.reduce((sum, { bytes }) => sum + bytes, 0) };
  });
}

function keyOf({ name, parent }: TableIndex): string {
  return (parent ?? name).slice(INDEX_PREFIX.length).split('$')[0] ?? '';
}
