import type { Command } from 'commander';
import type { CommandRunner } from '../../../command-runner.js';
import { CITUS, ONLINE, PARTITIONS, SHARD_COUNT } from '../migrate-options.js';

/** Declares `maestro migrate sql`. */
export function declareMigrateSql(migrate: Command, runner: CommandRunner): void {
  migrate
    .command('sql')
    .summary('print the SQL that would run, and run nothing')
    .description(
      'Print the SQL that `migrate up` would run; with --roles the GRANTs for a role that reads, one that writes and one ' +
        'that migrates. Runs nothing.',
    )
    .option(...PARTITIONS)
    .option(...CITUS)
    .option(...SHARD_COUNT)
    .option(...ONLINE)
    .option('--roles', 'print GRANTs for three roles instead')
    .option('--reader <role>', 'with --roles: the role that reads (default: maestro_reader)')
    .option('--writer <role>', 'with --roles: the role that writes (default: maestro_writer)')
    .option('--migrator <role>', 'with --roles: the role that migrates (default: maestro_migrator)')
    .option('--no-erase', 'with --roles: a writer that can only add events, never change or remove one')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro migrate sql --partitions 8 > upgrade.sql
  $ maestro migrate sql --roles --writer app --no-erase | psql -v ON_ERROR_STOP=1 app`,
    )
    .action(runner.lazy(() => import('./run.js')));
}
