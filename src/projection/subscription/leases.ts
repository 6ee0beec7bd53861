import type { Timestamp } from '../../hlc/timestamp.js';
import { preparedStatement } from '../../store/driver/statement.js';
import { projectionTables } from '../../store/projection-tables.js';
import { type Executor, execute, query } from '../../store/read/rows.js';

/** An aggregate, as one subscription follows it. */
export interface Pair {
  readonly copy: number;
  readonly aggregateId: Timestamp;
}

/** A move of the position of an aggregate, from one sequence to a later one. */
export interface Move {
  readonly from: number;
  readonly to: number;
}

/**
 * Claims an aggregate for so many milliseconds, under a token (a UUID) of this claim alone; false when another claim is on it.
 * All times are those of the database's clock.
 */
export async function claim(on: Executor, schema: string, pair: Pair, token: string, lease: number): Promise<boolean> {
  const { leases } = projectionTables(schema);
  // The other claim is over when this one ends later than its whole length after it: no clock is read for that, as a cluster demands.
  const sql = `INSERT INTO ${leases} AS held (copy, aggregate_id, worker, expires_at)
VALUES (?, ?, ?::text::uuid, clock_timestamp() + ?::integer * interval '1 ms')
ON CONFLICT (copy, aggregate_id) DO UPDATE SET worker = excluded.worker, expires_at = excluded.expires_at
WHERE excluded.expires_at - held.expires_at > ?::integer * interval '1 ms'`;
  return (await execute(on, preparedStatement(sql), [...keyOf(pair), token, lease, lease])) === 1;
}

/** Ends a claim. */
export async function release(on: Executor, schema: string, pair: Pair, token: string): Promise<void> {
  const { leases } = projectionTables(schema);
  const sql = `DELETE FROM ${leases} WHERE copy = ? AND aggregate_id = ? AND worker = ?::text::uuid`;
  await execute(on, preparedStatement(sql), [...keyOf(pair), token]);
}

/** Prolongs claims by so many milliseconds from now, and returns the tokens of those that still are. */
export async function renew(
  on: Executor,
  schema: string,
  tokens: readonly string[],
  lease: number,
): Promise<ReadonlySet<string>> {
  const { leases } = projectionTables(schema);
  const sql = `UPDATE ${leases} SET expires_at = now() + ?::integer * interval '1 ms'
WHERE worker = ANY (?::text::uuid[]) RETURNING worker::text`;
  return new Set((await query<[string]>(on, sql, [lease, `{${tokens.join(',')}}`])).map(([token]) => token));
}

/**
 * Forgets that an aggregate was parked, which is claimed: its position has passed the event, or no event comes after the position any
 * more, since somebody deleted those behind a gap.
 */
export async function heal(on: Executor, schema: string, pair: Pair, token: string): Promise<void> {
  const { leases, log, parked, positions } = projectionTables(schema);
  const sql = `DELETE FROM ${parked} AS parked USING ${leases} AS mine
LEFT JOIN ${positions} AS position USING (copy, aggregate_id)
WHERE mine.copy = ? AND mine.aggregate_id = ? AND mine.worker = ?::text::uuid
  AND parked.copy = mine.copy AND parked.aggregate_id = mine.aggregate_id AND (parked.sequence <= position.sequence OR NOT EXISTS (
    SELECT FROM ${log} AS log WHERE log.aggregate_id = mine.aggregate_id AND log.sequence > coalesce(position.sequence, 0)))`;
  await execute(on, preparedStatement(sql), [...keyOf(pair), token]);
}

function keyOf({ copy, aggregateId }: Pair): [number, Buffer] {
  return [copy, aggregateId.encode()];
}
