import { driverMessage, sqlState } from '../../store/driver/driver-error.js';
import { layoutAt } from '../../store/layout/read-layout.js';
import { traitsOf } from '../../store/layout/traits.js';
import { type Executor, execute, query } from '../../store/read/rows.js';
import { ReadModelSetUpError } from './errors.js';

/**
 * Tells the nodes of a Citus cluster of the tables in a schema that it does not know, which stay whole on the coordinator. So they are
 * written in the transaction of the events, whose nodes commit together; as ordinary tables of the coordinator they would be committed
 * by themselves. What `setUp` has distributed stays as it is. Does nothing on one server.
 */
export async function tellCluster(on: Executor, schema: string, name: string, buildSchema: string): Promise<void> {
  const { newTables } = traitsOf(await layoutAt(on, schema));
  if (newTables === 'as they are') return;
  for (const [table] of await query<[string]>(on, UNKNOWN_TABLES, [buildSchema])) {
    try {
      await execute(on, 'SELECT citus_add_local_table_to_metadata(?::regclass, cascade_via_foreign_keys => true)', [
        table,
      ]);
    } catch (error) {
      if (['40P01', '55P03', '57014'].includes(sqlState(error) ?? '')) throw error;
      throw new ReadModelSetUpError(
        name,
        `Citus does not take the table ${table} into its metadata: ${driverMessage(error)}.`,
        'Without that it would not be written together with the events. Distribute it in setUp (create_distributed_table, create_reference_table), or make it another way; the error is the cause.',
        error,
      );
    }
  }
}

const UNKNOWN_TABLES = `SELECT format('%I.%I', place.nspname, made.relname) FROM pg_class AS made JOIN pg_namespace AS place ON place.oid = made.relnamespace
WHERE place.nspname = ? AND made.relkind IN ('r', 'p') AND NOT made.relispartition
  AND NOT EXISTS (SELECT FROM pg_dist_partition AS known WHERE known.logicalrelid = made.oid) ORDER BY made.oid`;
