import { Timestamp } from '../../hlc/timestamp.js';
import {
  type LogCursor,
  nextCursor,
  positionsBesideSlice,
  type SliceEnd,
  type SliceSize,
  sliceSize,
} from '../../store/positions/log-slice.js';
import { projectionTables } from '../../store/projection-tables.js';
import { withReadRetry } from '../../store/read/read-retry.js';
import { type Executor, query } from '../../store/read/rows.js';
import { WORKER_IS_ALIVE } from '../../store/positions/workers.js';

/** An aggregate with events that a copy has not taken in. */
export interface Behind {
  readonly copy: number;
  readonly aggregateId: Timestamp;
  /** Number of events between its position and its last event. */
  readonly events: number;
}

/** A slice of a walk along the log. */
export interface BehindSlice {
  /** Aggregates that are behind in it, without what is parked. At most as many as the slice has aggregates, times the copies. */
  readonly behind: readonly Behind[];
  /** The place where the next slice begins; `undefined` when this one was the last. */
  readonly next: LogCursor | undefined;
  /** Number of workers that were alive, of any projection. */
  readonly workers: number;
}

/**
 * Walks along a slice of the log beside the positions of copies, and finds each aggregate whose position is before its last
 * event. A walk from {@link LOG_START} to the end finds all that were behind when it began, whatever their timestamps and
 * whoever wrote them. Parked aggregates are left out: they have a time for their next try.
 */
export async function behindSlice(
  on: Executor,
  schema: string,
  copies: readonly number[],
  cursor: LogCursor,
  size: SliceSize = sliceSize(on),
): Promise<BehindSlice> {
  const { parked, workers } = projectionTables(schema);
  const select = "copy.id, encode(place.aggregate_id, 'hex'), place.last - place.sequence, NULL";
  const { sql, bindings } = positionsBesideSlice(schema, copies, { select, cursor, size });
  const statement = `${sql}
WHERE place.last > place.sequence AND length(place.aggregate_id) = 16
  AND NOT EXISTS (SELECT FROM ${parked} AS p WHERE p.copy = copy.id AND p.aggregate_id = place.aggregate_id)
UNION ALL SELECT found, encode(through, 'hex'), mean,
  (SELECT count(DISTINCT id) FROM ${workers} WHERE ${WORKER_IS_ALIVE})::integer FROM slice`;
  const rows = await withReadRetry(() => query<[number, string, number, number | null]>(on, statement, bindings), on);
  const behind: Behind[] = [];
  let end: SliceEnd | undefined;
  let alive = 0;
  for (const [number, id, count, workersAlive] of rows)
    if (workersAlive === null) behind.push({ copy: number, aggregateId: Timestamp.fromHex(id), events: count });
    else [end, alive] = [[id, number, count], workersAlive];
  return { behind, next: nextCursor(cursor, size, end), workers: alive };
}
