import { PermissionDeniedError } from '../../../../store/errors.js';
import { changeIndex, type IndexChange, indexSql } from '../../../../store/migrate/log-index/change-index.js';
import { metadataIndex } from '../../../../store/migrate/log-index/metadata-index.js';
import { pathIndex } from '../../../../store/migrate/log-index/path-index.js';
import { withDatabase } from '../../../database/with-database.js';
import type { Invocation } from '../../../invocation.js';
import { printOutcomes } from '../print-outcomes.js';
import type { IndexCommandOptions } from './index-options.js';

/** The work of one of the commands. */
interface IndexWork {
  readonly change: IndexChange;
  /** The word for what became of the index. */
  readonly outcome: string;
  /** Printed when there was nothing to do. */
  readonly nothing: string;
}

/** Changes an index and prints the outcome, or with `--dry-run` the SQL that would. */
export async function runIndexChange(
  { metadata, where, dryRun = false, lockTimeout }: IndexCommandOptions,
  invocation: Invocation,
  { change, outcome, nothing }: IndexWork,
): Promise<void> {
  const { output } = invocation;
  const index = where === undefined ? metadataIndex(metadata) : pathIndex(where);
  if (dryRun) {
    const sql = await withDatabase(invocation, ({ knex, schema }) => indexSql(knex, change, index, { schema }));
    return await output.inForm({
      json: () => output.json({ sql }),
      table: () => output.line(sql === '' ? `-- ${nothing}` : sql.trimEnd()),
    });
  }
  let hasBegun = false;
  const onStep = (what: string) => {
    hasBegun = true;
    output.progress.report(`${what.charAt(0).toUpperCase()}${what.slice(1)} on ${index.what}`);
  };
  const { name, changed } = await withDatabase(
    invocation,
    async ({ knex, schema }) => {
      try {
        return await changeIndex(knex, change, index, { schema, lockTimeout, onStep });
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
