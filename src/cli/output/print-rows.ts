import { chain, map, take } from './iterate.js';
import type { Output } from './output.js';
import { type Column, FittedTable } from '../render/fitted-table.js';

/** A list of things, in every form it can be asked for. */
export interface RowReport<Row> {
  /** What `--quiet` prints of each. */
  readonly id: (row: Row) => string;
  /** What `-o json|ndjson` prints of each: JSON in a line. */
  readonly json: (row: Row) => string;
  /** What a table shows. */
  readonly columns: readonly Column<Row>[];
  /** Told when there is none at all; a table is not begun then. */
  readonly whenNone?: () => Promise<unknown>;
}

/** A table is laid out by this many rows; the others follow in the same columns. */
const LAYOUT_ROWS = 200;

/** Prints rows in the form that was asked for, as they come. */
export async function printRows<Row>(
  listed: AsyncIterable<Row>,
  output: Output,
  { id, json, columns, whenNone }: RowReport<Row>,
): Promise<void> {
  const iterator = listed[Symbol.asyncIterator]();
  const first = await take(iterator, LAYOUT_ROWS);
  if (first.length === 0) await whenNone?.();
  const rows = chain(first, iterator);
  if (output.quiet) return await output.lines(rows, id);
  if (output.format !== 'table') return await output.jsonItems(map(rows, json));
  if (first.length === 0) return;
  const table = new FittedTable(columns, first, output.columns, output.style);
  await output.line(table.head);
  await output.lines(rows, (row) => table.line(row));
}
