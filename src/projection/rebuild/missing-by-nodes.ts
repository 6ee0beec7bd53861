import { Timestamp } from '../../hlc/timestamp.js';
import { markOf } from '../../store/positions/recorded-moves.js';
import { projectionTables } from '../../store/projection-tables.js';
import { byteaArray, type Executor, query } from '../../store/read/rows.js';

/** Aggregates that are to be compared: all; or some, and those that were recorded since the record began, or only some. */
export interface Compared {
  readonly found: readonly Timestamp[];
  readonly withRecorded: boolean;
}

/**
 * Finds the aggregates in which a copy that is being built is not as far as the one in use, with events in the log that it lacks, each node of
 * a cluster among those of its own shards; at most `limit`. What was recorded is all that has moved since the record began: more than moved
 * since the last search, and nothing less.
 */
export async function missingByNodes(
  on: Executor,
  schema: string,
  { live, building }: { readonly live: number; readonly building: number },
  limit: number,
  compared?: Compared,
): Promise<Timestamp[]> {
  const { positions } = projectionTables(schema);
  const find = async (join: string, where: string, bindings: readonly (number | string)[]) =>
    (await query<[string]>(on, missing(schema, join, where), [live, building, limit, ...bindings])).map(([hex]) => hex);
  if (compared === undefined) return (await find('', '', [])).map((hex) => Timestamp.fromHex(hex));
  const { found, withRecorded } = compared;
  const among =
    found.length === 0 ? [] : await find('', 'AND live.aggregate_id = ANY ($4::bytea[])', [byteaArray(found)]);
  const mark = `JOIN ${positions} AS mark ON mark.copy = $4::integer AND mark.aggregate_id = live.aggregate_id`;
  const recorded = withRecorded ? await find(mark, '', [markOf(live)]) : [];
  return [...new Set([...among, ...recorded])].slice(0, limit).map((hex) => Timestamp.fromHex(hex));
}

/** (live copy, copy that is being built, limit, …) → aggregates. */
function missing(schema: string, join: string, where: string): string {
  const { log, positions } = projectionTables(schema);
  return `SELECT encode(live.aggregate_id, 'hex') FROM ${positions} AS live
LEFT JOIN ${positions} AS built ON built.copy = $2::integer AND built.aggregate_id = live.aggregate_id ${join}
WHERE live.copy = $1::integer AND live.sequence > coalesce(built.sequence, 0) ${where}
  AND EXISTS (SELECT 1 FROM ${log} AS event WHERE event.aggregate_id = live.aggregate_id
    AND event.sequence > coalesce(built.sequence, 0) AND event.sequence <= live.sequence)
LIMIT $3::integer`;
}
