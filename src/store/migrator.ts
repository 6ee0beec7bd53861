import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { migrations } from '../../migrations/index.js';
import { InvalidArgumentError } from '../errors.js';
import { sqlState, storeError } from './database-errors.js';
import type { Migration } from './migration.js';
import { MigrationLockError, RollbackRefusedError } from './migration-errors.js';
import {
  ADOPTED_BATCH,
  type AppliedStep,
  assertUsableState,
  BOOKKEEPING,
  EMPTY_STATE,
  type MigrationState,
  partitionsOf,
  pendingSteps,
  readMigrationState,
} from './migration-state.js';
import { execute, query } from './rows.js';
import { checkSchemaName, DEFAULT_SCHEMA, qualified } from './schema-name.js';
import { CommitInterruptedError, inTransaction } from './transaction.js';

/** How long a migration waits for another one by default, in milliseconds. */
export const DEFAULT_LOCK_TIMEOUT = 60_000;
/** The most partitions that `migrate` makes. */
export const MAX_PARTITIONS = 1024;

/** Which schema to migrate, and how. */
export interface MigrateOptions {
  /** The schema that holds the tables; made when it is not there. @defaultValue 'public' */
  readonly schema?: string | undefined;
  /** Hash partitions of a new event log, 1 to 1024; 1 is the plain table. @defaultValue what is there, else 1 */
  readonly partitions?: number | undefined;
  /** How long to wait for another migration or for locks on the tables, in milliseconds. @defaultValue 60000 */
  readonly lockTimeout?: number | undefined;
}

/** What a migration did. */
export interface MigrationReport {
  /** The steps it took, first to last. */
  readonly applied: readonly string[];
  /** The steps whose tables were there already in the right shape, and are only recorded now. */
  readonly adopted: readonly string[];
}

/** What a rollback did. */
export interface RollbackReport {
  /** The steps it took back, last to first. */
  readonly rolledBack: readonly string[];
  /** The steps of adopted tables, which it only forgot: the tables are still there. */
  readonly forgotten: readonly string[];
}

/** What is to be done, as SQL. */
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
  const { schema, partitions, lockTimeout } = checked(options);
  const run = () =>
    locked(knex, schema, lockTimeout, async (transaction) => {
      const plan = planUp(await readMigrationState(transaction, schema), schema, partitions);
      for (const statement of plan.statements) await execute(transaction, statement);
      return { applied: plan.applied, adopted: plan.adopted };
    });
  try {
    // Nothing to do takes no lock and no right to write.
    const plan = planUp(await readMigrationState(knex, schema), schema, partitions);
    if (plan.statements.length === 0) return { applied: [], adopted: [] };
    return await run().catch((error: unknown) => {
      // Whether the commit took effect shows when the steps are looked at again; taking them twice is impossible.
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
  const { schema, partitions } = checked(options);
  try {
    const state = knex === undefined ? EMPTY_STATE : await readMigrationState(knex, schema);
    const { statements } = planUp(state, schema, partitions);
    return statements.length === 0
      ? ''
      : ['BEGIN', ...statements, 'COMMIT'].map((statement) => `${statement};\n`).join('\n');
  } catch (error) {
    throw storeError(error);
  }
}

/**
 * Takes back the steps of the last migration. Refuses with `RollbackRefusedError` while a table that would go holds
 * rows, unless `discardAllEvents`. Adopted tables are never dropped: their steps are only forgotten.
 */
export async function rollback(
  knex: Knex,
  { discardAllEvents = false, ...options }: MigrateOptions & { readonly discardAllEvents?: boolean } = {},
): Promise<RollbackReport> {
  const { schema, lockTimeout } = checked(options);
  try {
    return await locked(knex, schema, lockTimeout, async (transaction) => {
      const state = await readMigrationState(transaction, schema);
      assertUsableState(state, undefined);
      const { rolledBack, forgotten } = lastSteps(state);
      if (!discardAllEvents) await assertEmpty(transaction, schema, rolledBack);
      const context = { schema, partitions: partitionsOf(state) ?? 1 };
      for (const migration of rolledBack)
        for (const statement of migration.down(context)) await execute(transaction, statement);
      for (const { name } of [...rolledBack, ...forgotten])
        await execute(transaction, `DELETE FROM ${qualified(schema, BOOKKEEPING)} WHERE name = ?`, [name]);
      return { rolledBack: rolledBack.map(({ name }) => name), forgotten: forgotten.map(({ name }) => name) };
    });
  } catch (error) {
    throw storeError(error);
  }
}

function planUp(state: MigrationState, schema: string, partitions: number | undefined): Plan {
  assertUsableState(state, partitions);
  const steps = pendingSteps(state);
  const [adopted, applied] = [
    steps.filter(({ table }) => state.shapes.has(table)),
    steps.filter(({ table }) => !state.shapes.has(table)),
  ];
  const context = { schema, partitions: partitions ?? partitionsOf(state) ?? 1 };
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

/** The same columns as Knex's own bookkeeping, so that Knex's command line understands it. */
function createBookkeeping(schema: string): string {
  return `CREATE TABLE ${qualified(schema, BOOKKEEPING)} (
  id serial PRIMARY KEY,
  name varchar(255),
  batch integer,
  migration_time timestamptz
)`;
}

function record(schema: string, name: string, batch: number): string {
  return `INSERT INTO ${qualified(schema, BOOKKEEPING)} (name, batch, migration_time) VALUES ('${name}', ${batch}, now())`;
}

function lastSteps({ applied }: MigrationState): { rolledBack: Migration[]; forgotten: AppliedStep[] } {
  const batch = Math.max(...applied.map((step) => step.batch));
  const last = applied.filter((step) => step.batch === batch);
  if (batch === ADOPTED_BATCH) return { rolledBack: [], forgotten: last.toReversed() };
  const rolledBack = migrations.filter(({ name }) => last.some((step) => step.name === name)).toReversed();
  return { rolledBack, forgotten: [] };
}

async function assertEmpty(transaction: Knex.Transaction, schema: string, steps: readonly Migration[]): Promise<void> {
  const full: string[] = [];
  for (const { table } of steps) {
    const name = qualified(schema, table);
    await execute(transaction, `LOCK TABLE ${name} IN ACCESS EXCLUSIVE MODE`);
    const [row] = await query<[boolean]>(transaction, `SELECT EXISTS (SELECT FROM ${name})`);
    if (row?.[0]) full.push(table);
  }
  if (full.length > 0) throw new RollbackRefusedError(full);
}

async function locked<Value>(
  knex: Knex,
  schema: string,
  lockTimeout: number,
  work: (transaction: Knex.Transaction) => Promise<Value>,
): Promise<Value> {
  try {
    return await inTransaction(knex, async (transaction) => {
      await execute(transaction, `SET LOCAL lock_timeout = ${lockTimeout}`);
      await query(transaction, 'SELECT pg_advisory_xact_lock(?::text::bigint)', [lockKey(schema)]);
      return await work(transaction);
    });
  } catch (error) {
    if (sqlState(error) === '55P03') throw new MigrationLockError(lockTimeout, error);
    throw error;
  }
}

/** One lock per database and schema: PostgreSQL keeps advisory locks of different databases apart. */
function lockKey(schema: string): string {
  return createHash('sha256').update(`maestro_migrations ${schema}`).digest().readBigInt64BE().toString();
}

function checked({ schema = DEFAULT_SCHEMA, partitions, lockTimeout = DEFAULT_LOCK_TIMEOUT }: MigrateOptions) {
  checkSchemaName(schema);
  if (partitions !== undefined && (!Number.isInteger(partitions) || partitions < 1 || partitions > MAX_PARTITIONS))
    throw new InvalidArgumentError(`partitions is an integer from 1 to ${MAX_PARTITIONS}; got ${String(partitions)}.`);
  // PostgreSQL takes 0 for no limit at all, so the shortest wait is a millisecond.
  if (!Number.isFinite(lockTimeout) || lockTimeout < 0 || lockTimeout > 2_147_483_647)
    throw new InvalidArgumentError(`lockTimeout is a number of milliseconds; got ${String(lockTimeout)}.`);
  return { schema, partitions, lockTimeout: Math.max(1, Math.round(lockTimeout)) };
}
