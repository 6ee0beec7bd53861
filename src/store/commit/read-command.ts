import { withReadRetry } from '../read/read-retry.js';
import type { CarriedOutCommand } from '../store.js';
import type { CommitContext } from './commit-context.js';
import type { NewCommand } from './commit-content.js';
import { storeError } from '../failures/database-errors.js';
import { errorInsideTransaction, inSavepoint } from './inside-transaction.js';
import { storedCommand } from './stored-command.js';

/**
 * The command that was carried out under an id, for a caller of the store. In a transaction of the application it is read in a
 * savepoint, so that a missing table or right does not end that transaction.
 */
export async function readCommand(
  context: CommitContext,
  key: Pick<NewCommand, 'aggregateId' | 'commandId'>,
): Promise<CarriedOutCommand | undefined> {
  const { knex } = context;
  if (knex.isTransaction !== true) return await withReadRetry(() => storedCommand(context, key), knex);
  try {
    return await inSavepoint(knex, (savepoint) => storedCommand({ ...context, knex: savepoint }, key));
  } catch (error) {
    throw storeError(await errorInsideTransaction(knex, error));
  }
}
