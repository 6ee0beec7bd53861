import type { Executor } from '../../store/read/rows.js';
import { query } from '../../store/read/rows.js';

/** A table of a read model, with what can be compared of it. */
export interface TableShape {
  readonly name: string;
  /** Columns whose values follow from the events. */
  readonly columns: readonly ColumnShape[];
  /** Columns whose values are generated, such as serial numbers and the time of an insert, so that they differ by nature. */
  readonly leftOut: readonly string[];
  /** Columns of a unique key, if there is one of columns that can be compared. */
  readonly key: readonly ColumnShape[];
}

/** A column of a table. */
export interface ColumnShape {
  readonly name: string;
  /** The name of its type, such as `bytea`. */
  readonly type: string;
  /** True for a type of PostgreSQL itself; others are made anew with each copy of the tables. */
  readonly isBuiltIn: boolean;
}

type ColumnRow = [table: string, column: string, type: string, isBuiltIn: boolean, isGenerated: boolean, from: string];

/** The tables of a schema, by name; parts of partitioned tables are not listed by themselves. */
export async function tableShapes(on: Executor, schema: string): Promise<TableShape[]> {
  const rows = await query<ColumnRow>(on, COLUMNS, [schema]);
  const varying = await varyingFunctions(on, rows);
  const leftOut = rows
    .filter(([, , , , isGenerated, from]) => isGenerated || isVarying(from, varying))
    .map(([table, column]) => nameOf(table, column));
  const generated = withReferences(new Set(leftOut), await query<ReferenceRow>(on, REFERENCES, [schema]));
  const keys = await query<[table: string, columns: string]>(on, KEYS, [schema]);
  const tables = new Map<string, ColumnRow[]>();
  for (const row of rows) tables.set(row[0], [...(tables.get(row[0]) ?? []), row]);
  return [...tables].map(([name, all]) => {
    const isLeftOut = ([table, column]: ColumnRow) => generated.has(nameOf(table, column));
    const columns = all
      .filter((row) => !isLeftOut(row))
      .map(([, column, type, isBuiltIn]): ColumnShape => ({ name: column, type, isBuiltIn }));
    return {
      name,
      columns,
      leftOut: all.filter(isLeftOut).map(([, column]) => column),
      key: keyOf(name, columns, keys),
    };
  });
}

/** The names of all columns of a table, also generated ones; `undefined` when there is no such table. */
export async function columnNames(on: Executor, schema: string, table: string): Promise<string[] | undefined> {
  const rows = await query<[string]>(
    on,
    `SELECT a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = ? AND c.relname = ? AND c.relkind IN ('r', 'p')`,
    [schema, table],
  );
  return rows.length === 0 ? undefined : rows.map(([name]) => name);
}

// Columns that are computed from others of their row say nothing of their own.
const COLUMNS = `SELECT c.relname, a.attname, t.typname, t.typnamespace = 'pg_catalog'::regnamespace, a.attidentity <> '',
  coalesce(pg_get_expr(d.adbin, d.adrelid), '')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE n.nspname = ? AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY c.relname, a.attnum`;

const KEYS = `SELECT c.relname, (SELECT json_agg(a.attname ORDER BY k.place)
  FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum WHERE k.place <= i.indnkeyatts)::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_index i ON i.indrelid = c.oid
WHERE n.nspname = ? AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL
  AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey::int2[]) AND NOT a.attnotnull)
ORDER BY i.indisprimary DESC, i.indexrelid`;

type ReferenceRow = [table: string, column: string, toTable: string, toColumn: string];

const REFERENCES = `SELECT c.relname, a.attname, f.relname, b.attname
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_class f ON f.oid = k.confrelid
  CROSS JOIN unnest(k.conkey, k.confkey) AS pair (here, there)
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = pair.here
  JOIN pg_attribute b ON b.attrelid = f.oid AND b.attnum = pair.there
WHERE n.nspname = ? AND k.contype = 'f' AND f.relnamespace = c.relnamespace`;

/** Columns that refer to a generated one differ as that does. */
function withReferences(leftOut: Set<string>, references: readonly ReferenceRow[]): Set<string> {
  for (let size = -1; size !== leftOut.size;) {
    size = leftOut.size;
    for (const [table, column, toTable, toColumn] of references)
      if (leftOut.has(nameOf(toTable, toColumn))) leftOut.add(nameOf(table, column));
  }
  return leftOut;
}

function keyOf(table: string, columns: readonly ColumnShape[], keys: readonly [string, string][]): ColumnShape[] {
  for (const [of, names] of keys) {
    if (of !== table) continue;
    const key = (JSON.parse(names) as string[]).map((name) => columns.find((column) => column.name === name));
    if (key.every((column) => column !== undefined)) return key;
  }
  return [];
}

/** Names of functions that a default value calls, whatever their schema. */
function functionsIn(expression: string): string[] {
  const outsideTexts = expression.replace(/'(?:[^']|'')*'/g, "''");
  return [...outsideTexts.matchAll(/([A-Za-z_][\w$]*|"(?:[^"]|"")+")\s*\(/g)].map(([, name = '']) =>
    name.replace(/^"|"$/g, ''),
  );
}

/** The functions of default values whose result varies from call to call, or from session to session. */
async function varyingFunctions(on: Executor, rows: readonly ColumnRow[]): Promise<ReadonlySet<string>> {
  const names = [...new Set(rows.flatMap(([, , , , , from]) => functionsIn(from)))];
  if (names.length === 0) return new Set();
  const found = await query<[string]>(
    on,
    `SELECT DISTINCT proname FROM pg_proc WHERE provolatile <> 'i' AND proname IN (${names.map(() => '?').join(', ')})`,
    names,
  );
  return new Set(found.map(([name]) => name));
}

/** Words that SQL has for the time, the session and the like, which need no brackets. */
const VARYING_WORD = /\b(?:CURRENT_\w+|LOCALTIME\w*|SESSION_USER|USER|SYSTEM_USER)\b/;

function isVarying(expression: string, varying: ReadonlySet<string>): boolean {
  if (expression === '') return false;
  if (functionsIn(expression).some((name) => varying.has(name))) return true;
  return VARYING_WORD.test(expression.replace(/'(?:[^']|'')*'/g, "''"));
}

/** A name for a column that no other column has. */
function nameOf(table: string, column: string): string {
  return JSON.stringify([table, column]);
}
