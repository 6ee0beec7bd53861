import type { Knex } from 'knex';
import { storeError } from '../../store/failures/database-errors.js';
import { projectionTables } from '../../store/projection-tables.js';
import { query } from '../../store/read/rows.js';
import { type Copy, readCopy } from '../copies/copy.js';

/**
 * Gives up the copy of a projection that is being built; what is in use stays as it is. Gives that copy, or `undefined` when none
 * was being built. Its tables are removed by `cleanUpRetired`. A worker whose code has a newer version begins another one.
 */
export async function cancelRebuild(knex: Knex, schema: string, name: string): Promise<Copy | undefined> {
  const { projections } = projectionTables(schema);
  const sql = `UPDATE ${projections} SET status = 'retired' WHERE name = ? AND status = 'building' RETURNING id`;
  try {
    const [row] = await query<[number]>(knex, sql, [name]);
    return row === undefined ? undefined : await readCopy(knex, schema, row[0]);
  } catch (error) {
    throw storeError(error);
  }
}
