import type { Command } from 'commander';
import type { CommandRunner } from '../../../command-runner.js';

/** Declares `maestro migrate status`. */
export function declareMigrateStatus(migrate: Command, runner: CommandRunner): void {
  migrate
    .command('status')
    .summary('show which steps are taken')
    .description(
      'Show which steps of the migration are taken and since when, the layout of the tables, and what is wrong with them. ' +
        'Changes nothing.',
    )
    .option('--exit-code', 'exit with 1 unless everything is up to date')
    .addHelpText('after', '\nExample:\n  $ maestro migrate status --exit-code || maestro migrate')
    .action(runner.lazy(() => import('./run.js')));
}
