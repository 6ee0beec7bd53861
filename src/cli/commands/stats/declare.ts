import { type Command, Option } from 'commander';
import type { CommandRunner } from '../../command-runner.js';
import { limit } from '../../input/arguments.js';
import { AGGREGATES, GROUPS } from './groups.js';

/** Declares `maestro stats`. */
export function declareStats(program: Command, runner: CommandRunner): void {
  program
    .command('stats')
    .summary('count the log: events, aggregates, sizes, types, days')
    .description(
      'Count the log: events, aggregates, snapshots, bytes on disk, the longest aggregates and the events of the last ' +
        'days. The database counts; it reads the whole log to do so.',
    )
    .addOption(
      new Option('--by <group>', 'count by type of event, local day, aggregate (longest first) or partition').choices(
        GROUPS,
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
    .action(runner.lazy(() => import('./run.js')));
}
