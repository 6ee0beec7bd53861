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
import { type Layout, PLAIN } from '../layout/layout.js';
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
  const { schema, layout, lockTimeout } = resolveMigrateOptions(options);
  const run = () =>
    withMigrationLock(knex, schema, lockTimeout, async (transaction) => {
      const plan = planUp(await readMigrationState(transaction, schema), schema, layout);
      if (plan.statements.length > 0) await query(transaction, USUAL_TABLESPACE);
      for (const statement of plan.statements) await execute(transaction, statement);
      return { applied: plan.applied, adopted: plan.adopted };
    });
  try {
    // When nothing is pending, no lock and no right to write is needed.
    const plan = planUp(await withReadRetry(() => readMigrationState(knex, schema)), schema, layout);
    if (plan.statements.length === 0) return { applied: [], adopted: [] };
    return await run().catch((error: unknown) => {
      // A second run reads whether the commit took effect; applied steps are not applied again.
      if (error instanceof CommitInterruptedError) return run();
      throw error;
    });
  } catch (error) {
    throw storeError(error);
  }
}

/**
 * The SQL that {@link migrate} would run now, statement by statement, as a script for psql; empty when nothing is to be
 * done. Changes nothing. Without a Knex instance: for a database in which there is nothing yet.
 */
export async function migrationSql(knex: Knex | undefined, options: MigrateOptions = {}): Promise<string> {
  const { schema, layout } = resolveMigrateOptions(options);
  try {
    const state = knex === undefined ? EMPTY_STATE : await withReadRetry(() => readMigrationState(knex, schema));
    const { statements } = planUp(state, schema, layout);
    return statements.length === 0
      ? ''
      : ['BEGIN', ...statements, 'COMMIT'].map((statement) => `${statement};\n`).join('\n');
  } catch (error) {
    throw storeError(error);
  }
}

/**
 * Resets `default_tablespace` where it names the database's own tablespace: PostgreSQL refuses partitioned tables then,
 * and the tables go there without it, too.
 */
const USUAL_TABLESPACE = `SELECT set_config('default_tablespace', '', true) FROM pg_database AS d
JOIN pg_tablespace AS t ON t.oid = d.dattablespace
WHERE d.datname = current_database() AND t.spcname = current_setting('default_tablespace')`;

function planUp(state: MigrationState, schema: string, wanted: Layout | undefined): Plan {
  assertUsableState(state, wanted);
  const steps = pendingSteps(state);
  const [adopted, applied] = [
    steps.filter((step) => isThere(step, state.shapes)),
    steps.filter((step) => !isThere(step, state.shapes)),
  ];
  const context = { schema, layout: wanted ?? layoutOf(state) ?? PLAIN };
  const batch = Math.max(ADOPTED_BATCH, ...state.applied.map((step) => step.batch)) + 1;
  return {
    adopted: adopted.map(({ name }) => name),
    applied: applied.map(({ name }) => name),
    statements: [
      ...(state.schemaExists || steps.length === 0 ? [] : [`CREATE SCHEMA "${schema}"`]),
      ...(state.bookkeepingExists || steps.length === 0 ? [] : [createBookkeeping(schema)]),
      ...adopted.map(({ name }) => record(schema, name, ADOPTED_BATCH)),
      ...applied.flatMap((step) => [...step.up(context), record(schema, step.name, batch)]),
    ],
  };
}

/** The table of applied steps, with the columns of Knex's own, so that Knex's command line can read it. */
function createBookkeeping(schema: string): string {
  return `CREATE TABLE ${qualified(schema, MIGRATIONS_TABLE)} (
  id serial PRIMARY KEY,
  name varchar(255),
  batch integer,
  migration_time timestamptz
)`;
}

function record(schema: string, name: string, batch: number): string {
  return `INSERT INTO ${qualified(schema, MIGRATIONS_TABLE)} (name, batch, migration_time) VALUES ('${name}', ${batch}, now())`;
}
