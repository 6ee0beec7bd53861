import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { sqlState } from '../driver/driver-error.js';
import { isRefusedByNode } from '../driver/node-failure.js';
import { DatabaseTimeoutError } from '../errors.js';
import { MigrationLockError } from './migration-errors.js';
import { execute, query } from '../read/rows.js';
import { driverOf } from '../driver/driver-of.js';

/**
 * Runs work in one transaction under the migration lock of a schema, an advisory lock that PostgreSQL releases when the
 * transaction ends, also when the process is killed. Throws {@link MigrationLockError} when that lock, or one on a
 * table, is not free in time.
 */
export async function withMigrationLock<Value>(
  knex: Knex,
  schema: string,
  lockTimeout: number,
  work: (transaction: Knex.Transaction) => Promise<Value>,
): Promise<Value> {
  try {
    return await driverOf(knex).transaction(async (transaction) => {
      await execute(transaction, `SET LOCAL lock_timeout = ${lockTimeout}`);
      await query(transaction, 'SELECT pg_advisory_xact_lock(?::text::bigint)', [lockKey('migrations', schema)]);
      return await work(transaction);
    });
  } catch (error) {
    throw lockError(error, lockTimeout);
  }
}

/** The error; {@link MigrationLockError} when it is about a lock that was not free in time. */
export function lockError(error: unknown, lockTimeout: number): unknown {
  if (isHeldByOthers(error)) return new MigrationLockError(lockTimeout, error, error.message);
  return sqlState(error) === '55P03' ? new MigrationLockError(lockTimeout, error) : error;
}

/** True when `lockTables` gave up. */
function isHeldByOthers(error: unknown): error is DatabaseTimeoutError {
  if (!(error instanceof DatabaseTimeoutError)) return false;
  return sqlState(error.cause) === '55P03' || isRefusedByNode(error.cause);
}

/** One lock per database, schema and subject: PostgreSQL keeps advisory locks of different databases apart. */
export function lockKey(subject: 'migrations' | 'indexes', schema: string): string {
  return createHash('sha256').update(`maestro_${subject} ${schema}`).digest().readBigInt64BE().toString();
}
