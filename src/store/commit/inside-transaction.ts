import type { Knex } from 'knex';
import type { CommitContext } from './commit-context.js';
import { CommitInterruptedError, type Executor } from '../driver/driver.js';
import { brokenBy, driverOf } from '../driver/driver-of.js';
import { isNodeLost } from '../driver/node-failure.js';
import { driverMessage, isConnectionLost, isUniqueViolation, sqlState } from '../driver/driver-error.js';
import { ConnectionLostError, SerializationError } from '../errors.js';
import { InsertConflictError } from './insert-events.js';
import { storeError } from '../failures/database-errors.js';
import { query } from '../read/rows.js';
import type { CommandCommitResult } from '../store.js';
import type { CommitContent } from './commit-content.js';
import { diagnoseUniqueViolation } from './unique-violation.js';
import { takeTurn } from '../driver/turns.js';
import type { WholeCommit } from './whole-commit.js';
import { writeAll } from './write-all.js';

/**
 * Runs work in a savepoint of the application's transaction: a failure is undone, and the transaction stays usable.
 * Other statements of this library on that transaction wait until the savepoint ends, or until `work` calls `endTurn`.
 */
export async function inSavepoint<Value>(
  transaction: Executor,
  work: (savepoint: Knex.Transaction, endTurn: () => void) => Promise<Value>,
): Promise<Value> {
  let endTurn = (): void => {};
  try {
    return await driverOf(transaction).transaction(async (savepoint) => {
      endTurn = await takeTurn(transaction);
      return await work(savepoint, endTurn);
    });
  } finally {
    endTurn();
  }
}

/**
 * Inserts events inside the application's transaction, and runs the projections, which may read through the store
 * meanwhile.
 */
export async function insertInsideTransaction(context: CommitContext, commit: WholeCommit): Promise<void> {
  await inSavepoint(context.knex, async (savepoint, endTurn) => {
    await writeAll(savepoint, context, commit, endTurn);
  });
}

/**
 * Resolves the failure of a commit inside the application's transaction: `repeated_command` or `retry_command` when the
 * command was carried out before or a sequence is taken, the conflict when none of the events is visible, so that another attempt may succeed. Throws {@link ConnectionLostError}
 * when the connection broke, which undid the whole transaction; {@link SerializationError} when the conflicting events
 * are invisible to the transaction, so that only a new one can see them; every other error as it is.
 */
export async function resolveFailureInside(
  context: CommitContext,
  content: CommitContent,
  failure: unknown,
): Promise<CommandCommitResult | InsertConflictError> {
  const { knex } = context;
  const error = failure instanceof CommitInterruptedError ? failure.cause : failure;
  if (!(error instanceof InsertConflictError)) throw await errorInsideTransaction(knex, error);
  try {
    const answer = await inSavepoint(knex, (savepoint) =>
      diagnoseUniqueViolation({ ...context, knex: savepoint }, content, error.cause),
    );
    if (answer !== undefined) return answer;
    if (!isUniqueViolation(error.cause)) return error;
    const [row] = await query<[string]>(knex, "SELECT current_setting('transaction_isolation')");
    if (row?.[0] === 'read committed') return error;
    throw new SerializationError(
      `Another writer took the same sequence after this transaction began. At isolation level ${row?.[0]} the transaction cannot see that event; nothing of this commit was stored.`,
      { hint: RUN_AGAIN, cause: error.cause },
    );
  } catch (later) {
    throw await errorInsideTransaction(knex, later);
  }
}

/** Yields what a stream of reads yields, and throws the errors of this library. */
export async function* withStoreErrors<Item>(on: Executor, items: AsyncIterable<Item>): AsyncGenerator<Item> {
  try {
    yield* items;
  } catch (error) {
    throw storeError(on.isTransaction === true ? await errorInsideTransaction(on, error) : error);
  }
}

/**
 * Converts an error that undid the application's whole transaction into one that says so; returns others as they are.
 */
export async function errorInsideTransaction(on: Executor, error: unknown): Promise<unknown> {
  const cause = await brokenBy(on, error);
  if (sqlState(cause) === '40001')
    return new SerializationError(`Another transaction changed data that this one uses: ${driverMessage(cause)}.`, {
      hint: RUN_AGAIN,
      cause,
    });
  if (!isConnectionLost(cause)) return cause;
  return new ConnectionLostError(
    isNodeLost(cause)
      ? `A node of the Citus cluster failed inside the application's transaction (${driverMessage(cause)}), which cannot be committed any more.`
      : `The connection broke inside the application's transaction (${driverMessage(cause)}); the whole transaction was rolled back.`,
    { hint: 'Begin the whole transaction again.', cause },
  );
}

const RUN_AGAIN =
  "Roll back and run the whole transaction again; at READ COMMITTED, PostgreSQL's default, it would see what others commit.";
