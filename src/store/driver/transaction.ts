import type { Knex } from 'knex';
import { reasonOfEnd } from './connection-end.js';
import { isConnectionLost } from './driver-error.js';
import { onConnection } from './pool-connection.js';

/** The connection broke while COMMIT was under way: the transaction may or may not have taken effect. */
export class CommitInterruptedError extends Error {
  constructor(cause: unknown) {
    super('The connection broke during COMMIT', { cause });
  }
}

/**
 * Runs work in one transaction, which sees what others have committed meanwhile (`READ COMMITTED`), whatever the server, the
 * role or the session has as default; it is also given the connection, unless the transaction runs inside another. Rejects with the first error of the work, never with a later one that the rollback met,
 * and with {@link CommitInterruptedError} when the connection broke after the work was done.
 */
export async function inTransaction<Value>(
  knex: Knex,
  work: (transaction: Knex.Transaction, connection: unknown) => Promise<Value>,
): Promise<Value> {
  if (knex.isTransaction === true) return await transactionOn(knex, undefined, work);
  return await onConnection(knex, (connection) => transactionOn(knex, connection, work));
}

async function transactionOn<Value>(
  knex: Knex,
  connection: unknown,
  work: (transaction: Knex.Transaction, connection: unknown) => Promise<Value>,
): Promise<Value> {
  let working: Promise<Value> | undefined;
  let failure: { readonly error: unknown } | undefined;
  let worked = false;
  try {
    await knex.transaction(
      (transaction) => {
        working = work(transaction, connection);
        working.then(
          () => {
            worked = true;
          },
          (error: unknown) => {
            failure = { error };
          },
        );
        return working;
      },
      // Of a transaction that is open already, the level is its owner's.
      { connection, ...(connection !== undefined && { isolationLevel: 'read committed' as const }) },
    );
  } catch (error) {
    // While the work still goes on, this is the first error: the connection broke, or BEGIN failed. It is let run out.
    const first = failure ?? { error };
    await working?.catch(() => {});
    const cause = connection === undefined ? first.error : reasonOfEnd(connection, first.error);
    if (worked && isConnectionLost(cause)) throw new CommitInterruptedError(cause);
    throw cause;
  }
  return await (working as unknown as Promise<Value>);
}
