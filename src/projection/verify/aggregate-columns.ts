import type { Knex } from 'knex';
import { type Timestamp } from '../../hlc/timestamp.js';
import { byteaArray, type Executor, query } from '../../store/read/rows.js';
import { quoted, tableIn } from './quoted.js';
import type { ColumnShape, TableShape } from './table-shapes.js';

/** The forms of ids that a column may hold, as a condition on it. */
export interface IdCondition {
  /** The condition, with one binding. */
  readonly sql: string;
  readonly bindings: readonly Knex.RawBinding[];
  /** The id in the column as hex digits, as SQL. */
  readonly hex: (alias: string) => string;
}

/** Aggregates that are compared: these, or all of which a copy has positions. */
export type ComparedAggregates =
  { readonly ids: readonly Timestamp[] } | { readonly positions: string; readonly copy: number };

const TEXTS = ['text', 'varchar', 'bpchar'];

/**
 * The condition that a row belongs to some aggregates: that each column which holds their ids in all rows that were made of them
 * has one of them. `undefined` when the table has no such column, or no row was made.
 */
export async function rowsOfAggregates(
  on: Executor,
  schema: string,
  table: TableShape,
  aggregates: ComparedAggregates,
): Promise<IdCondition | undefined> {
  const candidates = table.columns.flatMap(
    (column) => ('ids' in aggregates ? conditionOn(column, aggregates.ids) : conditionOnAny(column, aggregates)) ?? [],
  );
  if (candidates.length === 0) return undefined;
  const counts = candidates.map(({ sql }) => `, count(*) FILTER (WHERE ${sql})::text`).join('');
  const bindings = candidates.flatMap((each) => each.bindings);
  const [row] = await query<string[]>(
    on,
    `SELECT count(*)::text${counts} FROM ${tableIn(schema, table.name)} AS made`,
    bindings,
  );
  const [all = '0', ...found] = row ?? [];
  if (all === '0') return undefined;
  const holding = candidates.filter((_, index) => found[index] === all);
  const [first] = holding;
  if (first === undefined) return undefined;
  return {
    sql: holding.map(({ sql }) => sql).join(' AND '),
    bindings: holding.flatMap((each) => each.bindings),
    hex: first.hex,
  };
}

/** The condition that a column holds one of the ids; `undefined` for a type that holds none. */
function conditionOn({ name, type, isBuiltIn }: ColumnShape, ids: readonly Timestamp[]): IdCondition | undefined {
  const column = quoted(name);
  if (!isBuiltIn) return undefined;
  if (type === 'bytea')
    return {
      sql: `${column} = ANY (?::text::bytea[])`,
      bindings: [byteaArray(ids)],
      hex: (alias) => `encode(${alias}.${column}, 'hex')`,
    };
  if (type === 'uuid')
    return {
      sql: `${column} = ANY (?::text::uuid[])`,
      bindings: [`{${ids.map(({ hex }) => hex).join(',')}}`],
      hex: (alias) => `replace(${alias}.${column}::text, '-', '')`,
    };
  if (!TEXTS.includes(type)) return undefined;
  return {
    sql: `${column} = ANY (?::text::text[])`,
    bindings: [`{${ids.flatMap(textForms).join(',')}}`],
    hex: (alias) => `${alias}.${column}::text`,
  };
}

/** The condition that a column holds the id of an aggregate of which a copy has a position. */
function conditionOnAny(
  { name, type, isBuiltIn }: ColumnShape,
  { positions, copy }: { readonly positions: string; readonly copy: number },
): IdCondition | undefined {
  const column = quoted(name);
  if (!isBuiltIn) return undefined;
  const known = (what: string) => `(SELECT ${what} FROM ${positions} WHERE copy = ?::integer)`;
  if (type === 'bytea')
    return {
      sql: `${column} IN ${known('aggregate_id')}`,
      bindings: [copy],
      hex: (alias) => `encode(${alias}.${column}, 'hex')`,
    };
  if (type !== 'uuid' && !TEXTS.includes(type)) return undefined;
  const hex = (of: string) => `replace(lower(${of}::text), '-', '')`;
  return {
    sql: `${hex(column)} IN ${known("encode(aggregate_id, 'hex')")}`,
    bindings: [copy],
    hex: (alias) => hex(`${alias}.${column}`),
  };
}

/** Texts by which an id is written: as hex digits, as a timestamp, and as a UUID. */
function textForms(id: Timestamp): string[] {
  const uuid = id.hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return [...new Set([id.hex, id.toString(), uuid])];
}
