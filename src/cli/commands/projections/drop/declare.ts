import type { Command } from 'commander';
import type { CommandRunner } from '../../../command-runner.js';

/** Declares `maestro projections drop`. */
export function declareProjectionsDrop(projections: Command, runner: CommandRunner): void {
  projections
    .command('drop')
    .summary('remove a projection or subscription that the code no longer has')
    .description(
      'Show what would be removed of a projection or subscription, and with --execute remove it: the tables that its setUp ' +
        'made, its positions, and what is parked and skipped. The log stays as it is. Interrupted, it goes on where it was when ' +
        'it is run again, and so do workers. Refuses while a worker runs it or the configuration has it (exit 5), because ' +
        'code that has it makes it anew, and when something of others depends on the tables.',
    )
    .argument('<name>', 'the projection or subscription')
    .option('--force', 'drop it even if a worker runs it, or the configuration has it')
    .option('--execute', 'remove it; without this option only the plan is shown')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro projections drop owners
  $ maestro projections drop owners --execute`,
    )
    .action(runner.lazy(() => import('./run.js')));
}
