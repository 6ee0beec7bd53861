import type { Knex } from 'knex';
import { pauseAfter } from '../../store/commit/backoff.js';
import { CommitInterruptedError } from '../../store/driver/driver.js';
import { sqlState } from '../../store/driver/driver-error.js';
import { driverOf } from '../../store/driver/driver-of.js';
import { storeError } from '../../store/failures/database-errors.js';
import { goInTurn } from '../../store/layout/in-turn.js';
import { setLockTimeout } from '../../store/layout/lock-timeout.js';
import { assertTablesCanBeMade } from '../../store/migrate/citus/cluster-ready.js';
import { projectionTables } from '../../store/projection-tables.js';
import { type Executor, execute } from '../../store/read/rows.js';
import { type Copy, readCopies } from '../copies/copy.js';
import { ReadModelSetUpError } from '../copies/errors.js';
import { buildSchemaOf, insertCopy, recordObjects } from '../copies/insert-copy.js';
import { assertNamesAreFree } from '../copies/name-clashes.js';
import { carryOverPrivileges, carryOverUsage, grantDefaults } from '../../store/catalog/privileges.js';
import { setUpCopy } from '../copies/set-up.js';
import type { ReadModelDefinition } from '../definition.js';
import { assertNoDependants, liveObjects } from './dependants.js';

/**
 * Longest wait for a lock, in milliseconds: a foreign key, for one, locks the table of the application that it refers to, and
 * whoever comes after it waits as long.
 */
const LOCK_TIMEOUT = 200;
/** Number of attempts to get all locks. */
const ATTEMPTS = 20;

/** Options of {@link startRebuild}. */
export interface RebuildOptions {
  /** Rebuild what is in use at the same version, too. @defaultValue false */
  readonly again?: boolean;
}

/**
 * Makes the tables of a projection a second time, beside those in use, for workers to fill. Gives the copy that is being built: also
 * the one of this version that somebody began before; one of an older version is given up for it. `undefined` when what is in use
 * has a newer version, or the same one and `again` is not set. Throws `DependentObjectsError` when others depend on
 * the tables in use, {@link ReadModelSetUpError} when `setUp` cannot make them; nothing is changed then.
 */
export async function startRebuild(
  knex: Knex,
  schema: string,
  definition: ReadModelDefinition,
  { again = false }: RebuildOptions = {},
): Promise<Copy | undefined> {
  try {
    if (!again && !(await isWanted(knex, schema, definition))) return undefined;
    await assertTablesCanBeMade(knex, schema);
    for (let attempt = 1; ; attempt += 1) {
      try {
        await driverOf(knex).transaction((transaction) => begin(transaction, schema, definition, again));
        break;
      } catch (error) {
        // After a broken COMMIT, the second time finds what the first one made, if it did.
        const mayPass = error instanceof CommitInterruptedError || sqlState(error) === '55P03';
        if (!mayPass || attempt === ATTEMPTS) throw error;
        await pauseAfter(attempt);
      }
    }
    const copies = await readCopies(knex, schema, [definition.name]);
    return copies.find(({ status, version }) => status === 'building' && version === definition.version);
  } catch (error) {
    throw storeError(error);
  }
}

/** True unless a look, which writes and locks nothing, finds that there is nothing to rebuild and nothing to give up. */
async function isWanted(on: Executor, schema: string, { name, version }: ReadModelDefinition): Promise<boolean> {
  const copies = await readCopies(on, schema, [name]);
  const current = copies.filter(({ status }) => status !== 'retired');
  return current.length !== 1 || current.some((copy) => copy.status !== 'live' || copy.version < version);
}

async function begin(
  transaction: Knex.Transaction,
  schema: string,
  definition: ReadModelDefinition,
  again: boolean,
): Promise<void> {
  const { name, version } = definition;
  await goInTurn(transaction, schema);
  await setLockTimeout(transaction, schema, LOCK_TIMEOUT);
  await giveUpOlder(transaction, schema, definition);
  const building = await insertCopy(transaction, schema, definition, 'building', undefined);
  if (building === undefined) return;
  // Read after the row is there: what a switch has changed that this has waited for is seen.
  const live = (await readCopies(transaction, schema, [name])).find(({ status }) => status === 'live');
  if (live?.liveSchema === undefined || version < live.version || (version === live.version && !again))
    return await withdraw(transaction, schema, building);
  if (definition.setUp === undefined)
    throw new ReadModelSetUpError(
      name,
      version > live.version
        ? `its version was raised to ${version}, which means a rebuild, and it has no setUp that could make the tables again.`
        : 'it has no setUp, so Maestro cannot make its tables a second time for a rebuild.',
      'Give it a setUp that creates its tables; or change its tables and handlers without a new version.',
    );
  await assertNoDependants(transaction, live);
  await build(transaction, schema, definition, building, { ...live, liveSchema: live.liveSchema });
}

async function build(
  transaction: Knex.Transaction,
  schema: string,
  definition: ReadModelDefinition,
  building: Copy,
  live: Copy & { readonly liveSchema: string },
): Promise<void> {
  const { liveSchema } = live;
  const buildSchema = buildSchemaOf(schema, building.id);
  const before = await liveObjects(transaction, live);
  const made = await setUpCopy(transaction, schema, definition, { ...building, liveSchema, buildSchema });
  const left = new Set((await liveObjects(transaction, live)).map(({ objectId }) => objectId));
  const lost = before.filter(({ objectId }) => !left.has(objectId));
  if (lost.length > 0)
    throw new ReadModelSetUpError(
      definition.name,
      `setUp drops ${lost.map(({ description }) => description).join(', ')}, which is in use.`,
      'Let setUp only create: the schema in which it runs is empty.',
    );
  await assertNamesAreFree(transaction, definition.name, buildSchema, liveSchema, live.objects);
  await carryOverUsage(transaction, liveSchema, buildSchema);
  await carryOverPrivileges(transaction, liveSchema, buildSchema);
  await grantDefaults(transaction, liveSchema, buildSchema);
  await recordObjects(transaction, schema, { ...building, liveSchema, buildSchema, ...made });
}

/** Lets go of a copy of an older version that is being built; what it has is removed with that of other retired copies. */
async function giveUpOlder(on: Executor, schema: string, { name, version }: ReadModelDefinition): Promise<void> {
  const { projections } = projectionTables(schema);
  const sql = `UPDATE ${projections} SET status = 'retired' WHERE name = ? AND status = 'building' AND version < ?`;
  await execute(on, sql, [name, version]);
}

async function withdraw(on: Executor, schema: string, { id }: Copy): Promise<void> {
  await execute(on, `DELETE FROM ${projectionTables(schema).projections} WHERE id = ?`, [id]);
}
