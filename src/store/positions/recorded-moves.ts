import { driverOf } from '../driver/driver-of.js';
import { namelessStatement } from '../driver/statement.js';
import type { Layout } from '../layout/layout.js';
import { layoutAt } from '../layout/read-layout.js';
import { traitsOf } from '../layout/traits.js';
import { projectionTables } from '../projection-tables.js';
import { type Executor, execute, query } from '../read/rows.js';

/**
 * SQL of a part of a WITH that records the aggregates whose positions have moved, which another part names by a copy and an aggregate in each row, in
 * copies for which that is wanted. Whoever moves a position forwards has it, or {@link recordMove}, and so
 * has whoever sets back one of the copy that is being built.
 */
export function recordingMoves(schema: string, moved: string): string {
  const { moves } = projectionTables(schema);
  return `INSERT INTO ${moves} (copy, aggregate_id) SELECT copy, aggregate_id FROM ${moved}
  WHERE EXISTS (SELECT FROM ${moves} AS wanted WHERE wanted.copy = ${moved}.copy AND wanted.aggregate_id IS NULL)`;
}

/** Records that the positions of an aggregate, given in hex digits, have moved in some copies, for which that is wanted. */
export async function recordMove(
  on: Executor,
  schema: string,
  layout: Layout,
  copies: readonly number[],
  aggregateId: string,
): Promise<void> {
  if (traitsOf(layout).insertsBy === 'values') {
    for (const copy of copies) await markMoves(on, schema, copy, [aggregateId]);
    return;
  }
  const { moves } = projectionTables(schema);
  const sql = `INSERT INTO ${moves} (copy, aggregate_id) SELECT unnest(string_to_array(?, ',')::integer[]), decode(?, 'hex')`;
  await execute(on, sql, [copies.join(','), aggregateId]);
}

/** True when the moves of a copy are to be recorded. */
export async function areMovesRecorded(on: Executor, schema: string, copy: number): Promise<boolean> {
  const { moves } = projectionTables(schema);
  return (await query(on, `SELECT 1 FROM ${moves} WHERE copy = ? AND aggregate_id IS NULL`, [copy])).length > 0;
}

/** Records that the position of an aggregate, given in hex digits, has moved in a copy, if that is wanted. */
export async function recordIfWanted(on: Executor, schema: string, copy: number, aggregateId: string): Promise<void> {
  if (await areMovesRecorded(on, schema, copy))
    await recordMove(on, schema, await layoutAt(on, schema), [copy], aggregateId);
}

/**
 * The number of the copy whose positions are the record of another one's moves, where a table of them would be on another node than what
 * has moved: a position of it says that the aggregate has moved, since the record began.
 */
export function markOf(copy: number): number {
  return -copy;
}

/** Records moves of some aggregates of one shard, given in hex digits, as positions of {@link markOf}. */
export async function markMoves(
  on: Executor,
  schema: string,
  copy: number,
  aggregates: readonly string[],
): Promise<void> {
  if (aggregates.length === 0) return;
  const { positions } = projectionTables(schema);
  const rows = aggregates.map((_, index) => `($1::integer, decode($${index + 2}, 'hex'), 0)`).join(', ');
  const sql = `INSERT INTO ${positions} (copy, aggregate_id, sequence) VALUES ${rows} ON CONFLICT DO NOTHING`;
  await driverOf(on).send(namelessStatement(sql), [markOf(copy), ...aggregates]);
}
