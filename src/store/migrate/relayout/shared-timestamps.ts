import { Timestamp } from '../../../hlc/timestamp.js';
import type { Layout } from '../../layout/layout.js';
import { type Executor, query } from '../../read/rows.js';
import type { Places } from './places.js';

/** Most timestamps that are named. */
const MOST = 3;

/**
 * The refusal of events that share a timestamp, which only partitions can hold: of one table, or of another number of partitions, they may meet in a
 * unique index. Reads the whole log, by an index.
 */
export async function sharedTimestamps(on: Executor, { log }: Places, { kind }: Layout): Promise<string[]> {
  if (kind === 'plain') return [];
  const rows = await query<[string]>(
    on,
    `SELECT encode("timestamp", 'hex') FROM ${log} GROUP BY "timestamp" HAVING count(*) > 1 ORDER BY 1 LIMIT ${MOST}`,
  );
  return rows.map(([hex]) => `events that share the timestamp ${Timestamp.fromHex(hex).toString()}`);
}
