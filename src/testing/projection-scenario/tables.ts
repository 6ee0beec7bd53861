import { isDeepStrictEqual } from 'node:util';
import type { Knex } from 'knex';
import { ScenarioError } from '../scenario/scenario-error.js';
import { differenceOf, textOf } from '../scenario/text.js';
import type { Row } from './types.js';

/** The rows of tables by their names, each in an order that only depends on the rows. */
export type Tables = ReadonlyMap<string, readonly Row[]>;

/** Reads tables as they are in a transaction. */
export async function readTables(transaction: Knex.Transaction, names: readonly string[]): Promise<Tables> {
  const tables = new Map<string, readonly Row[]>();
  for (const name of names) tables.set(name, sorted(await transaction(name).select<Row[]>()));
  return tables;
}

/** Rows in an order that only depends on them, with bytes as `Buffer`, which is what `pg` has and PGlite has not. */
export function sorted(rows: readonly Row[]): Row[] {
  return rows
    .map((row) => Object.fromEntries(Object.entries(row).map(([column, value]) => [column, comparable(value)])))
    .map((row): [string, Row] => [textOf(row), row])
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, row]) => row);
}

function comparable(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value) : value;
}

/** Throws {@link ScenarioError} for a table that is not the same in both, with what is said about it and where they differ. */
export function assertSameTables(
  first: Tables,
  second: Tables,
  problem: (table: string) => string,
  legend: readonly [first: string, second: string],
): void {
  for (const [table, rows] of first) {
    const others = second.get(table) ?? [];
    if (!isDeepStrictEqual(rows, others))
      throw new ScenarioError(`${problem(table)}\n\n${differenceOf(textOfRows(rows), textOfRows(others), legend)}`, {
        comparison: { expected: rows, actual: others },
      });
  }
}

function textOfRows(rows: readonly Row[]): string {
  return rows.length === 0 ? '(no rows)' : rows.map(textOf).join('\n');
}
