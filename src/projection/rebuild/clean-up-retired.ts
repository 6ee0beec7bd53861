import type { Knex } from 'knex';
import { sqlState } from '../../store/driver/driver-error.js';
import { driverOf } from '../../store/driver/driver-of.js';
import { storeError } from '../../store/failures/database-errors.js';
import { goInTurn } from '../../store/layout/in-turn.js';
import { setLockTimeout } from '../../store/layout/lock-timeout.js';
import { markOf } from '../../store/positions/recorded-moves.js';
import { projectionTables } from '../../store/projection-tables.js';
import { type Executor, execute } from '../../store/read/rows.js';
import { type Copy, readCopies, readCopy } from '../copies/copy.js';
import { dropTables } from '../copies/drop-tables.js';
import { forgetMoves, removeMoves } from './forget-moves.js';
import { hasLongMovers } from './long-movers.js';

/** Number of positions that are removed in one transaction. */
const SLICE = 10_000;
/** Longest wait for a lock, in milliseconds. */
const LOCK_TIMEOUT = 200;

/**
 * Removes what copies have left that were replaced or given up: tables, positions, the row of the copy. In small steps, each of which
 * may be the last before a kill: the next call goes on. Also what was recorded for a switch that is not going to be. Several processes may call it. Gives how many copies are left because
 * somebody still uses them; call it again later.
 */
export async function cleanUpRetired(
  knex: Knex,
  schema: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<number> {
  let left = 0;
  try {
    for (const copy of await readCopies(knex, schema))
      if (copy.status === 'retired' && !(await removeCopy(knex, schema, copy, signal))) left += 1;
    await forgetMoves(knex, schema, signal);
    return left;
  } catch (error) {
    throw storeError(error);
  }
}

/** Removes one copy; false when others were in the way. */
async function removeCopy(knex: Knex, schema: string, copy: Copy, signal: AbortSignal | undefined): Promise<boolean> {
  const step = <Value>(work: (transaction: Executor, copy: Copy) => Promise<Value>) =>
    driverOf(knex).transaction(async (transaction) => {
      signal?.throwIfAborted();
      await goInTurn(transaction, schema);
      await setLockTimeout(transaction, schema, LOCK_TIMEOUT);
      const found = await readCopy(transaction, schema, copy.id, 'FOR UPDATE SKIP LOCKED');
      return found === undefined ? undefined : await work(transaction, found);
    });
  try {
    await step((transaction, found) => dropTables(transaction, schema, found));
    for (let removed: number | undefined = SLICE; removed === SLICE;)
      removed = await step((transaction, { id }) => removePositions(transaction, schema, id));
    for (let removed: number | undefined = SLICE; removed === SLICE;)
      removed = await step((transaction, { id }) => removePositions(transaction, schema, markOf(id)));
    for (let removed: number | undefined = 1; removed !== undefined && removed > 0;)
      removed = await step((transaction, { id }) => removeMoves(transaction, schema, id));
    if (await hasLongMovers(knex, schema)) return false;
    await step((transaction, { id }) => removeRow(transaction, schema, id));
    return (await readCopy(knex, schema, copy.id)) === undefined;
  } catch (error) {
    if (['55P03', '40P01'].includes(sqlState(error) ?? '')) return false;
    throw error;
  }
}

async function removePositions(transaction: Executor, schema: string, copy: number): Promise<number> {
  const { positions } = projectionTables(schema);
  return await execute(
    transaction,
    `DELETE FROM ${positions} WHERE copy = ? AND aggregate_id IN
(SELECT aggregate_id FROM ${positions} WHERE copy = ? ORDER BY aggregate_id LIMIT ${SLICE})`,
    [copy, copy],
  );
}

async function removeRow(transaction: Executor, schema: string, copy: number): Promise<void> {
  const { projections, positions, parked, skipped, workers, leases, moves } = projectionTables(schema);
  // Waits for those who began before the copy was retired; whoever comes later finds that it is.
  await execute(transaction, `LOCK TABLE ${positions} IN EXCLUSIVE MODE`);
  for (const table of [positions, parked, skipped, leases, workers, moves])
    await execute(transaction, `DELETE FROM ${table} WHERE copy = ?`, [copy]);
  await execute(transaction, `DELETE FROM ${projections} WHERE id = ?`, [copy]);
}
