/** Number of rows of the first page of a stream. */
export const FIRST_PAGE = 64;
const LARGEST_PAGE = 2048;
/** Characters of bodies up to which pages grow: memory stays bounded, whatever the size of bodies. */
const PAGE_LENGTH = 1024 * 1024;

/** Number of rows of the next page, after one of `rows` rows with `length` characters of bodies. */
export function nextPageSize(rows: number, length: number): number {
  const fitting = Math.floor((PAGE_LENGTH * rows) / Math.max(length, 1));
  return Math.max(1, Math.min(fitting, rows * 4, LARGEST_PAGE));
}
