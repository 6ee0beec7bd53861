import type { Command } from 'commander';
import type { CommandRunner } from '../../../command-runner.js';
import { integer } from '../../../input/arguments.js';

/** Declares `maestro projections rebuild`. */
export function declareProjectionsRebuild(projections: Command, runner: CommandRunner): void {
  projections
    .command('rebuild')
    .summary('fill the tables of a projection anew, and switch to them')
    .description(
      'Fill a second copy of the tables of a projection beside the live one, with the handlers of the configuration, and switch to ' +
        'it in one transaction when nothing is behind. The application reads and writes meanwhile. Interrupted, it goes on ' +
        'where it was when it is run again. Refuses, with names, when something of others depends on the tables (exit 5).',
    )
    .argument('<name>', 'the projection')
    .option('--cancel', 'drop the copy that is being filled; the live one stays')
    .option('--detach', 'only begin, and leave the filling to workers that run')
    .option('--concurrency <count>', 'number of batches to take in at the same time', integer(1, 64), 4)
    .addHelpText(
      'after',
      `
Examples:
  $ maestro projections rebuild owners
  $ maestro projections rebuild owners --cancel`,
    )
    .action(runner.lazy(() => import('./run.js')));
}
