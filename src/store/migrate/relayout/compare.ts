import { type Executor, execute, query } from '../../read/rows.js';
import { LayoutChangeRefusedError } from '../migration-errors.js';
import { inOneMoment, takeOver } from './catch-up.js';
import { BY_INDEX } from './copy-events.js';
import type { Places } from './places.js';

/** Number and digest of all events of a log. */
export interface LogDigest {
  readonly events: number;
  /**
   * Two sums of hashes of all columns of each event, so that the order does not matter and PostgreSQL can compute them with all its workers.
   */
  readonly digest: string;
}

/**
 * Compares the copy with the log, as they are at one moment, after taking over all that is noted by then. Throws when an event of one is
 * not the same in the other.
 */
export async function compareLogs(on: Executor, places: Places): Promise<LogDigest> {
  return await inOneMoment(on, async (transaction) => {
    await takeOver(transaction, places);
    for (const setting of BY_INDEX) await execute(transaction, setting.replace('= off', '= on'));
    const log = await digestOf(transaction, places.log);
    const copy = await digestOf(transaction, places.copy);
    if (log.events === copy.events && log.digest === copy.digest) return log;
    throw new LayoutChangeRefusedError(
      [`the copy has ${copy.events} events, and not the same ones as the log, which has ${log.events}`],
      { hint: 'Remove the copy with --cancel, then begin again. The log was not changed.' },
    );
  });
}

async function digestOf(on: Executor, table: string): Promise<LogDigest> {
  const sum = (seed: number) => `coalesce(sum(hashtextextended(event, ${seed})::numeric), 0)::text`;
  const sql = `SELECT count(*)::text, ${sum(0)}, ${sum(1)} FROM (
  SELECT (encode("timestamp", 'hex') || encode(aggregate_id, 'hex') || sequence || ' ' || length(type) || ' ' || type || body::text) COLLATE "C" AS event
  FROM ${table}) AS events`;
  const [row] = await query<[string, string, string]>(on, sql);
  return { events: Number(row?.[0]), digest: `${row?.[1]}:${row?.[2]}` };
}
