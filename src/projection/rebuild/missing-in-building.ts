import { Timestamp } from '../../hlc/timestamp.js';
import { projectionTables } from '../../store/projection-tables.js';
import { byteaArray, type Executor, query } from '../../store/read/rows.js';

/** The result of a search for missing events. */
export interface Searched {
  /** The aggregates that it found. */
  readonly found: readonly Timestamp[];
  /** All that was not seen has moved a position in this transaction or a later one. */
  readonly since: string;
}

/** Nothing outside of it can be missing. */
type Earlier = Pick<Searched, 'found'> & Partial<Searched>;

/**
 * Finds the aggregates in which a copy that is being built is not as far as the one in use, with events in the log that it lacks: at
 * most `limit`. After an earlier search it compares only what that found and what was moved since, which is quicker, though all positions
 * are read to find the latter; without `since` only what that found.
 */
export async function missingInBuilding(
  on: Executor,
  schema: string,
  { live, building }: { readonly live: number; readonly building: number },
  limit: number,
  earlier?: Earlier,
): Promise<Searched> {
  const [[since] = ['3']] = await query<[string]>(on, 'SELECT pg_snapshot_xmin(pg_current_snapshot())::text');
  const [candidates, bindings] =
    earlier === undefined
      ? [everywhere(schema), [building, live]]
      : [
          amongThese(schema, earlier.since),
          [building, ...(earlier.since === undefined ? [] : [live, earlier.since]), live, byteaArray(earlier.found)],
        ];
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

const amongThese = (schema: string, since: string | undefined) => {
  const { positions } = projectionTables(schema);
  // The age of `since` is computed once, not for each row.
  const moved = `SELECT aggregate_id, sequence FROM ${positions} WHERE copy + 0 = ? AND age(xmin) <= (SELECT age(?::text::xid8::xid)) UNION`;
  return `SELECT *, coalesce((SELECT sequence FROM ${positions} AS other WHERE other.copy = ? AND other.aggregate_id = live.aggregate_id), 0) AS built
FROM (${since === undefined ? '' : moved}
SELECT aggregate_id, sequence FROM ${positions} WHERE copy = ? AND aggregate_id = ANY (?::text::bytea[])) AS live`;
};
