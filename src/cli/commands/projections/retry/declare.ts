import type { Command } from 'commander';
import type { CommandRunner } from '../../../command-runner.js';
import { idOrPrefix } from '../../../input/id-argument.js';

/** Declares `maestro projections retry`. */
export function declareProjectionsRetry(projections: Command, runner: CommandRunner): void {
  projections
    .command('retry')
    .summary('have workers try parked aggregates again at once')
    .description(
      'Make the next try of parked aggregates due now instead of after the pause, which grows with each attempt. Workers ' +
        'do it; without one that runs, `maestro projections run --once` does.',
    )
    .argument('<name>', 'the projection or subscription')
    .argument('[id]', 'only this aggregate', idOrPrefix)
    .addHelpText(
      'after',
      `
Examples:
  $ maestro projections retry owners
  $ maestro projections retry owners 01a2077042bc0000deadbeefcafef00d`,
    )
    .action(runner.lazy(() => import('./run.js')));
}
