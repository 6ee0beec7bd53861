import type { Command } from 'commander';
import type { CommandRunner } from '../../../../command-runner.js';

/** Declares `maestro migrate index list`. */
export function declareMigrateIndexList(index: Command, runner: CommandRunner): void {
  index
    .command('list')
    .summary('list the indexes on metadata')
    .description(
      'List the indexes on metadata that `maestro migrate index add` made: valid, being built, or invalid because a build was ' +
        'broken off. With --quiet the keys are printed.',
    )
    .addHelpText('after', '\nExample:\n  $ maestro migrate index list')
    .action(runner.lazy(() => import('./run.js')));
}
