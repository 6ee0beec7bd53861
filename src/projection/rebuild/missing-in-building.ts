import { Timestamp } from '../../hlc/timestamp.js';
import { projectionTables } from '../../store/projection-tables.js';
import { byteaArray, type Executor, query } from '../../store/read/rows.js';

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
  { live, building }: { readonly live: number; readonly building: number },
  limit: number,
  earlier?: Searched,
): Promise<Searched> {
  const [[since] = ['3']] = await query<[string]>(on, 'SELECT pg_snapshot_xmin(pg_current_snapshot())::text');
  const [candidates, bindings] =
    earlier === undefined
      ? [everywhere(schema), [building, live]]
      : [whereChanged(schema), [building, live, earlier.since, live, byteaArray(earlier.found)]];
  const rows = await query<[string]>(
    on,
    `WITH candidate AS MATERIALIZED (${candidates})
SELECT encode(aggregate_id, 'hex') FROM candidate
WHERE sequence > built AND (SELECT true FROM ${projectionTables(schema).log} AS event WHERE event.aggregate_id = candidate.aggregate_id
  AND event.sequence > built AND event.sequence <= candidate.sequence LIMIT 1)
LIMIT ?`,
    [...bindings, limit],
  );
  return { found: rows.map(([hex]) => Timestamp.fromHex(hex)), since };
}

// A sum is in no index: the table is read from its beginning to its end, which is much quicker for so much of it.
const everywhere = (schema: string) => {
  const { positions } = projectionTables(schema);
  return `SELECT live.aggregate_id, live.sequence, coalesce(built.sequence, 0) AS built FROM ${positions} AS live
LEFT JOIN ${positions} AS built ON built.copy + 0 = ? AND built.aggregate_id = live.aggregate_id
WHERE live.copy + 0 = ? AND live.sequence > coalesce(built.sequence, 0)`;
};

const whereChanged = (schema: string) => {
  const { positions } = projectionTables(schema);
  return `SELECT *, coalesce((SELECT sequence FROM ${positions} AS other WHERE other.copy = ? AND other.aggregate_id = live.aggregate_id), 0) AS built
FROM (SELECT aggregate_id, sequence FROM ${positions} WHERE copy + 0 = ? AND age(xmin) <= age(?::text::xid8::xid)
UNION SELECT aggregate_id, sequence FROM ${positions} WHERE copy = ? AND aggregate_id = ANY (?::text::bytea[])) AS live`;
};
