import type { Command } from 'commander';
import type { CommandRunner } from '../../command-runner.js';
import { declareMigrateIndex } from './index/declare.js';
import { declareMigrateLayout } from './layout/declare.js';
import { declareMigrateRollback } from './rollback/declare.js';
import { declareMigrateSql } from './sql/declare.js';
import { declareMigrateStatus } from './status/declare.js';
import { declareMigrateUp } from './up/declare.js';

/** Declares `maestro migrate` and the commands below it. */
export function declareMigrate(program: Command, runner: CommandRunner): void {
  const migrate: Command = program
    .command('migrate')
    .summary('create and upgrade the tables')
    .description(
      'Create and upgrade the tables, or adopt those that Elixir Maestro made. `maestro migrate` alone means `maestro migrate up`.',
    )
    .addHelpText('after', () => optionsOfUp(migrate))
    .addHelpText(
      'after',
      `
Examples:
  $ maestro migrate
  $ maestro migrate --partitions 16
  $ maestro migrate status --exit-code`,
    );
  declareMigrateUp(migrate, runner);
  declareMigrateStatus(migrate, runner);
  declareMigrateSql(migrate, runner);
  declareMigrateIndex(migrate, runner);
  declareMigrateLayout(migrate, runner);
  declareMigrateRollback(migrate, runner);
}

/** The options of what `migrate` alone does, for its own help. */
function optionsOfUp(migrate: Command): string {
  const up = migrate.commands.find((command) => command.name() === 'up');
  if (up === undefined) return '';
  const help = migrate.createHelp();
  help.prepareContext({ helpWidth: migrate.configureOutput().getOutHelpWidth?.() ?? 80 });
  const options = up.options.map((option) =>
    help.formatItem(
      help.optionTerm(option),
      help.longestOptionTermLength(up, help),
      help.optionDescription(option),
      help,
    ),
  );
  return `\nOptions of up:\n${options.join('\n')}`;
}
