/** How many rows the first page of a stream holds, and the most that any page holds. */
export const FIRST_PAGE = 64;
const LARGEST_PAGE = 2048;
/** Pages grow until they hold about this much text, so that memory stays bounded whatever the bodies' size. */
const PAGE_LENGTH = 1024 * 1024;

/** How many rows the next page holds, after one of so many rows with so much text. */
export function nextPageSize(rows: number, length: number): number {
  const fitting = Math.floor((PAGE_LENGTH * rows) / Math.max(length, 1));
  return Math.max(1, Math.min(fitting, rows * 4, LARGEST_PAGE));
}
