import { type Executor, query } from '../read/rows.js';
import { qualified } from '../schema-name.js';
import { type Distribution, KNOWS_CITUS, readDistribution } from './citus/distribution.js';

/** The properties of a table that the event store depends on, read from the catalog. */
export interface TableShape {
  readonly kind: 'table' | 'partitioned' | 'view' | 'materialized view' | 'foreign table' | 'other';
  /** `name type not null` of every column, in alphabetical order. */
  readonly columns: readonly string[];
  /** The columns of the primary key, in order, joined by commas; empty without one. */
  readonly primaryKey: string;
  /** The columns of every valid unique index over whole rows, joined by commas. */
  readonly uniqueKeys: readonly string[];
  /** The definition of every check constraint. */
  readonly checks: readonly string[];
  /** The partition key, such as `HASH (aggregate_id)`; empty for a plain table. */
  readonly partitionKey: string;
  /** The partitions, or the tables that inherit from a plain one, with the columns of their unique indexes. */
  readonly partitions: readonly {
    readonly schema: string;
    readonly name: string;
    readonly uniqueKeys: readonly string[];
  }[];
  /** Share of all possible rows that some partition takes: less than 1 when a partition was detached. */
  readonly coverage: number;
  /** The way in which Citus keeps it; absent for a table that Citus does not know. */
  readonly distribution: Distribution | undefined;
}

const KINDS: Readonly<Record<string, TableShape['kind']>> = {
  r: 'table',
  p: 'partitioned',
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
};
const RELATION = `SELECT c.relkind::text, coalesce(pg_get_partkeydef(c.oid), ''), ${KNOWS_CITUS} FROM pg_class c WHERE c.oid = to_regclass(?)`;
const COLUMNS = `SELECT concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' END)
FROM pg_attribute a WHERE a.attrelid = to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attname`;
const CHECKS = `SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = to_regclass(?) AND contype = 'c' ORDER BY 1`;
const INDEXES = `SELECT i.indisprimary, (
  SELECT string_agg(coalesce(a.attname::text, '(expression)'), ',' ORDER BY k.position)
  FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attribute, position)
  LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attribute
  WHERE k.position <= i.indnkeyatts)
FROM pg_index i
WHERE i.indrelid = to_regclass(?) AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL`;
const PARTITIONS = `SELECT n.nspname::text, c.relname::text, coalesce(pg_get_expr(c.relpartbound, c.oid), '') FROM pg_inherits h
JOIN pg_class c ON c.oid = h.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE h.inhparent = to_regclass(?) ORDER BY length(c.relname), c.relname`;

/** The shape of a table; `undefined` when there is no such table. */
export async function readTableShape(on: Executor, schema: string, table: string): Promise<TableShape | undefined> {
  const name = qualified(schema, table);
  const [relation] = await query<[string, string, boolean]>(on, RELATION, [name]);
  if (relation === undefined) return undefined;
  const indexes = await query<[boolean, string]>(on, INDEXES, [name]);
  const partitions = [];
  let coverage = 0;
  for (const [schemaName, partition, bound] of await query<[string, string, string]>(on, PARTITIONS, [name])) {
    partitions.push({
      schema: schemaName,
      name: partition,
      uniqueKeys: await uniqueKeys(on, qualified(schemaName, partition)),
    });
    coverage += 1 / Number(/modulus (\d+)/i.exec(bound)?.[1]);
  }
  return {
    kind: KINDS[relation[0]] ?? 'other',
    columns: (await texts(on, COLUMNS, name)).map(normalizeDefinition),
    primaryKey: indexes.find(([isPrimary]) => isPrimary)?.[1] ?? '',
    uniqueKeys: indexes.map(([, columns]) => columns),
    checks: (await texts(on, CHECKS, name)).map(normalizeDefinition),
    partitionKey: normalizeDefinition(relation[1]),
    partitions,
    coverage,
    distribution: relation[2] ? await readDistribution(on, name) : undefined,
  };
}

async function uniqueKeys(on: Executor, name: string): Promise<string[]> {
  return (await query<[boolean, string]>(on, INDEXES, [name])).map(([, columns]) => columns);
}

async function texts(on: Executor, sql: string, name: string): Promise<string[]> {
  return (await query<[string]>(on, sql, [name])).map(([text]) => text);
}

/**
 * An expression as the catalog prints it, in one form: with `quote_all_identifiers` it quotes every name, and with a
 * `search_path` that shadows PostgreSQL's own objects it names their schema.
 */
function normalizeDefinition(definition: string): string {
  return definition
    .replace(/"([a-z_][a-z0-9_]*)"/g, '$1')
    .replace(/OPERATOR\((?:pg_catalog\.)?([^)\s]+)\)/g, '$1')
    .replace(/\bpg_catalog\./g, '');
}
