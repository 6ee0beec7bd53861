import type { Knex } from 'knex';
import { driverOf } from '../../store/driver/driver-of.js';
import { layoutAt } from '../../store/layout/read-layout.js';
import { traitsOf } from '../../store/layout/traits.js';
import { markOf } from '../../store/positions/recorded-moves.js';
import { projectionTables } from '../../store/projection-tables.js';
import { type Executor, execute, query } from '../../store/read/rows.js';

/** Recorded moves of one copy from which on a search of all positions is not much slower. */
const MANY = 1_000_000;
/** Number of moves that are removed in one transaction. */
const SLICE = 10_000;

/**
 * Ends the records of moves that nobody needs any more, since nothing is being built, or that have become too long because something
 * keeps the copy that is being built from being put into use; the next attempt begins another one.
 */
export async function forgetMoves(knex: Knex, schema: string, signal?: AbortSignal): Promise<void> {
  for (const live of await useless(knex, schema)) {
    const before = await driverOf(knex).transaction((transaction) => end(transaction, schema, live));
    for (let removed = before === undefined ? 0 : SLICE; removed === SLICE;) {
      signal?.throwIfAborted();
      removed = await removeMoves(knex, schema, live, before);
    }
  }
}

/** Removes some of the moves of a copy, those that a snapshot sees, if one is given; gives their number. */
export async function removeMoves(on: Executor, schema: string, copy: number, seenBy?: string): Promise<number> {
  const { moves } = projectionTables(schema);
  return await execute(
    on,
    `DELETE FROM ${moves} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${moves} WHERE copy = ? AND aggregate_id IS NOT NULL
AND (?::text IS NULL OR pg_visible_in_snapshot(moved, ?::text::pg_snapshot)) LIMIT ${SLICE}))`,
    [copy, seenBy ?? null, seenBy ?? null],
  );
}

/** Ends the record of a copy; gives a snapshot of that moment, `undefined` when the record is needed, or others have the row. */
async function end(transaction: Executor, schema: string, live: number): Promise<string | undefined> {
  const { projections, positions, moves } = projectionTables(schema);
  const lock = `SELECT id FROM ${projections} WHERE id = ? FOR UPDATE SKIP LOCKED`;
  if ((await query(transaction, lock, [live])).length === 0) return undefined;
  if (!(await useless(transaction, schema)).includes(live)) return undefined;
  const { insertsBy } = traitsOf(await layoutAt(transaction, schema));
  if (insertsBy === 'values') await execute(transaction, `DELETE FROM ${positions} WHERE copy = ?`, [markOf(live)]);
  await execute(transaction, `DELETE FROM ${moves} WHERE copy = ? AND aggregate_id IS NULL`, [live]);
  // There the moves are no rows of this table, and went with their record: what somebody adds after that is a move too many.
  if (insertsBy === 'values') return undefined;
  // Whoever begins another record waits for this transaction, and then searches with a later snapshot.
  return (await query<[string]>(transaction, 'SELECT pg_current_snapshot()::text'))[0]?.[0];
}

/** The live copies with records or with moves that are left of some. */
async function useless(on: Executor, schema: string): Promise<number[]> {
  const { projections, moves } = projectionTables(schema);
  const rows = await query<[number]>(
    on,
    `SELECT live.id FROM ${projections} AS live WHERE live.status = 'live' AND EXISTS (SELECT FROM ${moves} AS move WHERE move.copy = live.id) AND (
  NOT EXISTS (SELECT FROM ${projections} AS building WHERE building.name = live.name AND building.status = 'building')
  OR NOT EXISTS (SELECT FROM ${moves} AS record WHERE record.copy = live.id AND record.aggregate_id IS NULL)
  OR EXISTS (SELECT FROM ${moves} AS move WHERE move.copy = live.id AND move.aggregate_id IS NOT NULL OFFSET ${MANY}))`,
  );
  return rows.map(([id]) => id);
}
