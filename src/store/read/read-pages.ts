import { finishPage } from './finish-page.js';
import { FIRST_PAGE, nextPageSize } from './page-size.js';

/** Size of the pages of a query. */
export type PageSizing<Row> = {
  /** Largest number of rows in all pages together. @defaultValue all */
  readonly limit?: number | undefined;
} & (
  | {
      /** Number of rows of every page. */
      readonly size: number;
    }
  | {
      /** The length of the text in a row. Pages grow until they hold about a megabyte. */
      readonly lengthOf: (row: Row) => number;
    }
);

/**
 * The rows of a query, page by page in bounded memory. `select` reads up to `size` rows after a row, the last of the
 * page before; a shorter page is the last one. Empties a page when the next one is requested.
 */
export async function* readPages<Row>(
  select: (after: Row | undefined, size: number) => Promise<Row[]>,
  { limit = Number.POSITIVE_INFINITY, ...sizing }: PageSizing<Row>,
): AsyncGenerator<Row[]> {
  let left = limit;
  let size = 'size' in sizing ? sizing.size : FIRST_PAGE;
  for (let after: Row | undefined; left > 0;) {
    const asked = Math.min(size, left);
    const rows = await select(after, asked);
    const { length } = rows;
    after = rows.at(-1);
    if ('lengthOf' in sizing) {
      const { lengthOf } = sizing;
      size = nextPageSize(
        length,
        rows.reduce((sum, row) => sum + lengthOf(row), 0),
      );
    }
    if (length > 0) yield rows;
    if (length < asked) return;
    left -= length;
    await finishPage(rows);
  }
}
