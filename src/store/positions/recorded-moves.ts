import { projectionTables } from '../projection-tables.js';
import { type Executor, execute } from '../read/rows.js';

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

/** Records that the positions of an aggregate, given in hex digits, have moved in some copies, whose numbers have commas between them. */
export async function recordMove(on: Executor, schema: string, copies: string, aggregateId: string): Promise<void> {
  const { moves } = projectionTables(schema);
  await execute(
    on,
    `INSERT INTO ${moves} (copy, aggregate_id) SELECT unnest(string_to_array(?, ',')::integer[]), decode(?, 'hex')`,
    [copies, aggregateId],
  );
}
