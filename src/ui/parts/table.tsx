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
  /** True for rows that take several lines on a narrow screen, so that all of them is seen without scrolling. */
  readonly wraps?: boolean;
}

/** A table, which scrolls by itself where the screen is too narrow for it. */
export function Table<Row>({ caption, rows, columns, wraps = false }: TableProps<Row>) {
  return (
    <div class="scroll" tabindex={0} role="region" aria-label={caption}>
      <table class={wraps ? 'wraps' : undefined} role={roleOf(wraps, 'table')}>
        <caption class="unseen">{caption}</caption>
        <thead role={roleOf(wraps, 'rowgroup')}>
          <tr role={roleOf(wraps, 'row')}>
            {columns.map((column) => (
              <th scope="col" class={kind(column)} role={roleOf(wraps, 'columnheader')}>
                {column.heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role={roleOf(wraps, 'rowgroup')}>
          <TableRows rows={rows} columns={columns} wraps={wraps} />
        </tbody>
      </table>
    </div>
  );
}

/** The rows of a table, for one that gets further ones later. */
export function TableRows<Row>({ rows, columns, wraps = false }: Omit<TableProps<Row>, 'caption'>) {
  return (
    <>
      {rows.map((row) => (
        <tr role={roleOf(wraps, 'row')}>
          {columns.map((column) => (
            <td class={kind(column)} role={roleOf(wraps, 'cell')}>
              {column.cell(row)}
            </td>
          ))}
        </tr>
      ))}
    </>
  );
}

/** The role of an element, for screen readers: one that is laid out in another way than as a part of a table would lose it. */
function roleOf(wraps: boolean, role: string): string | undefined {
  return wraps ? role : undefined;
}

function kind({ numeric = false, optional = false }: Pick<Column<unknown>, 'numeric' | 'optional'>) {
  return [numeric && 'number', optional && 'optional'].filter(Boolean).join(' ') || undefined;
}
