import { type Executor, query, textArray } from '../../../read/rows.js';
import { qualified } from '../../../schema-name.js';
import { ClusterNotReadyError, LayoutMismatchError } from '../../migration-errors.js';
import type { TableName } from '../../migration.js';
import { movingFaults, readNodes } from '../node-facts.js';

const OBSTACLES = `WITH tables AS (SELECT to_regclass(name)::oid AS id FROM unnest(?::text::text[]) AS name)
SELECT 'the trigger ' || quote_ident(tgname) || ' on ' || tgrelid::regclass FROM pg_trigger
WHERE tgrelid IN (SELECT id FROM tables) AND NOT tgisinternal
UNION ALL SELECT 'the foreign key ' || quote_ident(conname) || ' of ' || conrelid::regclass FROM pg_constraint
WHERE contype = 'f' AND (conrelid IN (SELECT id FROM tables) OR confrelid IN (SELECT id FROM tables))
ORDER BY 1`;

/**
 * Throws unless rows can be spread while they are written, before anything has been done that takes long: {@link ClusterNotReadyError} for a
 * setting of the coordinator, from which the rows are copied, {@link LayoutMismatchError} for what no distributed table can have.
 */
export async function assertSpreadable(on: Executor, schema: string, tables: readonly TableName[]): Promise<void> {
  const faults = movingFaults((await readNodes(on)).filter(({ isCoordinator }) => isCoordinator));
  if (faults.length > 0)
    throw new ClusterNotReadyError(`Tables cannot be spread while they are used: ${faults.join('; ')}.`, {
      hint: 'Change that in postgresql.conf of the coordinator; wal_level needs a restart, output_plugin_libraries a reload.',
    });
  const names = textArray(tables.map((table) => qualified(schema, table)));
  const found = await query<[string]>(on, OBSTACLES, [names]);
  if (found.length > 0)
    throw new LayoutMismatchError(
      `A table on a Citus cluster cannot have ${found.map(([obstacle]) => obstacle).join(', ')}.`,
      { hint: 'Drop it first, or keep the layout. Nothing was changed.' },
    );
}
