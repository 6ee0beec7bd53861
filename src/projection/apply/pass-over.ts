import type { Knex } from 'knex';
import { isDeadlock, sqlState } from '../../store/driver/driver-error.js';
import { driverOf } from '../../store/driver/driver-of.js';
import { layoutAt } from '../../store/layout/read-layout.js';
import { traitsOf } from '../../store/layout/traits.js';
import { recordingMoves } from '../../store/positions/recorded-moves.js';
import { projectionTables } from '../../store/projection-tables.js';
import { execute, query, textArray } from '../../store/read/rows.js';
import type { Copy } from '../copies/copy.js';
import type { AnyProjection } from '../definition.js';
import type { LogPart } from './log-part.js';
import { CopyGone, passOverByNodes } from './pass-over-nodes.js';
import { readerOf } from './run-events.js';
import type { Place } from './take-in.js';

/** The aggregates of some rows that have nothing for a projection: no event of a type that it handles, and no gap. */
const nothingFor = (from: string) => `SELECT aggregate_id, max(sequence) AS last FROM ${from} GROUP BY aggregate_id
  HAVING min(sequence) = 1 AND count(*) = max(sequence) AND NOT bool_or(type = ANY (ARRAY(SELECT unnest(?::text::text[]))))`;

/**
 * Has a copy pass over the aggregates of a part of the log that have no position yet and no event of a type that it handles, all in one
 * transaction, and returns how many events they have. A copy that begins at the log's beginning meets many of them. What it leaves is for
 * others to take in: nothing at all, when another transaction has one of them.
 */
export async function passOver(
  { knex, schema }: Place,
  copy: Copy,
  definition: AnyProjection,
  part: LogPart,
): Promise<number> {
  const types = textArray(readerOf(definition).types);
  try {
    const { looksUpFor } = traitsOf(await layoutAt(knex, schema));
    const work = looksUpFor === 'any row' ? pass : passOverByNodes;
    return await driverOf(knex).transaction((transaction) => work(transaction, schema, copy, types, part));
  } catch (error) {
    if (error instanceof CopyGone || sqlState(error) === '55P03' || isDeadlock(error)) return 0;
    throw error;
  }
}

async function pass(
  transaction: Knex.Transaction,
  schema: string,
  { id, status }: Copy,
  types: string,
  { after, rows }: LogPart,
): Promise<number> {
  const { log, positions, projections } = projectionTables(schema);
  const begin = Buffer.from(after, 'hex');
  await execute(transaction, "SELECT set_config('lock_timeout', '100ms', true)");
  const [[made, through] = ['0', null]] = await query<[events: string, through: string | null]>(
    transaction,
    `WITH copy AS MATERIALIZED (SELECT id FROM ${projections} WHERE id = ?::integer AND status = ?::text),
scanned AS MATERIALIZED (SELECT aggregate_id, sequence, type FROM ${log} WHERE aggregate_id > ? ORDER BY aggregate_id, sequence LIMIT ${rows}),
whole AS (SELECT * FROM scanned WHERE length(aggregate_id) = 16
  AND aggregate_id < (SELECT aggregate_id FROM scanned ORDER BY aggregate_id DESC LIMIT 1)),
made AS (INSERT INTO ${positions} (copy, aggregate_id, sequence)
  SELECT copy.id, passed.aggregate_id, passed.last FROM copy, (${nothingFor('whole')}) AS passed
  WHERE (SELECT true FROM ${positions} AS found WHERE found.copy = copy.id AND found.aggregate_id = passed.aggregate_id) IS NULL
  ORDER BY passed.aggregate_id ON CONFLICT DO NOTHING RETURNING copy, aggregate_id, sequence),
recorded AS (${recordingMoves(schema, 'made')})
SELECT coalesce(sum(sequence), 0)::text, (SELECT encode(aggregate_id, 'hex') FROM made ORDER BY aggregate_id DESC LIMIT 1) FROM made`,
    [id, status, begin, types],
  );
  if (through === null) return 0;
  // Only what is there now that the rows are ours counts: an aggregate may have been erased while this waited for its position.
  const end = Buffer.from(through, 'hex');
  const wrong = await query<[string]>(
    transaction,
    `DELETE FROM ${positions} WHERE copy = ? AND aggregate_id > ? AND aggregate_id <= ? AND xmin = pg_current_xact_id()::xid
AND (aggregate_id, sequence) NOT IN (${nothingFor(`${log} WHERE aggregate_id > ? AND aggregate_id <= ?`)})
RETURNING sequence::text`,
    [id, begin, end, begin, end, types],
  );
  return wrong.reduce((sum, [sequence]) => sum - Number(sequence), Number(made));
}
