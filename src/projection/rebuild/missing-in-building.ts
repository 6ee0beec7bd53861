import { Timestamp } from '../../hlc/timestamp.js';
import { projectionTables } from '../../store/projection-tables.js';
import { byteaArray, type Executor, query } from '../../store/read/rows.js';
import { qualified } from '../../store/schema-name.js';

/** What a search for missing events has looked at. */
export interface Searched {
  /** The aggregates that it found. */
  readonly found: readonly Timestamp[];
  /** All that was not seen has moved a position in this transaction or a later one. */
  readonly since: string;
}

/**
 * Finds the aggregates in which a copy that is being built is not as far as the one in use, with events in the log that it lacks: at
 * most `limit`. After an earlier search it looks only at what that found and at what was moved since, which is quick.
 */
export async function missingInBuilding(
  on: Executor,
  schema: string,
  copies: { readonly live: number; readonly building: number },
  limit: number,
  earlier?: Searched,
): Promise<Searched> {
  const { positions } = projectionTables(schema);
  const [[since] = ['3']] = await query<[string]>(on, 'SELECT pg_snapshot_xmin(pg_current_snapshot())::text');
  const changed =
    earlier === undefined
      ? ''
      : 'AND (age(live.xmin) <= age(?::text::xid8::xid) OR live.aggregate_id = ANY (?::text::bytea[]))';
  const rows = await query<[string]>(
    on,
    `SELECT encode(live.aggregate_id, 'hex') FROM ${positions} AS live
LEFT JOIN ${positions} AS built ON built.copy = ? AND built.aggregate_id = live.aggregate_id
WHERE live.copy = ? AND live.sequence > coalesce(built.sequence, 0) ${changed}
AND EXISTS (SELECT FROM ${qualified(schema, 'event_log')} AS event WHERE event.aggregate_id = live.aggregate_id
  AND event.sequence > coalesce(built.sequence, 0) AND event.sequence <= live.sequence)
LIMIT ?`,
    [copies.building, copies.live, ...(earlier === undefined ? [] : [earlier.since, byteaArray(earlier.found)]), limit],
  );
  return { found: rows.map(([hex]) => Timestamp.fromHex(hex)), since };
}
