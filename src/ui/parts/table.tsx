import type { Child } from 'hono/jsx';

/** A column of a table. */
export interface Column<Row> {
  readonly heading: string;
  readonly cell: (row: Row) => Child;
  /** True for numbers, which are aligned at the right. */
  readonly numeric?: boolean;
  /** True for a column that a narrow screen goes without. */
  readonly optional?: boolean;
}

interface TableProps<Row> {
  /** The name of the table, for screen readers. */
  readonly caption: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
}

/** A table, which scrolls by itself where the screen is too narrow for it. */
export function Table<Row>({ caption, rows, columns }: TableProps<Row>) {
  return (
    <div class="scroll" tabindex={0} role="region" aria-label={caption}>
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th scope="col" class={kind(column)}>
                {column.heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <TableRows rows={rows} columns={columns} />
        </tbody>
      </table>
    </div>
  );
}

/** The rows of a table, for one that gets further ones later. */
export function TableRows<Row>({ rows, columns }: Omit<TableProps<Row>, 'caption'>) {
  return (
    <>
      {rows.map((row) => (
        <tr>
          {columns.map((column) => (
            <td class={kind(column)}>{column.cell(row)}</td>
          ))}
        </tr>
      ))}
    </>
  );
}

function kind({ numeric = false, optional = false }: Pick<Column<unknown>, 'numeric' | 'optional'>) {
  return [numeric && 'number', optional && 'optional'].filter(Boolean).join(' ') || undefined;
}
