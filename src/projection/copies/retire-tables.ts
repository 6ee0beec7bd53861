import { projectionTables } from '../../store/projection-tables.js';
import { type Executor, execute } from '../../store/read/rows.js';
import type { Copy } from './copy.js';
import { retiredSchemaOf } from './insert-copy.js';
import { moveObjects, quoted } from './move-objects.js';
import type { SchemaObject } from '../../store/catalog/schema-objects.js';

/** Takes a live copy out of use: moves what it has to a schema of its own, from which `cleanUpRetired` removes it. */
export async function retireTables(
  transaction: Executor,
  schema: string,
  { id, liveSchema }: Copy & { readonly liveSchema: string },
  objects: readonly SchemaObject[],
): Promise<void> {
  const retiredSchema = retiredSchemaOf(schema, id);
  await execute(transaction, `CREATE SCHEMA ${quoted(retiredSchema)}`);
  await moveObjects(transaction, objects, liveSchema, retiredSchema);
  const sql = `UPDATE ${projectionTables(schema).projections} SET status = 'retired', build_schema = ? WHERE id = ?`;
  await execute(transaction, sql, [retiredSchema, id]);
}
