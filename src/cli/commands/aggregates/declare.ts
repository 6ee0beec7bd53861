import { type Command, Option } from 'commander';
import type { CommandRunner } from '../../command-runner.js';
import { limit } from '../../input/arguments.js';
import { sinceOption, TYPE, untilOption } from '../../input/filter-options.js';
import { KIND } from '../../input/kind-option.js';
import { NODE } from '../../input/node-id.js';

/** Declares `maestro aggregates`. */
export function declareAggregates(program: Command, runner: CommandRunner): void {
  program
    .command('aggregates')
    .summary('list the aggregates of the log')
    .description(
      'List the aggregates of the log: how many events, the times of the first and the last, the type of the last, the ' +
        'sequence of the snapshot. With several filters, one event must satisfy all of them. Listing by id or by last ' +
        'event follows an index. --sort events counts the whole log; --type reads all events, or those of the time given.',
    )
    .option(...TYPE)
    .option(...sinceOption(runner.context))
    .option(...untilOption(runner.context))
    .option(...KIND)
    .option(...NODE)
    .option('--with-snapshot', 'only aggregates that have a snapshot')
    .addOption(
      new Option('--sort <order>', 'by id, by number of events (most first) or by last event (latest first)')
        .choices(['id', 'events', 'last'])
        .default('id'),
    )
    .option('--limit <count>', 'at most this many', limit, 50)
    .option('--after <cursor>', 'continue after a page, with the cursor that it printed')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro aggregates --sort last --limit 10
  $ maestro aggregates --since "yesterday 14:00" --until "yesterday 15:00" --type withdrawn
  $ maestro aggregates --with-snapshot --limit 100000 -q | xargs -n 1 maestro snapshot get`,
    )
    .action(runner.lazy(() => import('./run.js')));
}
