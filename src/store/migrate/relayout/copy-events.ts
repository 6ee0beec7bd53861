import { driverOf } from '../../driver/driver-of.js';
import { type Executor, execute, query } from '../../read/rows.js';
import type { Places } from './places.js';
import { lockWork, moveOn } from './progress-state.js';

/** Number of events that are copied in one transaction. */
const AT_ONCE = 50_000;

/** The columns of an event. */
export const COLUMNS = '"timestamp", aggregate_id, sequence, type, body';

/** Has PostgreSQL follow indexes, whatever it knows about the tables yet. */
export const BY_INDEX = [
  'SET LOCAL enable_seqscan = off',
  'SET LOCAL enable_hashjoin = off',
  'SET LOCAL enable_mergejoin = off',
];

/**
 * Copies the next events in the order of their timestamps, which never change, and remembers how far that is in the same transaction. Gives their
 * number; 0 when another process is further, or when all are copied, which moves the work on. What changes meanwhile may be copied
 * twice or not at all: it is noted.
 */
export async function copyNext(on: Executor, places: Places, atOnce = AT_ONCE): Promise<number> {
  return await driverOf(on).transaction(async (transaction) => {
    const work = await lockWork(transaction, places, 'copying');
    if (work === undefined) return 0;
    await execute(transaction, 'SET LOCAL row_security = off');
    for (const setting of BY_INDEX) await execute(transaction, setting);
    const { count, last } = await copyEvents(transaction, places, work.copied, atOnce);
    if (last !== undefined)
      await execute(transaction, `UPDATE ${places.state} SET copied = decode(?::text, 'hex')`, [last]);
    else await endCopy(transaction, places);
    return count;
  });
}

/** Copies events after a timestamp; gives how many, and the last timestamp when there may be more. */
export async function copyEvents(
  transaction: Executor,
  { log, copy }: Places,
  after: string | undefined,
  most: number,
): Promise<{ readonly count: number; readonly last: string | undefined }> {
  const from = after === undefined ? 'true' : `"timestamp" > decode(?::text, 'hex')`;
  const bindings = after === undefined ? [] : [after];
  const [end] = await query<[string]>(
    transaction,
    `SELECT encode("timestamp", 'hex') FROM ${log} WHERE ${from} ORDER BY "timestamp" OFFSET ${most - 1} LIMIT 1`,
    bindings,
  );
  const last = end?.[0];
  const to = last === undefined ? 'true' : `"timestamp" <= decode(?::text, 'hex')`;
  const count = await execute(
    transaction,
    `INSERT INTO ${copy} (${COLUMNS}) SELECT ${COLUMNS} FROM ${log} WHERE ${from} AND ${to}`,
    last === undefined ? bindings : [...bindings, last],
  );
  return { count, last };
}

/** Removes from the copy what has changed since the work began, so that each event is in it at most once. */
async function endCopy(transaction: Executor, places: Places): Promise<void> {
  const { changes, copy } = places;
  for (const setting of BY_INDEX) await execute(transaction, setting.replace('= off', '= on'));
  await execute(
    transaction,
    `DELETE FROM ${copy} AS event USING (SELECT DISTINCT aggregate_id, sequence FROM ${changes}) AS changed
WHERE event.aggregate_id = changed.aggregate_id AND event.sequence = changed.sequence`,
  );
  await moveOn(transaction, places, 'copying', 'catching up');
}
