import type { Command } from 'commander';
import type { CommandRunner } from '../../../command-runner.js';
import { LOCK_TIMEOUT } from '../migrate-options.js';

/** Declares `maestro migrate rollback`. */
export function declareMigrateRollback(migrate: Command, runner: CommandRunner): void {
  migrate
    .command('rollback')
    .summary('take back the last migration')
    .description(
      'Take back the last migration. Refuses while a table that it would drop holds anything: events, snapshots or command ' +
        'ids. Adopted tables are never dropped.',
    )
    .option('--discard-all-events', 'drop the tables with everything in them')
    .option(...LOCK_TIMEOUT)
    .addHelpText('after', '\nExample:\n  $ maestro migrate rollback')
    .action(runner.lazy(() => import('./run.js')));
}
