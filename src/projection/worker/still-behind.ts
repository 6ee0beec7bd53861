import { Timestamp } from '../../hlc/timestamp.js';
import { preparedStatement } from '../../store/driver/statement.js';
import { projectionTables } from '../../store/projection-tables.js';
import { byteaArray, type Executor, query } from '../../store/read/rows.js';

/**
 * Those of some aggregates that have events after their position in a copy. One read, where to take in nothing is a
 * transaction that writes: for what others take in first, such as commits with their inline projections.
 */
export async function stillBehind(
  on: Executor,
  schema: string,
  copy: number,
  aggregates: readonly Timestamp[],
): Promise<Timestamp[]> {
  const { log, positions } = projectionTables(schema);
  const sql = `SELECT encode(id, 'hex') FROM unnest(?::text::bytea[]) AS id
WHERE (SELECT sequence FROM ${log} AS log WHERE log.aggregate_id = id ORDER BY sequence DESC LIMIT 1) >
  coalesce((SELECT sequence FROM ${positions} AS position WHERE copy = ?::integer AND position.aggregate_id = id), 0)`;
  const rows = await query<[string]>(on, preparedStatement(sql), [byteaArray(aggregates), copy]);
  return rows.map(([hex]) => Timestamp.fromHex(hex));
}
