import { projectionTables } from '../projection-tables.js';

/**
 * SQL of a part of a WITH that records the aggregates whose positions another part has moved, a copy and an aggregate in each row, in
 * copies for which that is wanted. Whoever moves a position forwards has it.
 */
export function recordingMoves(schema: string, moved: string): string {
  const { moves } = projectionTables(schema);
  return `INSERT INTO ${moves} (copy, aggregate_id) SELECT copy, aggregate_id FROM ${moved}
  WHERE EXISTS (SELECT FROM ${moves} AS wanted WHERE wanted.copy = ${moved}.copy AND wanted.aggregate_id IS NULL)`;
}
