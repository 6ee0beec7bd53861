import type { Knex } from 'knex';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { Copy } from '../copies/copy.js';
import type { ReadModelDefinition } from '../definition.js';

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
  /** The setting `lock_timeout` as it was: it is short until `readMissing` has put it back. */
  readonly lockTimeout: string;
  /** The schema that unqualified names mean now. */
  readonly currentSchema: string | undefined;
}

/** Positions of a live copy that a commit has locked. */
export interface CommitPositions {
  /** The live copy of this version; `undefined` when there is none. */
  readonly copy: number | undefined;
  /** True when the database has a copy with the name, of any version. */
  readonly isRegistered: boolean;
  /** By the hex digits of the aggregate. */
  readonly positions: ReadonlyMap<string, number>;
  /** The schema of the copy's tables, where the session does not find them first by unqualified names. */
  readonly elsewhere: string | undefined;
  /** The search path of the session. */
  readonly searchPath: string;
}

/** The end of what was taken in of an aggregate. */
export interface PositionMove {
  readonly aggregateId: Timestamp;
  readonly sequence: number;
}

/** Moves of positions of one copy. */
export interface PositionMoves {
  readonly copy: number;
  /** The rows that have another sequence. */
  readonly moves: readonly PositionMove[];
  /** The aggregates of which events were taken in, which are parked no longer; a row that was made ahead is right already. */
  readonly taken: readonly Timestamp[];
}

/** Longest wait for the position of an aggregate that another transaction is taking in for the first time, in milliseconds. */
export const PATIENCE = 5;

/**
 * The statements that lock and move positions, in the form for one kind of layout; all in the transaction of whoever takes in events.
 * Where batches are of one shard, {@link lock} and {@link move} take the aggregates of one.
 */
export interface PositionsForm {
  /**
   * Locks the positions of aggregates in a copy of that status, and makes those that are missing; `ahead`, where that is quicker, at the
   * last sequence that the log has. `undefined` when the copy has another status by now. Fails with 55P03 instead of waiting for long.
   */
  lock(
    transaction: Knex.Transaction,
    copy: Pick<Copy, 'id' | 'status'>,
    aggregates: readonly Timestamp[],
    ahead: boolean,
  ): Promise<LockedPositions | undefined>;
  /** Locks the positions of aggregates in the live copy of a projection, if that has this version; waits for others who have them. */
  lockForCommit(
    transaction: Knex.Transaction,
    definition: Pick<ReadModelDefinition, 'name' | 'version'>,
    aggregates: readonly Timestamp[],
  ): Promise<CommitPositions>;
  /** Sets positions that are locked, records them where that is wanted, and ends that aggregates are parked; gives the number of rows that were set. */
  move(transaction: Knex.Transaction, moves: PositionMoves): Promise<number>;
}
