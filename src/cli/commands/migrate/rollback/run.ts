import { rollback } from '../../../../store/migrate/rollback.js';
import { type Session, withDatabase } from '../../../session.js';
import { printOutcomes } from '../print-outcomes.js';

export interface RollbackOptions {
  /** Milliseconds. */
  readonly lockTimeout?: number;
  readonly discardAllEvents?: boolean;
}

/** Takes the last migration back. */
export async function run(options: RollbackOptions, session: Session): Promise<void> {
  const { rolledBack, forgotten } = await withDatabase(
    session,
    ({ knex, schema }) => rollback(knex, { schema, ...options }),
    { writes: true },
  );
  await printOutcomes(session, { rolledBack, forgotten }, 'nothing to roll back');
  if (forgotten.length > 0) await session.output.note('adopted tables are only forgotten: they are still there');
}
