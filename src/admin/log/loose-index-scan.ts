/** Part of the values of a column, in SQL with a `?` for each binding. */
interface ScanRange {
  /** The first value has to satisfy this condition, such as `aggregate_id > ?`. @defaultValue it is the first there is */
  readonly from?: string | undefined;
  /** Every value has to satisfy this condition, which no value behind one that does not satisfies. @defaultValue all do */
  readonly within?: string;
  /** A condition on `ids.id` that values satisfy; others are passed over. @defaultValue all do */
  readonly condition?: string;
}

/**
 * SQL for the different values of a column, in order, which visits only one row of each in the index (a loose index scan) instead of
 * reading every row. Its bindings: those of `from`, those of `within` twice, those of `condition`, and how many.
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
