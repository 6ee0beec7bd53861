import { setTimeout as delay } from 'node:timers/promises';
import type { Knex } from 'knex';
import { driverOf } from '../../driver/driver-of.js';
import { execute, query } from '../../read/rows.js';
import { MigrationLockError } from '../migration-errors.js';
import { lockError, lockKey } from '../migration-lock.js';

/** The pause between two tries, in milliseconds. */
const PAUSE = 250;

/**
 * Runs work while a transaction of its own holds the lock on the indexes of a schema, which PostgreSQL releases when the
 * process is killed. A concurrent build waits for every transaction that began before and has a snapshot. So nobody
 * may wait for this lock in a statement, and the work must leave the transaction alone, but on the embedded database. Throws
 * {@link MigrationLockError} when this lock, or one on a table, is not free in time.
 */
export async function withIndexLock<Value>(
  knex: Knex,
  schema: string,
  lockTimeout: number,
  work: (transaction: Knex.Transaction) => Promise<Value>,
): Promise<Value> {
  const deadline = performance.now() + lockTimeout;
  try {
    for (;;) {
      const done = await driverOf(knex).transaction(async (transaction) => {
        const sql = 'SELECT pg_try_advisory_xact_lock(?::text::bigint)';
        const [row] = await query<[boolean]>(transaction, sql, [lockKey('indexes', schema)]);
        if (row?.[0] !== true) return undefined;
        // A statement with values keeps its snapshot until the next one, and this one has none.
        await execute(transaction, 'SET LOCAL idle_in_transaction_session_timeout = 0');
        return { value: await work(transaction) };
      });
      if (done !== undefined) return done.value;
      if (performance.now() >= deadline)
        throw new MigrationLockError(lockTimeout, undefined, 'Another process works on the indexes or the layout.');
      await delay(Math.min(PAUSE, Math.max(0, deadline - performance.now())));
    }
  } catch (error) {
    throw lockError(error, lockTimeout);
  }
}
