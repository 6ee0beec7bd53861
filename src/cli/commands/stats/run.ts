import { UsageError } from '../../errors.js';
import { type Session, withDatabase } from '../../session.js';
import { GROUPINGS } from './groupings.js';
import { AGGREGATES, type Group } from './groups.js';
import { printSummary } from './summary.js';

export interface StatsOptions {
  readonly by?: Group;
  readonly limit?: number;
}

/** Counts the log. */
export async function run({ by, limit }: StatsOptions, session: Session): Promise<void> {
  if (limit !== undefined && by !== 'aggregate')
    throw new UsageError('--limit is for --by aggregate; the other lists are short.');
  await withDatabase(session, async (database) => {
    session.output.progress.report('Counting, which reads the whole log');
    if (by === undefined) await printSummary(database, session);
    else await GROUPINGS[by](database, session, limit ?? AGGREGATES);
  });
}
