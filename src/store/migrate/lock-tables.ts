import { setTimeout as delay } from 'node:timers/promises';
import type { Knex } from 'knex';
import { sqlState } from '../driver/driver-error.js';
import { DatabaseTimeoutError } from '../errors.js';
import { execute, query } from '../read/rows.js';

/**
 * Longest wait of one attempt for a lock, on the tables or later on a row, in milliseconds: so long others queue behind
 * it at most.
 */
const TRY = 150;
/** The shortest pause between two tries, in milliseconds; the longest is twice as long. */
const PAUSE = 250;

/** A table lock that makes writers wait. */
export type TableLock = 'SHARE ROW EXCLUSIVE' | 'ACCESS EXCLUSIVE';

/** For each lock mode the condition on locks of others that conflict with it. */
const CONFLICTING_LOCKS: Readonly<Record<TableLock | 'a row', string>> = {
  'SHARE ROW EXCLUSIVE': "lock.mode NOT IN ('AccessShareLock', 'RowShareLock')",
  'ACCESS EXCLUSIVE': 'true',
  'a row': "lock.mode <> 'AccessShareLock'",
};

/**
 * Runs `work` under a lock on tables that makes writers wait; the lock is kept until the transaction ends. A waiting
 * lock request makes later ones queue behind it, so each attempt waits only briefly, and others proceed in between,
 * however long somebody's transaction takes. The same holds for locks that `work` itself waits for, such as a row's:
 * then the tables are released and `work` is run again later, so it must do nothing but SQL. Throws
 * {@link DatabaseTimeoutError}, with the processes that held the locks, when `timeout` milliseconds are over; its cause
 * is PostgreSQL's 55P03.
 */
export async function lockTables<Value>(
  transaction: Knex.Transaction,
  /** Names as they are written in SQL. */ tables: readonly string[],
  mode: TableLock,
  timeout: number,
  work: () => Promise<Value>,
): Promise<Value> {
  const deadline = performance.now() + timeout;
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
      if (sqlState(error) !== '55P03') throw error;
      // This releases the table locks, too.
      await execute(transaction, 'ROLLBACK TO SAVEPOINT maestro_lock');
      if (performance.now() >= deadline)
        throw await heldByOthers(transaction, tables, isLocked ? 'a row' : mode, timeout, error);
      await delay(Math.min(PAUSE * (1 + Math.random()), Math.max(0, deadline - performance.now())));
    }
  }
}

async function heldByOthers(
  transaction: Knex.Transaction,
  tables: readonly string[],
  wanted: TableLock | 'a row',
  timeout: number,
  cause: unknown,
): Promise<DatabaseTimeoutError> {
  const holders = await holdersOf(transaction, tables, wanted);
  const what = wanted === 'a row' ? 'rows of the tables' : 'the tables';
  return new DatabaseTimeoutError(
    `Other transactions kept ${what} locked for the whole ${Math.round(timeout / 100) / 10} s${holders === '' ? '' : `: ${holders}`}. Nothing was changed.`,
    { hint: 'Wait for them to end, or allow more time. Other writers go on meanwhile.', cause },
  );
}

/**
 * The processes that hold conflicting locks on the tables or their partitions; how much of them is visible depends on
 * the role.
 */
async function holdersOf(
  transaction: Knex.Transaction,
  tables: readonly string[],
  wanted: TableLock | 'a row',
): Promise<string> {
  const rows = await query<[number, string | null, string | null]>(
    transaction,
    `WITH wanted AS (SELECT to_regclass(name)::oid AS relation FROM unnest(?::text::text[]) AS name)
SELECT lock.pid, max(activity.application_name), max(round(extract(epoch FROM now() - activity.xact_start)))::text
FROM pg_locks AS lock LEFT JOIN pg_stat_activity AS activity ON activity.pid = lock.pid
WHERE lock.granted AND lock.locktype = 'relation' AND ${CONFLICTING_LOCKS[wanted]} AND lock.pid <> pg_backend_pid()
  AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (lock.relation IN (SELECT relation FROM wanted)
    OR lock.relation IN (SELECT inhrelid FROM pg_inherits WHERE inhparent IN (SELECT relation FROM wanted)))
GROUP BY lock.pid ORDER BY min(activity.xact_start) LIMIT 5`,
    [`{${tables.map((table) => `"${table.replace(/["\\]/g, '\\$&')}"`).join(',')}}`],
  );
  return rows
    .map(([pid, application, age]) => {
      const name = application === null || application === '' ? '' : ` (${application})`;
      return `process ${pid}${name}${age === null ? '' : `, in a transaction for ${Math.max(0, Number(age))} s`}`;
    })
    .join('; ');
}
