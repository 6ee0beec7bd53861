import type { Knex } from 'knex';
import { reasonOfEnd } from './connection-end.js';
import { CommitInterruptedError, type Executor } from './driver.js';
import { isConnectionLost } from './driver-error.js';
import { begunTransaction } from './pg/begun-transaction.js';
import type { PgConnection, RawConnection } from './relied-upon.js';

/**
 * Runs work in a transaction on a connection, or without one in a savepoint of a transaction. Rejects as
 * `Driver.transaction` promises.
 */
export async function runTransaction<Value>(
  knex: Executor,
  connection: RawConnection | undefined,
  work: (transaction: Knex.Transaction) => Promise<Value>,
): Promise<Value> {
  let working: Promise<Value> | undefined;
  let failure: { readonly error: unknown } | undefined;
  let worked = false;
  try {
    await knex.transaction(
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

/**
 * Runs work in a transaction that `begun` begins on a connection; the work awaits that as well. Rejects as `Driver.transaction` promises.
 */
export async function runBegunTransaction<Value>(
  knex: Knex,
  connection: PgConnection,
  begun: Promise<unknown>,
  work: (transaction: Knex.Transaction) => Promise<Value>,
): Promise<Value> {
  // Made while the server works.
  const { transaction, end } = begunTransaction(knex, connection);
  let value: Value;
  try {
    value = await work(transaction);
  } catch (error) {
    // The work may have ended before the answer came; without it nothing is known of the connection.
    await begun.catch(() => {});
    const cause = reasonOfEnd(connection, error);
    await withinPatience(end('ROLLBACK'));
    throw cause;
  }
  try {
    await end('COMMIT;');
  } catch (error) {
    const cause = reasonOfEnd(connection, error);
    throw isConnectionLost(cause) ? new CommitInterruptedError(cause) : cause;
  }
  return value;
}

/** Longest wait for a rollback, in milliseconds, as Knex has it; the pool then finds the connection in a transaction, and ends it. */
const PATIENCE = 5000;

async function withinPatience(rollback: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const waited = new Promise<void>((resolve) => (timer = setTimeout(resolve, PATIENCE)));
  await Promise.race([rollback.catch(() => {}), waited]);
  clearTimeout(timer);
}
