import { objectText } from '../../json/text/object-text.js';
import { type Column, FittedTable } from '../render/fitted-table.js';
import type { Items } from './iterate.js';
import type { Output } from './output.js';
import { type ListReport, printList } from './print-list.js';

/** A list of things with a table of columns. */
export interface RowReport<Row> extends Pick<ListReport<Row>, 'id' | 'whenNone'> {
  /** The object that `-o json|ndjson` prints of each. */
  readonly json: (row: Row) => object;
  readonly columns: readonly Column<Row>[];
}

/** Prints rows in the form that was asked for, as they come. */
export async function printRows<Row>(
  rows: Items<Row>,
  output: Output,
  { json, columns, ...report }: RowReport<Row>,
): Promise<void> {
  await printList(rows, output, {
    ...report,
    json: (row) => objectText(json(row)),
    table: (first) => new FittedTable(columns, first, output.columns, output.style),
  });
}
