import type { Command } from 'commander';
import type { CommandRunner } from '../../../../command-runner.js';
import { DRY_RUN, INDEX_LOCK_TIMEOUT, METADATA } from '../index-options.js';

/** Declares `maestro migrate index drop`. */
export function declareMigrateIndexDrop(index: Command, runner: CommandRunner): void {
  index
    .command('drop')
    .summary('drop the index on a key of the metadata')
    .description('Drop the index on a key of the metadata, complete or not. No event is changed.')
    .option(...METADATA)
    .option(...DRY_RUN)
    .option(...INDEX_LOCK_TIMEOUT)
    .addHelpText('after', '\nExample:\n  $ maestro migrate index drop --metadata userId')
    .action(runner.lazy(() => import('./run.js')));
}
