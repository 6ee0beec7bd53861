import type { Command } from 'commander';
import type { CommandRunner } from '../../../command-runner.js';

/** Declares `maestro migrate status`. */
export function declareMigrateStatus(migrate: Command, runner: CommandRunner): void {
  migrate
    .command('status')
    .summary('show which migration steps have run')
    .description(
      'Show which migration steps have run and when, the layout of the tables, and what is wrong with them. ' +
        'Changes nothing.',
    )
    .option('--exit-code', 'exit with 1 unless everything is up to date')
    .addHelpText('after', '\nExample:\n  $ maestro migrate status --exit-code || maestro migrate')
    .action(runner.lazy(() => import('./run.js'), { answers: ({ exitCode = false }) => exitCode }));
}
