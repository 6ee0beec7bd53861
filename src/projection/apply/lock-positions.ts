import type { Knex } from 'knex';
import type { Timestamp } from '../../hlc/timestamp.js';
import { sqlState } from '../../store/driver/driver-error.js';
import type { Copy } from '../copies/copy.js';
import { positionsForm } from '../positions/form-of.js';
import type { LockedPositions } from '../positions/positions-form.js';

/** Another transaction is taking in one of the aggregates for the first time, and has not ended yet. */
export class PositionsBusy extends Error {}

/**
 * Locks the positions of aggregates, and makes those that are missing; `ahead`, at the last sequence that the log has, which is where most
 * will be in the end, so that a row is written once. `undefined` when the copy has no longer the status that
 * it had: it was switched or removed. Throws {@link PositionsBusy} instead of waiting for another transaction.
 */
export async function lockPositions(
  transaction: Knex.Transaction,
  schema: string,
  copy: Copy,
  aggregates: readonly Timestamp[],
  { ahead = false }: { readonly ahead?: boolean } = {},
): Promise<LockedPositions | undefined> {
  const form = await positionsForm(transaction, schema);
  try {
    return await form.lock(transaction, copy, aggregates, ahead);
  } catch (error) {
    if (sqlState(error) !== '55P03') throw error;
    throw new PositionsBusy('busy', { cause: error });
  }
}
