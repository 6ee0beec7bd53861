import type { Executor } from '../driver/driver.js';
import { projectionTables } from '../projection-tables.js';
import { query } from '../read/rows.js';
import { BEYOND, fullSlice, type LogCursor, type SliceEnd, type SliceSize } from './log-slice.js';

/** A range of aggregates: those of a slice, and at the end of the log all that come after it. */
export interface SliceRange {
  /** The end of the slice; `undefined` when the log has nothing after the cursor. */
  readonly end: SliceEnd | undefined;
  readonly after: Buffer;
  /** The last aggregate. */
  readonly through: Buffer;
}

/**
 * The range of the next slice on a cluster, whose nodes look up rows for those of their own shards only: so the end is found first, and what
 * lies in it is compared by {@link headsBesidePositions}, each node for its shards.
 */
export async function nextRange(on: Executor, schema: string, cursor: LogCursor, size: SliceSize): Promise<SliceRange> {
  const { log } = projectionTables(schema);
  const full = fullSlice(cursor, size);
  const after = Buffer.from(cursor.after, 'hex');
  const [[through, found, mean] = [null, 0, 0]] = await query<[string | null, number, number]>(
    on,
    `SELECT encode((array_agg(aggregate_id ORDER BY aggregate_id DESC))[1], 'hex'), count(*)::integer, coalesce(sum(last) / nullif(count(*), 0), 0)::integer
FROM (SELECT aggregate_id, max(sequence) AS last FROM ${log} WHERE aggregate_id > ? GROUP BY aggregate_id
  ORDER BY aggregate_id LIMIT ${full}) AS head`,
    [after],
  );
  const end: SliceEnd | undefined = through === null ? undefined : [through, found, mean];
  return { end, after, through: through === null || found < full ? BEYOND : Buffer.from(through, 'hex') };
}

/**
 * SQL of a join of the aggregates in a range of the log, as `head (aggregate_id, last)`, with their positions in a copy, as
 * `place (aggregate_id, sequence)`. Parameters: the copy, and both ends of the range.
 */
export function headsBesidePositions(schema: string, join: 'LEFT' | 'FULL'): string {
  const { log, positions } = projectionTables(schema);
  const range = 'aggregate_id > $2 AND aggregate_id <= $3';
  return `(SELECT aggregate_id, max(sequence) AS last FROM ${log} WHERE ${range} GROUP BY aggregate_id) AS head
${join} JOIN (SELECT aggregate_id, sequence FROM ${positions} WHERE copy = $1::integer AND ${range}) AS place ON place.aggregate_id = head.aggregate_id`;
}
