import { NotMigratedError } from '../errors.js';
import { projectionTables } from '../projection-tables.js';
import { withReadRetry } from '../read/read-retry.js';
import { type Executor, query } from '../read/rows.js';

/** True when the schema has the tables of projections, which an older Maestro and Elixir's do not make. */
export async function hasProjectionTables(on: Executor, schema: string): Promise<boolean> {
  const { projections } = projectionTables(schema);
  const [row] = await withReadRetry(() => query<[boolean]>(on, 'SELECT to_regclass(?) IS NOT NULL', [projections]));
  return row?.[0] ?? false;
}

/** True when there are such tables and this role may read them: for what is only told beside something else. */
export async function canReadProjections(on: Executor, schema: string): Promise<boolean> {
  const { projections } = projectionTables(schema);
  const sql = "SELECT has_table_privilege(to_regclass(?), 'SELECT')";
  const [row] = await withReadRetry(() => query<[boolean | null]>(on, sql, [projections]));
  return row?.[0] ?? false;
}

/** Throws `NotMigratedError` where there are no tables of projections. */
export async function assertProjectionTables(on: Executor, schema: string): Promise<void> {
  if (!(await hasProjectionTables(on, schema)))
    throw new NotMigratedError(
      `Schema ${schema} has no table maestro_projections, with which projections and subscriptions follow the log.`,
    );
}
