/** A range of the values of a column, as SQL with a `?` for each binding. */
interface ScanRange {
  /**
   * A condition for the first value, such as `aggregate_id > ?`. @defaultValue the scan begins with the smallest value
   */
  readonly from?: string | undefined;
  /**
   * A condition that ends the scan at the first value which does not satisfy it. @defaultValue the scan ends with the
   * largest value
   */
  readonly within?: string;
  /** A condition on `ids.id`; values that do not satisfy it are skipped. @defaultValue all values */
  readonly condition?: string;
}

/**
 * SQL for the distinct values of a column, in order, by a loose index scan: it visits one row of each value in the
 * index instead of every row. Its bindings: those of `from`, those of `within` twice, those of `condition`, and the
 * limit.
 */
export function looseIndexScan(
  table: string,
  column: string,
  { from, within, condition = 'TRUE' }: ScanRange = {},
): string {
  const next = (...conditions: readonly (string | undefined)[]) => {
    const given = conditions.filter((each) => each !== undefined);
    const where = given.length === 0 ? '' : `WHERE ${given.join(' AND ')} `;
    return `SELECT ${column} FROM ${table} ${where}ORDER BY ${column} LIMIT 1`;
  };
  return `WITH RECURSIVE ids(id) AS (
  (${next(from, within)})
  UNION ALL
  SELECT (${next(`${column} > ids.id`, within)}) FROM ids WHERE ids.id IS NOT NULL)
SELECT id FROM ids WHERE id IS NOT NULL AND ${condition} LIMIT ?`;
}
