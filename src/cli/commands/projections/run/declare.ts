import type { Command } from 'commander';
import type { CommandRunner } from '../../../command-runner.js';
import { integer } from '../../../input/arguments.js';

/** Declares `maestro projections run`. */
export function declareProjectionsRun(projections: Command, runner: CommandRunner): void {
  projections
    .command('run')
    .summary('catch up, and then follow the log until Ctrl-C')
    .description(
      'Run the configured projections and subscriptions: take in whatever they are behind, and then every event that is ' +
        'committed, until Ctrl-C. Any number of these may run at once, beside workers of the application. With --once it ' +
        'ends as soon as nothing is behind, and exits with 1 when an aggregate is parked, a table is gone, or new tables could ' +
        'not be put into use.',
    )
    .argument('[names...]', 'only these projections and subscriptions (default: all that are configured)')
    .option('--once', 'catch up, and end')
    .option('--concurrency <count>', 'number of batches to take in at the same time', integer(1, 64), 4)
    .addHelpText(
      'after',
      `
Examples:
  $ maestro projections run
  $ maestro projections run owners mails --concurrency 8
  $ maestro projections run --once || maestro projections status`,
    )
    .action(runner.lazy(() => import('./run.js'), { answers: (_names, { once = false }) => once }));
}
