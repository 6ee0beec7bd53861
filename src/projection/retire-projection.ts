import type { Knex } from 'knex';
import { CommitInterruptedError } from '../store/driver/driver.js';
import { driverOf } from '../store/driver/driver-of.js';
import { storeError } from '../store/failures/database-errors.js';
import { lockTables } from '../store/migrate/lock-tables.js';
import { projectionTables } from '../store/projection-tables.js';
import { type Executor, execute } from '../store/read/rows.js';
import { readCopies } from './copies/copy.js';
import { DependentObjectsError } from './copies/errors.js';
import { quoted } from './copies/move-objects.js';
import { retireTables } from './copies/retire-tables.js';
import type { SchemaObject } from '../store/catalog/schema-objects.js';
import { permissionDenied } from './copies/set-up.js';
import { outsiders } from '../store/catalog/outsiders.js';
import { liveObjects } from './rebuild/dependants.js';

/** Options of {@link retireProjection}. */
export interface RetireOptions {
  /** Time to wait for the tables while other transactions use them, in milliseconds. @defaultValue 30000 */
  readonly lockTimeout?: number | undefined;
}

/**
 * Takes all copies of a projection or subscription out of use, in one transaction: queries do not find its tables any more. Then
 * `cleanUpRetired` removes what they have. Code that still has the definition registers it anew. Throws
 * `DependentObjectsError` when others depend on the tables, and `DatabaseTimeoutError` while they are in use.
 */
export async function retireProjection(
  knex: Knex,
  schema: string,
  name: string,
  { lockTimeout = 30_000 }: RetireOptions = {},
): Promise<void> {
  const once = () => driverOf(knex).transaction((transaction) => retireUnder(transaction, schema, name, lockTimeout));
  try {
    await once().catch((error: unknown) => {
      // Whether it took effect or not, a second time changes nothing.
      if (error instanceof CommitInterruptedError) return once();
      throw error;
    });
  } catch (error) {
    throw storeError(permissionDenied(name, error));
  }
}

async function retireUnder(
  transaction: Knex.Transaction,
  schema: string,
  name: string,
  lockTimeout: number,
): Promise<void> {
  const { projections, positions } = projectionTables(schema);
  const retire = () =>
    execute(transaction, `UPDATE ${projections} SET status = 'retired' WHERE name = ? AND status <> 'retired'`, [name]);
  const objects = await currentObjects(transaction, schema, name);
  // What has no tables of its own is cleaned once nobody moves its positions.
  if (objects === undefined) return void (await retire());
  await assertNoOutsiders(transaction, name, objects.all);
  // Whoever moves positions has a lock on those first, and asks for the tables then.
  const tables = [projections, positions, ...objects.tables];
  await lockTables(transaction, tables, 'ACCESS EXCLUSIVE', lockTimeout, async () => {
    const current = await currentObjects(transaction, schema, name);
    if (current !== undefined) {
      await assertNoOutsiders(transaction, name, current.all);
      await retireTables(transaction, schema, current.live, current.all);
    }
    await retire();
  });
}

/** The live copy of a projection with what is in its schema; `undefined` where `setUp` made nothing, or it is gone. */
async function currentObjects(on: Executor, schema: string, name: string) {
  const live = (await readCopies(on, schema, [name])).find(({ status }) => status === 'live');
  if (live?.liveSchema === undefined) return undefined;
  const { liveSchema } = live;
  const all = await liveObjects(on, live);
  if (all.length === 0) return undefined;
  const tables = all.filter(({ kind }) => kind === 'table').map(({ identity }) => `${quoted(liveSchema)}.${identity}`);
  return { live: { ...live, liveSchema }, all, tables };
}

async function assertNoOutsiders(on: Executor, name: string, objects: readonly SchemaObject[]): Promise<void> {
  const found = await outsiders(on, objects);
  if (found.length > 0) throw new DependentObjectsError(name, found, 'dropped');
}
