import type { Command } from 'commander';
import type { CommandRunner } from '../../../../command-runner.js';
import { DRY_RUN, INDEX_LOCK_TIMEOUT, METADATA } from '../index-options.js';

/** Declares `maestro migrate index add`. */
export function declareMigrateIndexAdd(index: Command, runner: CommandRunner): void {
  index
    .command('add')
    .summary('make an index on a key of the metadata')
    .description(
      'Make an index on a key of the metadata of events, while everybody goes on reading and writing. Does nothing where it ' +
        'is there; completes one that was broken off.',
    )
    .option(...METADATA)
    .option(...DRY_RUN)
    .option(...INDEX_LOCK_TIMEOUT)
    .addHelpText(
      'after',
      `
Examples:
  $ maestro migrate index add
  $ maestro migrate index add --metadata userId --dry-run`,
    )
    .action(runner.lazy(() => import('./run.js')));
}
