import type { Command } from 'commander';
import type { CommandRunner } from '../../../../command-runner.js';
import { withIndexOptions } from '../index-options.js';

/** Declares `maestro migrate index drop`. */
export function declareMigrateIndexDrop(index: Command, runner: CommandRunner): void {
  const drop = index
    .command('drop')
    .summary('drop an index')
    .description(
      'Drop the index on a key of the metadata, or with --where that on a value in bodies, complete or not. No event is ' +
        'changed.',
    );
  withIndexOptions(drop)
    .addHelpText(
      'after',
      `
Examples:
  $ maestro migrate index drop --metadata userId
  $ maestro migrate index drop --where '$.customer'`,
    )
    .action(runner.lazy(() => import('./run.js')));
}
