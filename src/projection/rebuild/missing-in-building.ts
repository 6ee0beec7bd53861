import { Timestamp } from '../../hlc/timestamp.js';
import { layoutAt } from '../../store/layout/read-layout.js';
import { traitsOf } from '../../store/layout/traits.js';
import { projectionTables } from '../../store/projection-tables.js';
import { byteaArray, type Executor, query } from '../../store/read/rows.js';
import { missingByNodes } from './missing-by-nodes.js';

/** The result of a search for missing events. */
export interface Searched {
  /** The aggregates that it found. */
  readonly found: readonly Timestamp[];
  /** A snapshot, as a text: whatever it does not see the search may not have seen. On a cluster the record tells that. */
  readonly since: string;
}

/** Nothing outside of it can be missing. */
type Earlier = Pick<Searched, 'found'> & Partial<Searched>;

/**
 * Finds the aggregates in which a copy that is being built is not as far as the one in use, with events in the log that it lacks: at
 * most `limit`. After an earlier search it compares only what that found and what was recorded since; without `since` only what that
 * found.
 */
export async function missingInBuilding(
  on: Executor,
  schema: string,
  { live, building }: { readonly live: number; readonly building: number },
  limit: number,
  earlier?: Earlier,
): Promise<Searched> {
  if (traitsOf(await layoutAt(on, schema)).insertsBy === 'values') {
    const compared = earlier && { found: earlier.found, withRecorded: earlier.since !== undefined };
    return { found: await missingByNodes(on, schema, { live, building }, limit, compared), since: 'the record' };
  }
  const [[since] = ['3:3:']] = await query<[string]>(on, 'SELECT pg_current_snapshot()::text');
  const [candidates, bindings] =
    earlier === undefined
      ? [everywhere(schema), [building, live]]
      : [
          amongThese(schema, earlier.since),
          [
            building,
            live,
            byteaArray(earlier.found),
            ...(earlier.since === undefined ? [] : [live, earlier.since, earlier.since]),
          ],
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
  const { positions, moves } = projectionTables(schema);
  const moved = `UNION SELECT aggregate_id FROM ${moves} WHERE copy = ? AND aggregate_id IS NOT NULL
  AND moved >= pg_snapshot_xmin(?::text::pg_snapshot) AND NOT pg_visible_in_snapshot(moved, ?::text::pg_snapshot)`;
  return `SELECT live.aggregate_id, live.sequence,
  coalesce((SELECT sequence FROM ${positions} AS other WHERE other.copy = ? AND other.aggregate_id = live.aggregate_id), 0) AS built
FROM ${positions} AS live WHERE live.copy = ? AND live.aggregate_id = ANY (ARRAY(
  SELECT unnest(?::text::bytea[]) ${since === undefined ? '' : moved}))`;
};
