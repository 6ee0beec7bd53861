import type { Command } from 'commander';
import type { CliContext } from '../../context.js';
import { UsageError } from '../../errors.js';
import { didYouMean } from '../../../nearest.js';
import { escapeText } from '../../render/escape.js';
import { createSession, type Session, withDatabase } from '../../session.js';
import { LOCK_TIMEOUT, PARTITIONS } from './migrate-options.js';
import { registerMigrateSql } from './migrate-sql.js';
import { registerMigrateStatus } from './migrate-status.js';

interface UpOptions {
  readonly partitions?: number;
  readonly lockTimeout?: number;
}

const KNOWN = ['up', 'status', 'sql', 'rollback'];

/** Registers `migrate`; `exit` is told the exit code when a status is asked for with one. */
export function registerMigrate(program: Command, context: CliContext, exit: (code: number) => void): void {
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
  migrate
    .command('up', { isDefault: true })
    .summary('bring the tables up to date (the default)')
    .description(
      'Create the tables in a new database, bring older ones up to date, or adopt those that Elixir Maestro made. Does nothing ' +
        'where they are up to date.',
    )
    .option(...PARTITIONS)
    .option(...LOCK_TIMEOUT)
    .addHelpText('after', '\nExample:\n  $ maestro migrate up --url postgres://localhost/app --lock-timeout 120')
    .allowExcessArguments()
    .action((options: UpOptions, command: Command) => {
      // As the default, it also gets what should have been another command.
      const [word] = command.args;
      if (word !== undefined)
        throw new UsageError(`Unknown command '${word}' of migrate.`, {
          hint: `${didYouMean(word, KNOWN)} The commands are ${KNOWN.join(', ')}.`.trim(),
        });
      return up(options, createSession(context, command));
    });
  registerMigrateStatus(migrate, context, exit);
  registerMigrateSql(migrate, context);
  migrate
    .command('rollback')
    .summary('take back the last migration')
    .description('Take back the last migration. Refuses while events are stored. Adopted tables are never dropped.')
    .option('--discard-all-events', 'drop the tables with everything in them')
    .option(...LOCK_TIMEOUT)
    .addHelpText('after', '\nExample:\n  $ maestro migrate rollback')
    .action((options: UpOptions & { discardAllEvents?: boolean }, command: Command) =>
      rollback(options, createSession(context, command)),
    );
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

async function up(options: UpOptions, session: Session): Promise<void> {
  const { migrate } = await import('../../../store/migrate/migrator.js');
  const { applied, adopted } = await withDatabase(
    session,
    ({ knex, schema }) => {
      session.output.progress.report('Migrating, or waiting for another migration to end');
      return migrate(knex, { schema, ...options });
    },
    { create: true },
  );
  await print(session, { applied, adopted }, 'up to date: nothing to do');
}

async function rollback(options: UpOptions & { discardAllEvents?: boolean }, session: Session): Promise<void> {
  const { rollback } = await import('../../../store/migrate/rollback.js');
  const { rolledBack, forgotten } = await withDatabase(
    session,
    ({ knex, schema }) => rollback(knex, { schema, ...options }),
    { writes: true },
  );
  await print(session, { rolledBack, forgotten }, 'nothing to roll back');
  if (forgotten.length > 0) await session.output.note('adopted tables are only forgotten: they are still there');
}

async function print(session: Session, report: Record<string, readonly string[]>, nothing: string): Promise<void> {
  const { output } = session;
  const steps = Object.entries(report).flatMap(([outcome, names]) => names.map((name) => [name, outcome] as const));
  if (output.format !== 'table') return await output.json(JSON.stringify(report));
  if (output.quiet) for (const [name] of steps) await output.line(escapeText(name));
  else if (steps.length === 0) await output.line(nothing);
  else {
    const { factTable } = await import('../../render/fact-table.js');
    const words: Record<string, string> = { rolledBack: 'rolled back', adopted: 'adopted, unchanged' };
    await output.line(
      factTable(
        steps.map(([name, outcome]) => [name, words[outcome] ?? outcome]),
        output.style,
      ),
    );
  }
}
