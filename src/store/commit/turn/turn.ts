import type { Knex } from 'knex';
import type { Timestamp } from '../../../hlc/timestamp.js';
import { ok } from '../../../result.js';
import { type BoundStatement, CommitInterruptedError } from '../../driver/driver.js';
import { isConnectionLost } from '../../driver/driver-error.js';
import { ConnectionLostError } from '../../errors.js';
import type { CommandCommitResult } from '../../store.js';
import type { CommitContent } from '../commit-content.js';
import type { CommitContext } from '../commit-context.js';
import { recoverCommit } from '../commit-recovery.js';
import type { CommitProjections } from '../positioned-projection.js';
import { isSmall, type WholeCommit } from '../whole-commit.js';

/** A turn that is asked for. */
export interface AskedTurn<Row> {
  readonly aggregateId: Timestamp;
  /** Time in milliseconds for which whoever commits between turns may go on when this turn is the next. */
  readonly grace: number;
  /** The first read in the turn, which goes with what waits for it. */
  readonly read: BoundStatement;
  readonly projections: CommitProjections;
  /**
   * Decides what is to be committed, nothing if `undefined`. Gets the rows of `read` if they are new, and the transaction for other reads; without
   * one it throws {@link MoreToReadError} when it needs them. Called again when another writer was faster all the same.
   */
  readonly decide: (
    rows: readonly Row[] | undefined,
    transaction: Knex.Transaction | undefined,
  ) => Promise<CommitContent | undefined>;
}

/** Largest number of decisions in one turn, while writers that wait for no turn are faster. */
export const MAX_DECISIONS = 20;

/** The place in the transaction to which a conflict takes it back: the turn is older, and stays. */
export const MARK: BoundStatement = { statement: { sql: 'SAVEPOINT turn' }, bindings: [] };
export const BACK_TO_MARK: BoundStatement = { statement: { sql: 'ROLLBACK TO SAVEPOINT turn' }, bindings: [] };

/** Thrown by `decide` when it has to read more than was read with the turn. */
export class MoreToReadError extends Error {}

/** Wraps what `decide` throws, which is not the database's. */
export class DecisionError extends Error {}

/** Decides; throws {@link DecisionError} for whatever that throws. */
export async function decided<Row>(
  { decide }: AskedTurn<Row>,
  rows: readonly Row[] | undefined,
  transaction?: Knex.Transaction,
): Promise<CommitContent | undefined> {
  try {
    return await decide(rows, transaction);
  } catch (error) {
    throw new DecisionError('Nothing was decided.', { cause: error });
  }
}

/** Finds the outcome of a commit that failed in a turn. Throws the error again, unless it leaves the outcome open. */
export async function recoverInTurn(
  context: CommitContext,
  commit: WholeCommit,
  error: unknown,
): Promise<CommandCommitResult> {
  const isOneStatement = isSmall(context, commit);
  const lost = error instanceof CommitInterruptedError ? error.cause : isOneStatement ? error : undefined;
  if (lost === undefined || !isConnectionLost(lost)) throw error;
  return (await recoverCommit(context, commit, isOneStatement ? 'again' : 'probe', lost)) ?? ok(commit.committed);
}

/** True when the connection of a turn broke, before anything was to be committed in it. */
export function isTurnLost(error: unknown): boolean {
  const isWrapped = error instanceof DecisionError || error instanceof CommitInterruptedError;
  const cause = isWrapped ? error.cause : error;
  return cause instanceof ConnectionLostError || isConnectionLost(cause);
}
