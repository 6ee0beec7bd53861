import type { Knex } from 'knex';
import {
  type IndexOptions,
  type IndexReport,
  metadataIndexSql,
} from '../../../../store/migrate/metadata-index/change-index.js';
import { PermissionDeniedError } from '../../../../store/errors.js';
import { withDatabase } from '../../../database/with-database.js';
import type { Invocation } from '../../../invocation.js';
import { printOutcomes } from '../print-outcomes.js';
import type { IndexCommandOptions } from './index-options.js';

/** The work of one of the commands. */
interface IndexChange {
  readonly change: 'add' | 'drop';
  /** The word for what became of the index. */
  readonly outcome: string;
  /** Printed when there was nothing to do. */
  readonly nothing: string;
  readonly work: (knex: Knex, options: IndexOptions) => Promise<IndexReport>;
}

/** Changes an index and prints the outcome, or with `--dry-run` the SQL that would. */
export async function changeIndex(
  { metadata: key, dryRun = false, lockTimeout }: IndexCommandOptions,
  invocation: Invocation,
  { change, outcome, nothing, work }: IndexChange,
): Promise<void> {
  const { output } = invocation;
  if (dryRun) {
    const sql = await withDatabase(invocation, ({ knex, schema }) => metadataIndexSql(knex, change, { schema, key }));
    return await output.inForm({
      json: () => output.json({ sql }),
      table: () => output.line(sql === '' ? `-- ${nothing}` : sql.trimEnd()),
    });
  }
  let hasBegun = false;
  const onStep = (what: string) => {
    hasBegun = true;
    output.progress.report(`${what.charAt(0).toUpperCase()}${what.slice(1)} on ${key}`);
  };
  const { name, changed } = await withDatabase(
    invocation,
    async ({ knex, schema }) => {
      try {
        return await work(knex, { schema, key, lockTimeout, onStep });
      } catch (error) {
        if (hasBegun && !(error instanceof PermissionDeniedError))
          await output.warn(
            'The index may be incomplete now. Run this command again to go on, or `maestro migrate index drop`.',
          );
        throw error;
      }
    },
    { writes: true },
  );
  await printOutcomes(invocation, { [outcome]: changed ? [name] : [] }, nothing);
}
