import type { Command } from 'commander';
import type { CommandRunner } from '../../../command-runner.js';
import { CITUS, LOCK_TIMEOUT, ONLINE, PARTITIONS, SHARD_COUNT } from '../migrate-options.js';

/** Declares `maestro migrate up`, which `maestro migrate` alone means. */
export function declareMigrateUp(migrate: Command, runner: CommandRunner): void {
  migrate
    .command('up', { isDefault: true })
    .summary('bring the tables up to date (the default)')
    .description(
      'Create the tables in a new database, bring older ones up to date, or adopt those that Elixir Maestro made. Does nothing ' +
        'where they are up to date.',
    )
    .option(...PARTITIONS)
    .option(...CITUS)
    .option(...SHARD_COUNT)
    .option(...ONLINE)
    .option(...LOCK_TIMEOUT)
    .addHelpText('after', '\nExample:\n  $ maestro migrate up --url postgres://localhost/app --lock-timeout 120')
    // As the default, it also gets what should have been another command, and says so itself.
    .allowExcessArguments()
    .action(runner.lazy(() => import('./run.js')));
}
