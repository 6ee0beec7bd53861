import type { Knex } from 'knex';
import { type Executor, query, textArray } from '../../read/rows.js';
import { withReadRetry } from '../../read/read-retry.js';
import { checkSchemaName, DEFAULT_SCHEMA, qualified } from '../../schema-name.js';
import { memberPathText } from '../../../json/path/member-path.js';
import { layoutAt } from '../../layout/read-layout.js';
import { traitsOf } from '../../layout/traits.js';
import { METADATA_INDEX } from './metadata-index.js';
import { indexedKeys, PATH_INDEX } from './path-index.js';
import { shardIndexes } from './shard-indexes.js';

/** The state of an index that Maestro made on request. */
export interface IndexState {
  readonly name: string;
  /**
   * `valid`: it is complete and helps; `building`: it is being built now; `invalid`: a build was broken off, so the index
   * helps nobody, or not on all partitions, and costs time with every write.
   */
  readonly state: 'valid' | 'building' | 'invalid';
  /** Size on disk, in bytes, of all partitions together. */
  readonly bytes: number;
}

/** An index on a key of metadata that Maestro made. */
export interface MetadataIndex extends IndexState {
  /** The key of metadata. */
  readonly key: string;
}

/** An index on a value in bodies that Maestro made. */
export interface PathIndex extends IndexState {
  /** The jsonpath of the value, such as `$.owner.name`. */
  readonly path: string;
  /** The keys that lead to the value. */
  readonly keys: readonly string[];
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
  /** The content, as the catalog prints it. */
  readonly expression: string;
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
  expression: string,
];

/** A concurrent build holds this lock on its table to the end, as VACUUM and ANALYZE do. Every role may see locks. */
const BUILDING = `EXISTS (SELECT FROM pg_locks AS held
  WHERE held.relation = i.indrelid AND held.mode = 'ShareUpdateExclusiveLock' AND held.granted
    AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND held.pid NOT IN (SELECT pid FROM pg_stat_progress_vacuum UNION ALL SELECT pid FROM pg_stat_progress_analyze))`;
const INDEXES = `SELECT x.relname::text, n.nspname::text, t.relname::text, p.inhrelid IS NOT NULL, i.indisvalid, ${BUILDING},
  parent.relname::text, pg_relation_size(x.oid)::text, coalesce(pg_get_expr(i.indexprs, i.indrelid), '')
FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid JOIN pg_class AS t ON t.oid = i.indrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
LEFT JOIN pg_inherits AS p ON p.inhrelid = t.oid AND p.inhparent = to_regclass(?)
LEFT JOIN pg_inherits AS h ON h.inhrelid = x.oid LEFT JOIN pg_class AS parent ON parent.oid = h.inhparent
WHERE (t.oid = to_regclass(?) OR p.inhrelid IS NOT NULL) AND coalesce(parent.relname, x.relname)::text ^@ ANY (?::text::text[])
ORDER BY x.relname`;

/** Maestro's own indexes, of the event log and of each partition, by name. On a cluster each stands for those of all shards. */
export async function readTableIndexes(on: Executor, schema: string): Promise<TableIndex[]> {
  const log = qualified(schema, 'event_log');
  const rows = await query<IndexRow>(on, INDEXES, [log, log, textArray([METADATA_INDEX, PATH_INDEX])]);
  const indexes = rows.map(
    ([name, ownSchema, table, isOnPartition, isValid, isBuilding, parent, bytes, expression]) => {
      return { name, schema: ownSchema, table, isOnPartition, isValid, isBuilding, parent, bytes: Number(bytes), expression }; // prettier-ignore
    },
  );
  if (indexes.length === 0 || traitsOf(await layoutAt(on, schema)).rowsIn === 'relations here') return indexes;
  const onShards = await shardIndexes(on, log);
  return indexes.map((index) => {
    const own = onShards.filter(({ expression }) => expression === index.expression);
    const isValid = index.isValid && own.every((each) => each.isValid);
    return { ...index, isValid, bytes: own.reduce((sum, { bytes }) => sum + bytes, 0) };
  });
}

/** The schema of the tables. */
interface OfSchema {
  /** @defaultValue 'public' */
  readonly schema?: string | undefined;
}

/** Lists the indexes on metadata that Maestro made, by key. Changes nothing. */
export async function metadataIndexes(knex: Knex | Knex.Transaction, options: OfSchema = {}): Promise<MetadataIndex[]> {
  return metadataIndexesOf(await indexStates(knex, options));
}

/** Lists the indexes on values in bodies that Maestro made, by path. Changes nothing. */
export async function pathIndexes(knex: Knex | Knex.Transaction, options: OfSchema = {}): Promise<PathIndex[]> {
  return pathIndexesOf(await indexStates(knex, options));
}

const VALID = `SELECT x.relname::text, pg_get_expr(i.indexprs, i.indrelid)
FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid
WHERE i.indrelid = to_regclass(?) AND i.indisvalid AND x.relname::text ^@ ?::text`;

/** The keys of the paths whose indexes are complete: all that a search needs to know of them, read in a moment. */
export async function indexedPaths(
  knex: Executor,
  { schema = DEFAULT_SCHEMA }: OfSchema = {},
): Promise<(readonly string[])[]> {
  const log = qualified(checkSchemaName(schema), 'event_log');
  const rows = await withReadRetry(() => query<[string, string | null]>(knex, VALID, [log, PATH_INDEX]), knex);
  return rows.flatMap(([name, expression]) => {
    const keys = indexedKeys(name, expression ?? '');
    return keys === undefined ? [] : [keys];
  });
}

/** Lists all indexes that Maestro made on request, those on metadata first. Changes nothing. */
export async function logIndexes(
  knex: Knex | Knex.Transaction,
  options: OfSchema = {},
): Promise<(MetadataIndex | PathIndex)[]> {
  const states = await indexStates(knex, options);
  return [...metadataIndexesOf(states), ...pathIndexesOf(states)];
}

type WithExpression = IndexState & Pick<TableIndex, 'expression'>;

function metadataIndexesOf(states: readonly WithExpression[]): MetadataIndex[] {
  return states
    .filter(({ name }) => name.startsWith(METADATA_INDEX))
    .map(({ name, state, bytes }) => ({ key: name.slice(METADATA_INDEX.length), name, state, bytes }));
}

function pathIndexesOf(states: readonly WithExpression[]): PathIndex[] {
  const indexes = states.flatMap(({ name, state, bytes, expression }) => {
    const keys = name.startsWith(PATH_INDEX) ? indexedKeys(name, expression) : undefined;
    return keys === undefined ? [] : [{ path: memberPathText(keys), keys, name, state, bytes }];
  });
  return indexes.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function indexStates(knex: Executor, { schema = DEFAULT_SCHEMA }: OfSchema): Promise<WithExpression[]> {
  checkSchemaName(schema);
  const indexes = await withReadRetry(() => readTableIndexes(knex, schema), knex);
  const names = new Set(indexes.map((index) => wholeNameOf(index)));
  return [...names].sort().map((name) => {
    const own = indexes.filter((index) => wholeNameOf(index) === name);
    const isValid = own.some((index) => index.name === name && !index.isOnPartition && index.isValid);
    const state = isValid ? 'valid' : own.some(({ isBuilding }) => isBuilding) ? 'building' : 'invalid';
    const bytes = own.reduce((sum, each) => sum + each.bytes, 0);
    return { name, state, bytes, expression: own[0]?.expression ?? '' };
  });
}

function wholeNameOf({ name, parent }: TableIndex): string {
  return (parent ?? name).split('$')[0] ?? '';
}
