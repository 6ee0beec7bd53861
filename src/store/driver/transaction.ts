import type { Knex } from 'knex';
import { reasonOfEnd } from './connection-end.js';
import { CommitInterruptedError, type Executor } from './driver.js';
import { isConnectionLost } from './driver-error.js';
import type { BeginningTransaction, RawConnection } from './relied-upon.js';

/**
 * Runs work in a transaction on a connection, or without one in a savepoint of a transaction. Where `BEGIN` was sent already, that is
 * not done again. Rejects as `Driver.transaction` promises.
 */
export async function runTransaction<Value>(
  knex: Executor,
  connection: RawConnection | undefined,
  work: (transaction: Knex.Transaction) => Promise<Value>,
  { isBegun = false }: { readonly isBegun?: boolean } = {},
): Promise<Value> {
  let working: Promise<Value> | undefined;
  let failure: { readonly error: unknown } | undefined;
  let worked = false;
  try {
    const running = knex.transaction(
      (transaction) => {
        working = work(transaction);
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
    // Where an application has wrapped Knex this is not its transaction, and a second BEGIN does nothing.
    if (isBegun) (running as unknown as BeginningTransaction).begin = () => Promise.resolve();
    await running;
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
