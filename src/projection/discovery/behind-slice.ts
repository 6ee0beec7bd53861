import { Timestamp } from '../../hlc/timestamp.js';
import {
  type LogCursor,
  nextCursor,
  positionsBesideSlice,
  type SliceEnd,
  type SliceSize,
  sliceSize,
} from '../../store/positions/log-slice.js';
import { layoutAt } from '../../store/layout/read-layout.js';
import { traitsOf } from '../../store/layout/traits.js';
import { headsBesidePositions, nextRange } from '../../store/positions/node-slices.js';
import { projectionTables } from '../../store/projection-tables.js';
import { withReadRetry } from '../../store/read/read-retry.js';
import { type Executor, query } from '../../store/read/rows.js';

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
  if (traitsOf(await layoutAt(on, schema)).looksUpFor === 'rows of tables')
    return await withReadRetry(() => behindByNodes(on, schema, copies, cursor, size), on);
  const { parked } = projectionTables(schema);
  const select = "copy.id, encode(place.aggregate_id, 'hex'), place.last - place.sequence, NULL";
  const { sql, bindings } = positionsBesideSlice(schema, copies, { select, cursor, size });
  const statement = `${sql}
WHERE place.last > place.sequence AND length(place.aggregate_id) = 16
  AND NOT EXISTS (SELECT FROM ${parked} AS p WHERE p.copy = copy.id AND p.aggregate_id = place.aggregate_id)
UNION ALL SELECT found, encode(through, 'hex'), mean, true FROM slice`;
  const rows = await withReadRetry(() => query<[number, string, number, true | null]>(on, statement, bindings), on);
  const behind: Behind[] = [];
  let end: SliceEnd | undefined;
  for (const [number, id, count, isEnd] of rows)
    if (isEnd === null) behind.push({ copy: number, aggregateId: Timestamp.fromHex(id), events: count });
    else end = [id, number, count];
  return { behind, next: nextCursor(cursor, size, end) };
}

/** The same in a few statements, of which nodes of a cluster compute their parts. */
async function behindByNodes(
  on: Executor,
  schema: string,
  copies: readonly number[],
  cursor: LogCursor,
  size: SliceSize,
): Promise<BehindSlice> {
  const { parked } = projectionTables(schema);
  const { end, after, through } = await nextRange(on, schema, cursor, size);
  const sql = `SELECT encode(head.aggregate_id, 'hex'), head.last - coalesce(place.sequence, 0) FROM ${headsBesidePositions(schema, 'LEFT')}
WHERE head.last > coalesce(place.sequence, 0) AND length(head.aggregate_id) = 16
  AND NOT EXISTS (SELECT 1 FROM ${parked} AS parked WHERE parked.copy = $1::integer AND parked.aggregate_id = head.aggregate_id)`;
  const behind: Behind[] = [];
  for (const copy of copies)
    for (const [id, events] of await query<[string, number]>(on, sql, [copy, after, through]))
      behind.push({ copy, aggregateId: Timestamp.fromHex(id), events });
  return { behind, next: nextCursor(cursor, size, end) };
}
