import { rollback } from '../../../../store/migrate/rollback.js';
import { withDatabase } from '../../../database/with-database.js';
import type { Invocation } from '../../../invocation.js';
import { printOutcomes } from '../print-outcomes.js';

/** The options of `maestro migrate rollback`. */
export interface RollbackOptions {
  /** Milliseconds. */
  readonly lockTimeout?: number;
  readonly discardAllEvents?: boolean;
}

/** Takes the last migration back. */
export async function run(options: RollbackOptions, invocation: Invocation): Promise<void> {
  const { rolledBack, forgotten } = await withDatabase(
    invocation,
    ({ knex, schema }) => rollback(knex, { schema, ...options }),
    { writes: true },
  );
  await printOutcomes(invocation, { rolledBack, forgotten }, 'nothing to roll back');
  if (forgotten.length > 0)
    await invocation.output.note('adopted tables were not dropped: Maestro only forgot that it had adopted them');
}
