import type { Knex } from 'knex';
import { Timestamp } from '../../hlc/timestamp.js';
import { sqlState } from '../../store/driver/driver-error.js';
import { byteaArray, query } from '../../store/read/rows.js';
import type { Copy } from '../copies/copy.js';
import { applyStatements } from './statements.js';

/** The position of one aggregate, locked until the transaction ends. */
export interface LockedPosition {
  readonly aggregateId: Timestamp;
  /** The last sequence that the copy has taken in; 0 for none. */
  readonly position: number;
  /** The sequence that its row has in this transaction, until that is set right; more than the position only in a row made ahead. */
  readonly stored: number;
}

/** Positions that a transaction has locked. */
export interface LockedPositions {
  /** In the order of aggregates; those that another transaction has are left out. */
  readonly positions: readonly LockedPosition[];
  /** The setting `lock_timeout` as it was: it is short until {@link readMissing} has put it back. */
  readonly lockTimeout: string;
  /** The schema that unqualified names mean now. */
  readonly currentSchema: string | undefined;
}

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
  { id, status }: Copy,
  aggregates: readonly Timestamp[],
  { ahead = false }: { readonly ahead?: boolean } = {},
): Promise<LockedPositions | undefined> {
  const bindings = [id, status, byteaArray(aggregates), ahead];
  const rows = await lockedRows(transaction, schema, bindings);
  const [first] = rows;
  if (first === undefined || first[2] === null) return undefined;
  const positions = rows.flatMap(([, , , hex, position, stored]) =>
    hex === null || position === null || stored === null
      ? []
      : { aggregateId: Timestamp.fromHex(hex), position, stored },
  );
  return { positions, lockTimeout: first[0], currentSchema: first[1] ?? undefined };
}

type LockedRow = readonly [
  lockTimeout: string,
  currentSchema: string | null,
  copy: number | null,
  aggregateId: string | null,
  position: number | null,
  stored: number | null,
];

async function lockedRows(transaction: Knex.Transaction, schema: string, bindings: Knex.RawBinding[]) {
  try {
    return await query<LockedRow>(transaction, applyStatements(schema).lock, bindings);
  } catch (error) {
    if (sqlState(error) !== '55P03') throw error;
    throw new PositionsBusy('busy', { cause: error });
  }
}
