import type { Knex } from 'knex';
import { storeError } from '../failures/database-errors.js';
import { resolveMigrateOptions, type MigrateOptions } from './migrate-options.js';
import { withMigrationLock } from './migration-lock.js';
import {
  ADOPTED_BATCH,
  assertUsableState,
  MIGRATIONS_TABLE,
  EMPTY_STATE,
  layoutOf,
  type MigrationState,
  pendingSteps,
  readMigrationState,
  isThere,
} from './migration-state.js';
import { isOnCitus, type Layout, PLAIN, type WantedLayout } from '../layout/layout.js';
import { isDeadlock } from '../driver/driver-error.js';
import { assertClusterReady } from './citus/cluster-ready.js';
import { distribute, distribution, isToBeDistributed, shardsOf } from './citus/distribute.js';
import { assertSpreadable } from './citus/online/assert-spreadable.js';
import { conversionOf } from './citus/online/conversion.js';
import { onlineSql, spreadOnline } from './citus/online/online-work.js';
import { place, placeOnCoordinator } from './citus/placement.js';
import type { TableName } from './migration.js';
import { forgetLayout } from '../layout/read-layout.js';
import { withReadRetry } from '../read/read-retry.js';
import { execute, query } from '../read/rows.js';
import { qualified } from '../schema-name.js';
import { CommitInterruptedError } from '../driver/driver.js';

/** The steps that a migration took. */
export interface MigrationReport {
  /** The steps it took, first to last. */
  readonly applied: readonly string[];
  /** The steps whose tables existed in the right shape, and which were only recorded. */
  readonly adopted: readonly string[];
  /** The tables that were there in the plain layout, empty, and now lie on the nodes of a Citus cluster; absent for none. */
  readonly distributed?: readonly string[];
}

/** The statements that a migration needs. */
interface Plan extends MigrationReport {
  readonly statements: readonly string[];
}

/**
 * Brings the schema up to date in one transaction, under an advisory lock that ends with it: of several runners
 * started together one migrates and the others wait, and a killed one leaves nothing behind. Tables that Elixir Maestro
 * made are checked and adopted as they are. Throws `DatabaseNewerError`, `ForeignSchemaError`, `LayoutMismatchError` or
 * `MigrationLockError`; nothing is changed then.
 */
export async function migrate(knex: Knex, options: MigrateOptions = {}): Promise<MigrationReport> {
  const { schema, layout, lockTimeout, online } = resolveMigrateOptions(options);
  if (online && layout !== undefined) return await migrateOnline(knex, options, layout);
  const run = () =>
    withMigrationLock(knex, schema, lockTimeout, async (transaction) => {
      const found = await readMigrationState(transaction, schema);
      const isForCluster = isOnCitus(layout ?? layoutOf(found) ?? PLAIN);
      if (isForCluster) await assertClusterReady(transaction);
      const distributed = isToBeDistributed(found, layout)
        ? await distribute(transaction, schema, found, layout, lockTimeout)
        : undefined;
      const state = distributed === undefined ? found : await readMigrationState(transaction, schema);
      const plan = planUp(state, schema, layout);
      if (plan.statements.length > 0) await query(transaction, USUAL_TABLESPACE);
      for (const statement of plan.statements) await execute(transaction, statement);
      return { applied: plan.applied, adopted: plan.adopted, ...(distributed !== undefined && { distributed }) };
    });
  try {
    // When nothing is pending, no lock and no right to write is needed.
    const state = await withReadRetry(() => readMigrationState(knex, schema));
    if (!isToBeDistributed(state, layout) && planUp(state, schema, layout).statements.length === 0)
      return { applied: [], adopted: [] };
    for (let attempt = 1; ; attempt += 1) {
      try {
        const report = await run();
        forgetLayout(knex, schema);
        return report;
      } catch (error) {
        if (attempt === MAX_ATTEMPTS || !mayPass(error)) throw error;
      }
    }
  } catch (error) {
    throw storeError(error);
  }
}

/** Brings the schema up to date as {@link migrate} does, and in between spreads the tables while they are used. */
async function migrateOnline(knex: Knex, options: MigrateOptions, wanted: WantedLayout): Promise<MigrationReport> {
  const { schema, lockTimeout } = resolveMigrateOptions(options);
  const upToDate = (citus: Pick<MigrateOptions, 'citus' | 'shardCount'>) =>
    migrate(knex, { schema, lockTimeout, ...citus });
  const { shardCount } = options;
  try {
    const state = await withReadRetry(() => readMigrationState(knex, schema));
    const present = layoutOf(state);
    if (present === undefined) return await upToDate({ citus: true, shardCount });
    const isUnfinished = conversionOf(state.shapes) === 'unfinished';
    if (present.kind !== PLAIN.kind && !isUnfinished) assertUsableState(state, wanted);
    await assertClusterReady(knex);
    const before = isUnfinished ? { applied: [], adopted: [] } : await upToDate({});
    await assertSpreadable(knex, schema, [...state.shapes.keys()]);
    const shards = shardsOf(wanted);
    const distributed = await spreadOnline(knex, { schema, shards, lockTimeout, onStep: options.onStep });
    forgetLayout(knex, schema);
    const after = await upToDate({ citus: true, shardCount });
    return {
      applied: [...before.applied, ...after.applied],
      adopted: [...before.adopted, ...after.adopted],
      ...(distributed.length > 0 && { distributed }),
    };
  } catch (error) {
    throw storeError(error);
  }
}

/**
 * The SQL that {@link migrate} would run now, statement by statement, as a script for psql; empty when nothing is to be
 * done. With `online` the steps are for psql one by one, and each locks as it likes. Changes nothing. Without a Knex instance: for a database in which there is nothing yet.
 */
export async function migrationSql(knex: Knex | undefined, options: MigrateOptions = {}): Promise<string> {
  const { schema, layout, online } = resolveMigrateOptions(options);
  try {
    const state = knex === undefined ? EMPTY_STATE : await withReadRetry(() => readMigrationState(knex, schema));
    if (online && layout !== undefined && knex !== undefined && layoutOf(state) !== undefined)
      return await onlineSql(knex, schema, shardsOf(layout));
    const statements = isToBeDistributed(state, layout)
      ? [...distribution(state, schema, layout), ...planUp(state, schema, undefined, layout).statements]
      : planUp(state, schema, layout).statements;
    return statements.length === 0
      ? ''
      : ['BEGIN', ...statements, 'COMMIT'].map((statement) => `${statement};\n`).join('\n');
  } catch (error) {
    throw storeError(error);
  }
}

/** Most attempts at a migration that something in passing keeps from succeeding. */
const MAX_ATTEMPTS = 3;

/**
 * True for an error after which another attempt makes sense: it reads whether the commit took effect, since applied steps are not
 * applied again; and several nodes of a cluster take locks in another order than somebody else's migration.
 */
function mayPass(error: unknown): boolean {
  return error instanceof CommitInterruptedError || isDeadlock(error);
}

/**
 * Resets `default_tablespace` where it names the database's own tablespace: PostgreSQL refuses partitioned tables then,
 * and the tables go there without it, too.
 */
const USUAL_TABLESPACE = `SELECT set_config('default_tablespace', '', true) FROM pg_database AS d
JOIN pg_tablespace AS t ON t.oid = d.dattablespace
WHERE d.datname = current_database() AND t.spcname = current_setting('default_tablespace')`;

/** The plan for a state, towards a wanted layout; `next` is that which the tables have by then, where it is not that of the state. */
function planUp(state: MigrationState, schema: string, wanted: WantedLayout | undefined, next = wanted): Plan {
  assertUsableState(state, wanted);
  const steps = pendingSteps(state);
  const [adopted, applied] = [
    steps.filter((step) => isThere(step, state.shapes)),
    steps.filter((step) => !isThere(step, state.shapes)),
  ];
  const layout = resolved(next ?? layoutOf(state) ?? PLAIN);
  const context = { schema, layout };
  const places = (tables: readonly TableName[]) =>
    layout.kind === 'citus' ? tables.map((table) => place(schema, table, layout.parts)) : [];
  const batch = Math.max(ADOPTED_BATCH, ...state.applied.map((step) => step.batch)) + 1;
  return {
    adopted: adopted.map(({ name }) => name),
    applied: applied.map(({ name }) => name),
    statements: [
      ...(state.schemaExists || steps.length === 0 ? [] : createSchema(schema, layout)),
      ...(state.bookkeepingExists || steps.length === 0 ? [] : createBookkeeping(schema, layout)),
      ...adopted.map(({ name }) => record(schema, name, ADOPTED_BATCH)),
      ...applied.flatMap((step) => [...step.up(context), ...places(step.tables), record(schema, step.name, batch)]),
    ],
  };
}

/** The layout that is made of a wanted one. */
function resolved(wanted: WantedLayout): Layout {
  return { kind: wanted.kind, parts: wanted.kind === 'citus' ? shardsOf(wanted) : (wanted.parts ?? 1) };
}

/** Makes the schema; on a cluster one that is not distributed whole, whatever the cluster does with new ones. */
function createSchema(schema: string, { kind }: Layout): string[] {
  const create = `CREATE SCHEMA "${schema}"`;
  return kind === 'citus' ? ['SET LOCAL citus.enable_schema_based_sharding = off', create] : [create];
}

/** The table of applied steps, with the columns of Knex's own, so that Knex's command line can read it. */
function createBookkeeping(schema: string, { kind }: Layout): string[] {
  const create = `CREATE TABLE ${qualified(schema, MIGRATIONS_TABLE)} (
  id serial PRIMARY KEY,
  name varchar(255),
  batch integer,
  migration_time timestamptz
)`;
  return kind === 'citus' ? [create, placeOnCoordinator(schema, MIGRATIONS_TABLE)] : [create];
}

function record(schema: string, name: string, batch: number): string {
  return `INSERT INTO ${qualified(schema, MIGRATIONS_TABLE)} (name, batch, migration_time) VALUES ('${name}', ${batch}, now())`;
}
