import type { Knex } from 'knex';
import { migrations } from '../../../migrations/index.js';
import { storeError } from '../failures/database-errors.js';
import { resolveMigrateOptions, type MigrateOptions } from './migrate-options.js';
import type { Migration, TableName } from './migration.js';
import { RollbackRefusedError } from './migration-errors.js';
import { holdingRows } from './holding-rows.js';
import { lockTables } from './lock-tables.js';
import { withMigrationLock } from './migration-lock.js';
import {
  ADOPTED_BATCH,
  type AppliedStep,
  assertUsableState,
  MIGRATIONS_TABLE,
  layoutOf,
  type MigrationState,
  readMigrationState,
} from './migration-state.js';
import { PLAIN } from '../layout/layout.js';
import { execute } from '../read/rows.js';
import { qualified } from '../schema-name.js';

/** The steps that a rollback took back. */
export interface RollbackReport {
  /** The steps it took back, last to first. */
  readonly rolledBack: readonly string[];
  /** The steps of adopted tables: only their record was removed, the tables still exist. */
  readonly forgotten: readonly string[];
}

/**
 * Takes back the steps of the last migration. Refuses with `RollbackRefusedError` while a table that would go holds
 * rows, unless `discardAllEvents`. Adopted tables are never dropped: their steps are only forgotten.
 */
export async function rollback(
  knex: Knex,
  { discardAllEvents = false, ...options }: MigrateOptions & { readonly discardAllEvents?: boolean } = {},
): Promise<RollbackReport> {
  const { schema, lockTimeout } = resolveMigrateOptions(options);
  try {
    return await withMigrationLock(knex, schema, lockTimeout, async (transaction) => {
      const state = await readMigrationState(transaction, schema);
      assertUsableState(state, undefined);
      const { rolledBack, forgotten } = lastSteps(state);
      const tables = tablesOf(rolledBack).map((table) => qualified(schema, table));
      const context = { schema, layout: layoutOf(state) ?? PLAIN };
      const takeBack = async () => {
        const full = discardAllEvents ? [] : await holdingRows(transaction, schema, tablesOf(rolledBack));
        if (full.length > 0) throw new RollbackRefusedError(full);
        for (const migration of rolledBack)
          for (const statement of migration.down(context)) await execute(transaction, statement);
      };
      if (tables.length > 0) await lockTables(transaction, tables, 'ACCESS EXCLUSIVE', lockTimeout, takeBack);
      for (const { name } of [...rolledBack, ...forgotten])
        await execute(transaction, `DELETE FROM ${qualified(schema, MIGRATIONS_TABLE)} WHERE name = ?`, [name]);
      return { rolledBack: rolledBack.map(({ name }) => name), forgotten: forgotten.map(({ name }) => name) };
    });
  } catch (error) {
    throw storeError(error);
  }
}

function lastSteps({ applied }: MigrationState): { rolledBack: Migration[]; forgotten: AppliedStep[] } {
  const batch = Math.max(...applied.map((step) => step.batch));
  const last = applied.filter((step) => step.batch === batch);
  if (batch === ADOPTED_BATCH) return { rolledBack: [], forgotten: last.toReversed() };
  const rolledBack = migrations.filter(({ name }) => last.some((step) => step.name === name)).toReversed();
  return { rolledBack, forgotten: [] };
}

/** The tables that steps make, the last first. */
function tablesOf(steps: readonly Migration[]): TableName[] {
  return steps.flatMap(({ tables }) => tables.toReversed());
}
