import { setTimeout as delay } from 'node:timers/promises';
import type { Knex } from 'knex';
import { driverMessage, sqlState } from '../driver/driver-error.js';
import { isRefusedByNode } from '../driver/node-failure.js';
import { DatabaseTimeoutError } from '../errors.js';
import { TELL_SETTINGS } from '../layout/tell-settings.js';
import { execute } from '../read/rows.js';
import { knowsCitus } from './citus/distribution.js';
import { holdersOf, type TableLock, type WantedLock } from './lock-holders.js';

/**
 * Longest wait of one attempt for a lock, on the tables or later on a row, in milliseconds: so long others queue behind
 * it at most.
 */
const TRY = 150;
/** The shortest pause between two tries, in milliseconds; the longest is twice as long. */
const PAUSE = 250;

/**
 * Runs `work` under a lock on tables that makes writers wait; the lock is kept until the transaction ends. A waiting
 * lock request makes later ones queue behind it, so each attempt waits only briefly, and others proceed in between,
 * however long somebody's transaction takes. The same holds for locks that `work` itself waits for, such as a row's:
 * then the tables are released and `work` is run again later, so it must do nothing but SQL. Throws
 * {@link DatabaseTimeoutError}, with the processes that held the locks, when `timeout` milliseconds are over; its cause
 * is PostgreSQL's 55P03. On a Citus cluster, all nodes give up after as short a wait.
 */
export async function lockTables<Value>(
  transaction: Knex.Transaction,
  /** Names as they are written in SQL. */ tables: readonly string[],
  mode: TableLock,
  timeout: number,
  work: () => Promise<Value>,
): Promise<Value> {
  const deadline = performance.now() + timeout;
  const isCluster = await knowsCitus(transaction);
  if (isCluster) await execute(transaction, TELL_SETTINGS);
  await execute(transaction, 'SAVEPOINT maestro_lock');
  for (;;) {
    let isLocked = false;
    try {
      const left = deadline - performance.now();
      await execute(transaction, `SET LOCAL lock_timeout = ${Math.max(1, Math.trunc(Math.min(TRY, left)))}`);
      await execute(transaction, `LOCK TABLE ${tables.join(', ')} IN ${mode} MODE`);
      isLocked = true;
      await execute(transaction, `SET LOCAL lock_timeout = ${TRY}`);
      const value = await work();
      await execute(transaction, 'RELEASE SAVEPOINT maestro_lock');
      return value;
    } catch (error) {
      // A node whose lock was not free in time does not tell the code; where it is something else, it stays until time is over.
      if (sqlState(error) !== '55P03' && (isLocked || !isRefusedByNode(error))) throw error;
      // This releases the table locks, too.
      await execute(transaction, 'ROLLBACK TO SAVEPOINT maestro_lock');
      if (performance.now() >= deadline)
        throw await heldByOthers(transaction, { tables, lock: isLocked ? 'a row' : mode, isCluster }, timeout, error);
      await delay(Math.min(PAUSE * (1 + Math.random()), Math.max(0, deadline - performance.now())));
    }
  }
}

async function heldByOthers(
  transaction: Knex.Transaction,
  wanted: WantedLock,
  timeout: number,
  cause: unknown,
): Promise<DatabaseTimeoutError> {
  const holders = await holdersOf(transaction, wanted);
  if (holders === '' && isRefusedByNode(cause))
    return new DatabaseTimeoutError(
      `A node of the Citus cluster did not lock the tables for the whole ${inSeconds(timeout)}: ${driverMessage(cause)}. Nothing was changed.`,
      { hint: 'Look at the log of that node, or allow more time. Other writers go on meanwhile.', cause },
    );
  const what = wanted.lock === 'a row' ? 'rows of the tables' : 'the tables';
  return new DatabaseTimeoutError(
    `Other transactions kept ${what} locked for the whole ${inSeconds(timeout)}${holders === '' ? '' : `: ${holders}`}. Nothing was changed.`,
    { hint: 'Wait for them to end, or allow more time. Other writers go on meanwhile.', cause },
  );
}

function inSeconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}
