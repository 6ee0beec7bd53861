import { preparedStatement } from '../../store/driver/statement.js';
import { projectionTables } from '../../store/projection-tables.js';
import { type Executor, integerArray, query } from '../../store/read/rows.js';

/** The number of parked aggregates of some copies. */
export async function countParked(on: Executor, schema: string, copies: readonly number[]): Promise<number> {
  const { parked, positions } = projectionTables(schema);
  // A row that is left over from an event that has been taken in since says nothing.
  const sql = `SELECT count(*)::integer FROM ${parked} AS parked LEFT JOIN ${positions} AS position USING (copy, aggregate_id)
WHERE parked.copy = ANY (?::text::integer[]) AND parked.sequence > coalesce(position.sequence, 0)`;
  const [[count] = [0]] = await query<[number]>(on, preparedStatement(sql), [integerArray(copies)]);
  return count;
}
