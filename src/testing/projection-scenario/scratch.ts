import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { driverOf } from '../../store/driver/driver-of.js';
import { migrate } from '../../store/migrate/migrator.js';
import { execute } from '../../store/read/rows.js';

/** A transaction with a log and tables of its own. */
export interface Scratch {
  readonly transaction: Knex.Transaction;
  /** The schema that has all of it, the first of the `search_path`. */
  readonly schema: string;
}

/** Carries an answer out of a transaction that is rolled back. */
class Done<Answer> extends Error {
  constructor(readonly answer: Answer) {
    super('done');
  }
}

/**
 * Runs work on an empty log in a schema of its own, in one transaction that is rolled back: so nothing is left behind, also when the
 * process is killed. Needs one connection.
 */
export async function inScratch<Answer>(knex: Knex, work: (scratch: Scratch) => Promise<Answer>): Promise<Answer> {
  const schema = `maestro_scenario_${randomBytes(6).toString('hex')}`;
  try {
    return await driverOf(knex).transaction(async (transaction) => {
      await migrate(transaction, { schema });
      await execute(
        transaction,
        `SELECT set_config('search_path', concat_ws(', ', ?::text, nullif(current_setting('search_path'), '')), true)`,
        [`"${schema}"`],
      );
      throw new Done(await work({ transaction, schema }));
    });
  } catch (error) {
    if (error instanceof Done) return error.answer as Answer;
    throw error;
  }
}
