import { projectionTables } from '../projection-tables.js';
import { type Executor, integerArray, query } from '../read/rows.js';

/**
 * Has copies stay live until the transaction ends. One that sees the database as it was when it began could take a copy for live that was
 * replaced since: then it is refused with 40001.
 */
export async function keepCopies(on: Executor, schema: string, copies: readonly number[]): Promise<void> {
  if (copies.length === 0) return;
  const { projections } = projectionTables(schema);
  await query(on, `SELECT 1 FROM ${projections} WHERE id = ANY (?::integer[]) FOR SHARE`, [integerArray(copies)]);
}
