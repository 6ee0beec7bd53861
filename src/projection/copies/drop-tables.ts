import { projectionTables } from '../../store/projection-tables.js';
import { type Executor, execute } from '../../store/read/rows.js';
import type { Copy } from './copy.js';
import { buildSchemaOf, retiredSchemaOf } from './insert-copy.js';
import { quoted } from './move-objects.js';

/** Drops the tables of a copy that is not in use any more, in the transaction of others. Does nothing when it has none. */
export async function dropTables(transaction: Executor, schema: string, { id, buildSchema }: Copy): Promise<void> {
  if (buildSchema === undefined) return;
  // First, since an erasure keeps others from it before it drops tables.
  await execute(transaction, `UPDATE ${projectionTables(schema).projections} SET build_schema = NULL WHERE id = ?`, [
    id,
  ]);
  const isOurs = [buildSchemaOf(schema, id), retiredSchemaOf(schema, id)].includes(buildSchema);
  if (isOurs) await execute(transaction, `DROP SCHEMA IF EXISTS ${quoted(buildSchema)} CASCADE`);
}
