import { MaestroError } from '../../errors.js';
import { sqlState } from '../../store/driver/driver-error.js';
import { driverOf } from '../../store/driver/driver-of.js';
import { storeError } from '../../store/failures/database-errors.js';
import { query } from '../../store/read/rows.js';
import type { EventLog, NonTransactionalLog } from './event-log.js';

/** Sets a limit for the statements of a transaction unless there is a stricter one; tells the one that holds, in milliseconds. */
const SET_LIMIT = `WITH held AS (
  SELECT least(coalesce(nullif(setting::bigint, 0), ?::bigint), ?::bigint)::text AS milliseconds FROM pg_settings WHERE name = 'statement_timeout')
SELECT milliseconds, set_config('statement_timeout', milliseconds, true) FROM held`;
/** The share of the limit after which an end counts as the limit's: the clocks of two machines go differently. */
const NEARLY = 0.99;

/**
 * Reads in one transaction, each statement of which may take `limit` milliseconds, or less where the session has a stricter limit.
 * `undefined` when one takes longer; what ends a statement sooner (somebody cancels it, a lock is not to be had) is thrown. The embedded
 * engine knows no such limit.
 */
export async function withinLimit<Value>(
  log: NonTransactionalLog,
  limit: number,
  read: (log: EventLog) => Promise<Value>,
): Promise<Value | undefined> {
  let endsAfter = Number.POSITIVE_INFINITY;
  try {
    return await driverOf(log.knex).transaction(async (transaction) => {
      const [held] = await query<[string, string]>(transaction, SET_LIMIT, [limit, limit]);
      endsAfter = performance.now() + NEARLY * Number(held?.[0] ?? limit);
      return await read({ ...log, knex: transaction });
    });
  } catch (error) {
    const cause = error instanceof MaestroError ? error.cause : error;
    // The same code has a statement that somebody has cancelled.
    if (sqlState(cause) === '57014' && performance.now() >= endsAfter) return undefined;
    throw storeError(error);
  }
}
