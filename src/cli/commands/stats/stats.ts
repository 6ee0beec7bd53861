import { type Command, Option } from 'commander';
import { limit } from '../../input/arguments.js';
import type { CliContext } from '../../context.js';
import { UsageError } from '../../errors.js';
import { createSession, type Session, withDatabase } from '../../session.js';
import { type Grouping, GROUPINGS } from './groupings.js';
import { printSummary } from './summary.js';

interface StatsOptions {
  readonly by?: Grouping;
  readonly limit?: number;
}

/** How many aggregates are listed unless said otherwise. */
const AGGREGATES = 50;

/** Declares `maestro stats`. */
export function registerStats(program: Command, context: CliContext): void {
  program
    .command('stats')
    .summary('count the log: events, aggregates, sizes, types, days')
    .description(
      'Count the log: events, aggregates, snapshots, bytes on disk, the longest aggregates and the events of the last ' +
        'days. The database counts; it reads the whole log to do so.',
    )
    .addOption(
      new Option('--by <group>', 'count by type of event, local day, aggregate (longest first) or partition').choices(
        Object.keys(GROUPINGS),
      ),
    )
    .option('--limit <count>', `with --by aggregate: at most this many (default: ${AGGREGATES})`, limit)
    .addHelpText(
      'after',
      `
Examples:
  $ maestro stats
  $ maestro stats --by day
  $ maestro stats --by aggregate --limit 10 -o ndjson`,
    )
    .action((options: StatsOptions, command: Command) => stats(options, createSession(context, command)));
}

async function stats({ by, limit }: StatsOptions, session: Session): Promise<void> {
  if (limit !== undefined && by !== 'aggregate')
    throw new UsageError('--limit is for --by aggregate; the other lists are short.');
  await withDatabase(session, async (database) => {
    session.output.progress.report('Counting, which reads the whole log');
    if (by === undefined) await printSummary(database, session);
    else await GROUPINGS[by](database, session, limit ?? AGGREGATES);
  });
}
