import { Timestamp } from '../../hlc/timestamp.js';
import type { Knex } from 'knex';
import { type Executor, query } from '../../store/read/rows.js';
import { type ComparedAggregates, type IdCondition, rowsOfAggregates } from './aggregate-columns.js';
import { quoted, tableIn } from './quoted.js';
import { type ColumnShape, columnNames, type TableShape } from './table-shapes.js';

/** Differences of a table from what the handlers make of the events, a kind of difference at a time. */
export interface TableDifference {
  readonly table: string;
  /**
   * `missing`: rows that the handlers make are not in the live table; `different`: they have other values there; `extra`: rows
   * that the handlers do not make from any event; `missing columns`: `setUp` makes columns that the live table has not; `extra columns`:
   * it has some that `setUp` does not make; `no table`: there is no live table.
   */
  readonly kind: 'missing' | 'different' | 'extra' | 'missing columns' | 'extra columns' | 'no table';
  /** Columns with other values; those that only one of the tables has; empty otherwise. */
  readonly columns: readonly string[];
  /** Number of rows. */
  readonly rows: number;
  /** One of the aggregates whose rows differ, as hex digits, where a column of the table holds their ids. */
  readonly aggregateId?: string | undefined;
  /** Key of one of the rows, its values as text: data of the application. */
  readonly key?: Readonly<Record<string, string>> | undefined;
}

/** The outcome of comparing one table. */
export interface ComparedTable {
  readonly table: string;
  /** False when a sample cannot tell: no column of it holds the id of the aggregate that a row comes from. */
  readonly compared: boolean;
  /** Number of rows that the handlers made. */
  readonly rows: number;
  /** Columns that were not compared, because their values are generated. */
  readonly leftOut: readonly string[];
  readonly differences: readonly TableDifference[];
}

/** The schemas of the two tables, and the aggregates whose rows are compared. */
export interface Comparison {
  readonly made: string;
  readonly live: string;
  readonly aggregates: ComparedAggregates;
}

/** Compares a table that was made aside with the live one. Only numbers and names leave the database, and one key of each kind. */
export async function compareTable(on: Executor, table: TableShape, comparison: Comparison): Promise<ComparedTable> {
  const { name, leftOut } = table;
  const { made, live, aggregates } = comparison;
  const [count] = await query<[string]>(on, `SELECT count(*)::text FROM ${tableIn(made, name)}`);
  const result = { table: name, rows: Number(count?.[0]), leftOut, compared: true };
  const shape = await shapeDifferences(on, table, comparison);
  if (shape.length > 0) return { ...result, differences: shape };
  const rows = await rowsOfAggregates(on, made, table, aggregates);
  const isSample = 'ids' in aggregates;
  if (isSample && rows === undefined) return { ...result, compared: false, differences: [] };
  const compare = table.key.length > 0 ? byKey : asWhole;
  const sides = { made: tableIn(made, name), live: tableIn(live, name), hex: rows?.hex };
  const differences = await compare(on, table, { ...sides, rows: isSample ? rows : undefined });
  return { ...result, differences };
}

async function shapeDifferences(
  on: Executor,
  { name }: TableShape,
  { made, live }: Comparison,
): Promise<TableDifference[]> {
  const found = await columnNames(on, live, name);
  if (found === undefined) return [{ table: name, kind: 'no table', columns: [], rows: 0 }];
  const expected = (await columnNames(on, made, name)) ?? [];
  const without = (these: readonly string[], those: readonly string[]) =>
    these.filter((column) => !those.includes(column));
  const differences: TableDifference[] = [
    { table: name, kind: 'missing columns', columns: without(expected, found), rows: 0 },
    { table: name, kind: 'extra columns', columns: without(found, expected), rows: 0 },
  ];
  return differences.filter(({ columns }) => columns.length > 0);
}

/** The two tables in SQL, which of their rows are compared, all when that is undefined, and the id of a row's aggregate as hex digits. */
interface Sides {
  readonly made: string;
  readonly live: string;
  readonly rows: IdCondition | undefined;
  readonly hex: IdCondition['hex'] | undefined;
}

/** One kind of difference; of rows that are missing, no columns. */
type DifferenceRow = [columns: string | null, rows: string, aggregateId: string | null, key: string | null];

/** Compares rows that have the same key. */
async function byKey(on: Executor, table: TableShape, { made, live, rows, hex }: Sides): Promise<TableDifference[]> {
  const { key, columns } = table;
  const same = key.map((column) => sameKey(column)).join(' AND ');
  const others = columns.filter((column) => !key.includes(column));
  const differing = others.map(
    ({ name }) => `CASE WHEN ${text('made', name)} IS DISTINCT FROM ${text('live', name)} THEN ?::text END`,
  );
  const changed = `array_remove(ARRAY[${['NULL::text', ...differing].join(', ')}], NULL)`;
  const of = (alias: 'made' | 'live') => `${hex?.(alias) ?? 'NULL::text'} AS aggregate_id, ${keyOf(alias, key)} AS key`;
  const found = await query<DifferenceRow>(
    on,
    `SELECT to_json(columns)::text, count(*)::text, min(aggregate_id), min(key)
FROM (SELECT CASE WHEN live.${quoted(key[0]?.name ?? '')} IS NOT NULL THEN ${changed} END AS columns, ${of('made')}
  FROM ${made} AS made LEFT JOIN ${live} AS live ON ${same}) AS pairs
WHERE columns IS NULL OR columns <> '{}' GROUP BY columns ORDER BY columns NULLS FIRST`,
    others.map(({ name }) => name),
  );
  const [extra] = await query<DifferenceRow>(
    on,
    `SELECT NULL::text, count(*)::text, min(aggregate_id), min(key)
FROM (SELECT ${of('live')} FROM ${live} AS live
  WHERE ${rows?.sql ?? 'true'} AND NOT EXISTS (SELECT FROM ${made} AS made WHERE ${same})) AS extra`,
    rows?.bindings ?? [],
  );
  const differences = found.map((row) => difference(table, row[0] === null ? 'missing' : 'different', row));
  return [...differences, ...(extra === undefined ? [] : [difference(table, 'extra', extra)])].filter(
    (each) => each.rows > 0,
  );
}

/** Compares the rows of a table that has no key as a whole, the number of equal ones too. */
async function asWhole(on: Executor, table: TableShape, { made, live, rows, hex }: Sides): Promise<TableDifference[]> {
  const { columns } = table;
  const values = (alias: string) =>
    columns.length === 0 ? '' : columns.map(({ name }, index) => `${text(alias, name)} AS c${index}`).join(', ');
  const of = (alias: 'made' | 'live') => {
    const id = hex === undefined ? '' : `${hex(alias)} AS aggregate_id`;
    const list = [id, values(alias)].filter((part) => part !== '').join(', ');
    const from = alias === 'made' ? made : live;
    const where = rows !== undefined && alias === 'live' ? ` WHERE ${rows.sql}` : '';
    return {
      sql: `SELECT ${list} FROM ${from} AS ${alias}${where}`,
      bindings: where === '' ? [] : (rows?.bindings ?? []),
    };
  };
  const less = async (kind: 'missing' | 'extra', [these, those]: readonly ['made' | 'live', 'made' | 'live']) => {
    const [left, right] = [of(these), of(those)];
    const bindings: Knex.RawBinding[] = [...left.bindings, ...right.bindings];
    const [row] = await query<DifferenceRow>(
      on,
      `SELECT NULL::text, count(*)::text, ${hex === undefined ? 'NULL::text' : 'min(aggregate_id)'}, NULL::text
FROM (${left.sql} EXCEPT ALL ${right.sql}) AS less`,
      bindings,
    );
    return row === undefined ? [] : [difference(table, kind, row)];
  };
  const found = [...(await less('missing', ['made', 'live'])), ...(await less('extra', ['live', 'made']))];
  return found.filter(({ rows }) => rows > 0);
}

function difference(
  { name, key }: TableShape,
  kind: TableDifference['kind'],
  [columns, rows, aggregateId, values]: DifferenceRow,
): TableDifference {
  const members = values === null ? undefined : (JSON.parse(values) as string[]);
  return {
    table: name,
    kind,
    columns: columns === null ? [] : (JSON.parse(columns) as string[]),
    rows: Number(rows),
    aggregateId: aggregateId === null ? undefined : idOf(aggregateId),
    key: members && Object.fromEntries(key.map((column, index) => [column.name, members[index] ?? ''])),
  };
}

/** The id that a column holds; `undefined` for a row that no aggregate has, whose column may hold anything. */
function idOf(text: string): string | undefined {
  try {
    return Timestamp.parse(text).hex;
  } catch {
    return undefined;
  }
}

/** A value as text, which is equal only for equal values, whatever the type and the collation. */
function text(alias: string, column: string): string {
  return `${alias}.${quoted(column)}::text COLLATE "C"`;
}

/** The condition that a key column is equal; types that were made with each of the tables have no operator between them. */
function sameKey({ name, isBuiltIn }: ColumnShape): string {
  return isBuiltIn ? `made.${quoted(name)} = live.${quoted(name)}` : `${text('made', name)} = ${text('live', name)}`;
}

/** The values of a key as a JSON array of texts. */
function keyOf(alias: string, key: readonly ColumnShape[]): string {
  return `json_build_array(${key.map(({ name }) => `${alias}.${quoted(name)}::text`).join(', ')})::text`;
}
