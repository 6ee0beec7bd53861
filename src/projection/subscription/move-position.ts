import { preparedStatement } from '../../store/driver/statement.js';
import type { Executor } from '../../store/driver/driver.js';
import { layoutAt } from '../../store/layout/read-layout.js';
import { traitsOf } from '../../store/layout/traits.js';
import { projectionTables } from '../../store/projection-tables.js';
import { execute, query } from '../../store/read/rows.js';
import type { Move, Pair } from './leases.js';

/**
 * Moves the position of an aggregate that is still claimed, and forgets that it was parked before; `last` ends the claim as well.
 * False, with nothing done, when the claim is gone, or when somebody has moved the position or erased the aggregate. Inside
 * a transaction all of that holds until its end.
 */
export async function move(
  on: Executor,
  schema: string,
  { copy, aggregateId }: Pair,
  token: string,
  { from, to, last }: Move & { readonly last: boolean },
): Promise<boolean> {
  const place = [copy, aggregateId.encode()];
  const makesRows = traitsOf(await layoutAt(on, schema)).insertsBy === 'unnest';
  if (!makesRows && from === 0) await makeEmptyPosition(on, schema, place);
  const sql = makesRows ? moveOrMake(schema, last) : moveOnly(schema, last);
  const [[count] = [0]] = await query<[number]>(on, preparedStatement(sql), [...place, token, to, from]);
  return count === 1;
}

/** Makes the position for a first event, which stands before it: one that nobody moves means nothing. */
async function makeEmptyPosition(on: Executor, schema: string, place: readonly (number | Buffer)[]): Promise<void> {
  const { positions } = projectionTables(schema);
  const sql = `INSERT INTO ${positions} (copy, aggregate_id, sequence) VALUES (?, ?, 0) ON CONFLICT DO NOTHING`;
  await execute(on, preparedStatement(sql), place);
}

/** (copy, aggregate, token, to, from) → the number of positions that were moved, or made where they stand before a first event. */
function moveOrMake(schema: string, last: boolean): string {
  const { positions } = projectionTables(schema);
  return around(
    schema,
    last,
    `INSERT INTO ${positions} AS position (copy, aggregate_id, sequence)
  SELECT copy, aggregate_id, $4::integer FROM mine
  WHERE $5::integer = 0 OR EXISTS (
    SELECT FROM ${positions} AS known WHERE known.copy = mine.copy AND known.aggregate_id = mine.aggregate_id
  )
  ON CONFLICT (copy, aggregate_id) DO UPDATE SET sequence = excluded.sequence WHERE position.sequence = $5::integer
  RETURNING copy, aggregate_id`,
  );
}

/** The same where positions are there: each table is compared with the aggregate, so that a cluster finds their shard. */
function moveOnly(schema: string, last: boolean): string {
  const { positions } = projectionTables(schema);
  return around(
    schema,
    last,
    `UPDATE ${positions} AS position SET sequence = $4::integer FROM mine
  WHERE position.copy = mine.copy AND position.aggregate_id = mine.aggregate_id AND position.aggregate_id = $2 AND position.sequence = $5::integer
  RETURNING position.copy, position.aggregate_id`,
  );
}

/** A statement that moves the position while the claim is there, and then ends that the aggregate is parked. */
function around(schema: string, last: boolean, moved: string): string {
  const { leases, parked } = projectionTables(schema);
  const mine = `${leases} WHERE copy = $1 AND aggregate_id = $2 AND worker = $3::text::uuid`;
  return `WITH mine AS (
  ${last ? `DELETE FROM ${mine} RETURNING copy, aggregate_id` : `SELECT copy, aggregate_id FROM ${mine} FOR UPDATE`}
), moved AS (
  ${moved}
), healed AS (
  DELETE FROM ${parked} AS parked USING moved
  WHERE parked.copy = moved.copy AND parked.aggregate_id = moved.aggregate_id AND parked.aggregate_id = $2 AND parked.sequence <= $4::integer
)
SELECT count(*)::integer FROM moved`;
}
