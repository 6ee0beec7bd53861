import type { Knex } from 'knex';
import { isConnectionLost } from './database-errors.js';

/** The connection broke while COMMIT was under way: the transaction may or may not have taken effect. */
export class CommitInterruptedError extends Error {
  constructor(cause: unknown) {
    super('The connection broke during COMMIT', { cause });
  }
}

/**
 * Runs work in one transaction. Rejects with the first error of the work, never with a later one that the rollback met,
 * and with {@link CommitInterruptedError} when the connection broke after the work was done.
 */
export async function inTransaction<Value>(
  knex: Knex,
  work: (transaction: Knex.Transaction) => Promise<Value>,
): Promise<Value> {
  let failure: { readonly error: unknown } | undefined;
  let worked = false;
  try {
    return await knex.transaction(async (transaction) => {
      try {
        const value = await work(transaction);
        worked = true;
        return value;
      } catch (error) {
        failure = { error };
        throw error;
      }
    });
  } catch (error) {
    if (failure !== undefined) throw failure.error;
    if (worked && isConnectionLost(error)) throw new CommitInterruptedError(error);
    throw error;
  }
}
