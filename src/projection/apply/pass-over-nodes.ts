import type { Knex } from 'knex';
import { setLockTimeout } from '../../store/layout/lock-timeout.js';
import { nextRange } from '../../store/positions/node-slices.js';
import { areMovesRecorded, markMoves } from '../../store/positions/recorded-moves.js';
import { projectionTables } from '../../store/projection-tables.js';
import { execute, query } from '../../store/read/rows.js';
import type { Copy } from '../copies/copy.js';
import type { LogPart } from './log-part.js';

/** Most moves that are recorded by one statement. */
const MOST_MARKS = 5000;

/** The copy has another status by now. */
export class CopyGone extends Error {}

/**
 * Has a copy pass over aggregates as `passOver` does, each node of a cluster those of its own shards; gives the number of their events.
 * Throws {@link CopyGone}, and then the transaction has to be rolled back.
 */
export async function passOverByNodes(
  transaction: Knex.Transaction,
  schema: string,
  { id, status }: Copy,
  types: string,
  { after, rows }: LogPart,
): Promise<number> {
  const { log, positions, projections } = projectionTables(schema);
  await setLockTimeout(transaction, schema, 100);
  const range = await nextRange(transaction, schema, { after, leaps: false }, { rows, leaps: rows });
  if (range.end === undefined) return 0;
  // What lies in one range is in the same for both statements; the last aggregate is left out as elsewhere.
  const bindings = [types, range.after, Buffer.from(range.end[0], 'hex')];
  const nothingFor = (also: string) => `log.aggregate_id, max(log.sequence) FROM ${log} AS log
WHERE log.aggregate_id > $2 AND log.aggregate_id < $3 AND length(log.aggregate_id) = 16 ${also}
GROUP BY log.aggregate_id HAVING min(log.sequence) = 1 AND count(*) = max(log.sequence) AND NOT bool_or(log.type = ANY ($1::text[]))`;
  const made = await query<[string, number]>(
    transaction,
    `INSERT INTO ${positions} (copy, aggregate_id, sequence) SELECT $4::integer, ${nothingFor(`AND NOT EXISTS (
  SELECT 1 FROM ${positions} AS found WHERE found.copy = $4::integer AND found.aggregate_id = log.aggregate_id)`)}
ON CONFLICT DO NOTHING RETURNING encode(aggregate_id, 'hex'), sequence`,
    [...bindings, id],
  );
  // Read after the positions are made, which keeps out whoever changes it.
  const copies = await query(transaction, `SELECT 1 FROM ${projections} WHERE id = ? AND status = ?`, [id, status]);
  if (copies.length === 0) throw new CopyGone();
  if (made.length === 0) return 0;
  // Only what is there now that the rows are ours counts: an aggregate may have been erased while this waited for its position.
  const now = new Map(await query<[string, number]>(transaction, `SELECT encode(aggregate_id, 'hex'), max FROM (SELECT ${nothingFor('')}) AS nothing`, bindings)); // prettier-ignore
  const wrong = made.filter(([hex, last]) => now.get(hex) !== last).map(([hex]) => hex);
  if (wrong.length > 0)
    await execute(transaction, `DELETE FROM ${positions} WHERE copy = $1 AND aggregate_id = ANY ($2::bytea[])`, [
      id,
      `{${wrong.map((hex) => `"\\\\x${hex}"`).join(',')}}`,
    ]);
  const right = made.filter(([hex, last]) => now.get(hex) === last);
  if (await areMovesRecorded(transaction, schema, id))
    for (let next = 0; next < right.length; next += MOST_MARKS)
      await markMoves(transaction, schema, id, right.slice(next, next + MOST_MARKS).map(([hex]) => hex)); // prettier-ignore
  return right.reduce((sum, [, last]) => sum + last, 0);
}
