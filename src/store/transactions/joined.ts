import type { Knex } from 'knex';
import { InvalidArgumentError } from '../../errors.js';

/** Transaction that a call takes part in. */
export interface JoinOptions {
  /**
   * A transaction of the application, `knex.transaction(…)`: the call uses its connection, sees what it has written, and is
   * undone with it. One call after another; wait for each before the next. @defaultValue none: any connection
   */
  readonly transaction?: Knex.Transaction | undefined;
}

/** Throws {@link InvalidArgumentError} for what is no transaction, or one that has ended. */
export function checkedTransaction(transaction: Knex.Transaction): Knex.Transaction {
  if ((transaction as Partial<Knex.Transaction> | null)?.isTransaction !== true)
    throw new InvalidArgumentError('`transaction` is not a transaction of Knex.', {
      hint: 'Write `knex.transaction((transaction) => …)` and pass that on, or leave the option out.',
    });
  if (transaction.isCompleted()) throw endedTransaction();
  return transaction;
}

/** The error for a call that joins a transaction after its end. */
export function endedTransaction(cause?: unknown): InvalidArgumentError {
  return new InvalidArgumentError('The transaction that is to be joined has ended.', {
    hint: 'Was an `await` forgotten inside of it? Knex commits when its function returns, so wait there for every call that takes it.',
    cause,
  });
}

/** Calls back when the outermost transaction around this one has ended, however it did. */
export function whenEnded(transaction: Knex.Transaction, callback: () => void): void {
  outermost(transaction).executionPromise.then(callback, callback);
}

/** Calls back when the outermost transaction around this one has been committed. */
export function whenCommitted(transaction: Knex.Transaction, callback: () => void): void {
  outermost(transaction).executionPromise.then(callback, () => {});
}

function outermost(transaction: Knex.Transaction): Knex.Transaction {
  let around = transaction;
  while (around.parentTransaction !== undefined) around = around.parentTransaction;
  return around;
}
