import type { Knex } from 'knex';
import { execute, query } from '../read/rows.js';
import { qualified } from '../schema-name.js';
import type { TableName } from './migration.js';

/** Those of the tables that hold rows, also rows that row-level security hides from their owner. Fails where it hides them from the role. */
export async function holdingRows(
  transaction: Knex.Transaction,
  schema: string,
  tables: readonly TableName[],
): Promise<TableName[]> {
  await execute(transaction, 'SET LOCAL row_security = off');
  const full: TableName[] = [];
  for (const table of tables) {
    // A distributed table cannot be read by EXISTS without all of it being brought to one node.
    const rows = await query(transaction, `SELECT 1 FROM ${qualified(schema, table)} LIMIT 1`);
    if (rows.length > 0) full.push(table);
  }
  return full;
}
