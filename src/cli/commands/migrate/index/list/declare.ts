import type { Command } from 'commander';
import type { CommandRunner } from '../../../../command-runner.js';

/** Declares `maestro migrate index list`. */
export function declareMigrateIndexList(index: Command, runner: CommandRunner): void {
  index
    .command('list')
    .summary('list these indexes')
    .description(
      'List the indexes that `maestro migrate index add` made: valid, being built, or invalid because a build was broken off. ' +
        'With --quiet the keys and the paths are printed.',
    )
    .addHelpText('after', '\nExample:\n  $ maestro migrate index list')
    .action(runner.lazy(() => import('./run.js')));
}
