import type { Timestamp } from '../../hlc/timestamp.js';
import { layoutAt } from '../../store/layout/read-layout.js';
import { traitsOf } from '../../store/layout/traits.js';
import { projectionTables } from '../../store/projection-tables.js';
import { byteaArray, type Executor, query } from '../../store/read/rows.js';

/** Groups of aggregates of which one statement may lock and move any: all of them on one server, those of each shard on a cluster. */
export async function batchGroups(
  on: Executor,
  schema: string,
  aggregates: readonly Timestamp[],
): Promise<(readonly Timestamp[])[]> {
  if (traitsOf(await layoutAt(on, schema)).batches === 'any aggregates' || aggregates.length < 2) return [aggregates];
  const { log } = projectionTables(schema);
  const sql = `SELECT get_shard_id_for_distribution_column(?::regclass, given.id)::text
FROM unnest(?::bytea[]) WITH ORDINALITY AS given(id, n) ORDER BY n`;
  const groups = new Map<string, Timestamp[]>();
  for (const [index, [shard]] of (await query<[string]>(on, sql, [log, byteaArray(aggregates)])).entries()) {
    const group = groups.get(shard);
    if (group === undefined) groups.set(shard, [aggregates[index] as Timestamp]);
    else group.push(aggregates[index] as Timestamp);
  }
  return [...groups.values()];
}
