import { Timestamp } from '../../hlc/timestamp.js';
import { layoutAt } from '../../store/layout/read-layout.js';
import { byteaArray, type Executor, query } from '../../store/read/rows.js';
import { batchGroups } from '../apply/batch-groups.js';
import { readStatements } from '../apply/read-statements.js';

/**
 * Those of some aggregates that have events after their position in a copy. One read, where to take in nothing is a
 * transaction that writes: for what others take in first, such as commits with their inline projections.
 */
export async function stillBehind(
  on: Executor,
  schema: string,
  copy: number,
  aggregates: readonly Timestamp[],
): Promise<Timestamp[]> {
  const { behind } = readStatements(schema, await layoutAt(on, schema));
  const found: Timestamp[] = [];
  for (const group of await batchGroups(on, schema, aggregates)) {
    const rows = await query<[string]>(on, behind, [byteaArray(group), copy]);
    for (const [hex] of rows) found.push(Timestamp.fromHex(hex));
  }
  return found;
}
