import { UsageError } from '../../errors.js';
import { withDatabase } from '../../database/with-database.js';
import type { Invocation } from '../../invocation.js';
import { GROUPINGS } from './groupings.js';
import { AGGREGATES, type Group } from './groups.js';
import { printSummary } from './summary.js';

/** The options of `maestro stats`. */
export interface StatsOptions {
  readonly by?: Group;
  readonly limit?: number;
}

/** Counts the log. */
export async function run({ by, limit }: StatsOptions, invocation: Invocation): Promise<void> {
  if (limit !== undefined && by !== 'aggregate')
    throw new UsageError('--limit works only together with --by aggregate: the other lists are short.', {
      hint: 'Leave --limit out.',
    });
  await withDatabase(invocation, async (database) => {
    invocation.output.progress.report('Counting, which reads the whole log');
    if (by === undefined) await printSummary(database, invocation);
    else await GROUPINGS[by](database, invocation, limit ?? AGGREGATES);
  });
}
