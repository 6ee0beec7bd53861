import { finishPage } from './finish-page.js';
import { FIRST_PAGE, nextPageSize } from './page-size.js';

/** Size of the pages of a query. */
export type PageSizing<Row> = {
  /** Largest number of rows in all pages together. @defaultValue all */
  readonly limit?: number | undefined;
  /**
   * Read a page while the caller works on the one before, for a caller that takes all of them. @defaultValue false: read it when it is
   * requested
   */
  readonly ahead?: boolean;
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
  { ahead = false, ...sizing }: PageSizing<Row>,
): AsyncGenerator<Row[]> {
  const pages = new Pages(select, sizing);
  for (let page = pages.next(); page !== undefined;) {
    const rows = await page;
    if (ahead) page = pages.next();
    // A caller that stops here never awaits the next page; one that goes on gets its error then.
    page?.catch(() => {});
    if (rows.length > 0) yield rows;
    await finishPage(rows);
    if (!ahead) page = pages.next();
  }
}

/** Reads pages one after the other. */
class Pages<Row> {
  readonly #select: (after: Row | undefined, size: number) => Promise<Row[]>;
  readonly #sizing: PageSizing<Row>;
  #after: Row | undefined;
  #left: number;
  #size: number;

  constructor(select: (after: Row | undefined, size: number) => Promise<Row[]>, sizing: PageSizing<Row>) {
    this.#select = select;
    this.#sizing = sizing;
    this.#left = sizing.limit ?? Number.POSITIVE_INFINITY;
    this.#size = 'size' in sizing ? sizing.size : FIRST_PAGE;
  }

  /** Starts to read the next page; `undefined` after the last. The page before must have arrived. */
  next(): Promise<Row[]> | undefined {
    return this.#left > 0 ? this.#read() : undefined;
  }

  async #read(): Promise<Row[]> {
    const asked = Math.min(this.#size, this.#left);
    const rows = await this.#select(this.#after, asked);
    const { length } = rows;
    this.#after = rows.at(-1);
    if ('lengthOf' in this.#sizing) {
      const { lengthOf } = this.#sizing;
      const characters = rows.reduce((sum, row) => sum + lengthOf(row), 0);
      this.#size = nextPageSize(length, characters);
    }
    this.#left = length < asked ? 0 : this.#left - length;
    return rows;
  }
}
