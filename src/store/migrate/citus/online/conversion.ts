import { SHARDS_KEY } from '../../expected-shape.js';
import type { TableName } from '../../migration.js';
import type { TableShape } from '../../table-shape.js';
import { isPlaced } from '../placement.js';

/**
 * The state of tables with rows on their way over the nodes of a cluster: `prepared` when an index is there that only this needs,
 * `unfinished` from the change of the primary key until the last table has its place.
 */
export type Conversion = 'prepared' | 'unfinished';

/** The sentence for a conversion that is not finished. */
export const UNFINISHED =
  'the tables are being spread over the nodes of a Citus cluster, or that was broken off: `maestro migrate --citus --online` goes on';

/** The remedy, where something else is asked for meanwhile. */
export const GO_ON = 'Run `maestro migrate --citus --online` again: it goes on where it was. Nothing was changed now.';

/** The state of a conversion of the tables, by the catalog alone; `undefined` when there is none. */
export function conversionOf(shapes: ReadonlyMap<TableName, TableShape>): Conversion | undefined {
  const log = shapes.get('event_log');
  if (log?.kind !== 'table') return undefined;
  const { distribution, primaryKey, uniqueKeys } = log;
  if (distribution?.method === 'hash')
    return [...shapes].every(([table, shape]) => isPlaced(table, shape.distribution)) ? undefined : 'unfinished';
  if (distribution !== undefined && distribution.method !== 'local') return undefined;
  if (primaryKey === SHARDS_KEY) return 'unfinished';
  return uniqueKeys.includes(SHARDS_KEY) ? 'prepared' : undefined;
}
