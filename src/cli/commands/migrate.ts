import type { Command } from 'commander';
import type { Knex } from 'knex';
import type { ConnectionSettings } from '../../connection/settings.js';
import type { MigrationStatus } from '../../store/migration-status.js';
import { integer, seconds } from '../arguments.js';
import type { CliContext } from '../context.js';
import { UsageError } from '../errors.js';
import { FOUND } from '../exit-codes.js';
import { escapeText } from '../render/escape.js';
import { createSession, type Session, sessionSettings, withDatabase } from '../session.js';

interface UpOptions {
  readonly partitions?: number;
  readonly lockTimeout?: number;
}

const PARTITIONS = ['--partitions <count>', 'hash partitions of a new event log (1: one plain table)'] as const;
const LOCK_TIMEOUT = ['--lock-timeout <seconds>', 'how long to wait for another migration (default: 60)'] as const;
const partitions = integer(1, 1024);

/** Registers `migrate`; `exit` is told the exit code when a status is asked for with one. */
export function registerMigrate(program: Command, context: CliContext, exit: (code: number) => void): void {
  const migrate = program
    .command('migrate')
    .summary('create and upgrade the tables')
    .description('Create and upgrade the tables, or adopt those that Elixir Maestro made. Without a word after it: up.')
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
    .option(...PARTITIONS, partitions)
    .option(...LOCK_TIMEOUT, seconds)
    .addHelpText('after', '\nExample:\n  $ maestro migrate up --url postgres://localhost/app --lock-timeout 120')
    .allowExcessArguments()
    .action((options: UpOptions, command: Command) => {
      // As the default, it also gets what should have been another command.
      const [word] = command.args;
      if (word !== undefined)
        throw new UsageError(`Unknown command '${word}' of migrate.`, {
          hint: 'Known are up, status, sql and rollback.',
        });
      return up(options, createSession(context, command));
    });
  migrate
    .command('status')
    .summary('show which steps are taken')
    .option('--exit-code', 'exit with 1 unless everything is up to date')
    .addHelpText('after', '\nExample:\n  $ maestro migrate status --exit-code || maestro migrate')
    .action(async (options: { exitCode?: boolean }, command: Command) => {
      const upToDate = await status(createSession(context, command));
      if (options.exitCode && !upToDate) exit(FOUND);
    });
  migrate
    .command('sql')
    .summary('print the SQL that would run, and run nothing')
    .option(...PARTITIONS, partitions)
    .addHelpText('after', '\nExample:\n  $ maestro migrate sql --partitions 8 > upgrade.sql')
    .action((options: UpOptions, command: Command) => sql(options, createSession(context, command)));
  migrate
    .command('rollback')
    .summary('take back the last migration')
    .description('Take back the last migration. Refuses while events are stored. Adopted tables are never dropped.')
    .option('--discard-all-events', 'drop the tables with everything in them')
    .option(...LOCK_TIMEOUT, seconds)
    .addHelpText('after', '\nExample:\n  $ maestro migrate rollback')
    .action((options: UpOptions & { discardAllEvents?: boolean }, command: Command) =>
      rollback(options, createSession(context, command)),
    );
}

async function up(options: UpOptions, session: Session): Promise<void> {
  const { migrate } = await import('../../store/migrator.js');
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

async function sql(options: UpOptions, session: Session): Promise<void> {
  const { migrationSql } = await import('../../store/migrator.js');
  const script = await ifThere(session, (knex, schema) => migrationSql(knex, { schema, ...options }));
  const { output } = session;
  if (output.format !== 'table') return await output.json(JSON.stringify({ sql: script }));
  await output.line(script === '' ? '-- up to date: nothing to do' : script.trimEnd());
}

async function rollback(options: UpOptions & { discardAllEvents?: boolean }, session: Session): Promise<void> {
  const { rollback } = await import('../../store/rollback.js');
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
    const { factTable } = await import('../render/small-table.js');
    const words: Record<string, string> = { rolledBack: 'rolled back', adopted: 'adopted, unchanged' };
    await output.line(
      factTable(
        steps.map(([name, outcome]) => [name, words[outcome] ?? outcome]),
        output.style,
      ),
    );
  }
}

async function status(session: Session): Promise<boolean> {
  const { migrationStatus } = await import('../../store/migration-status.js');
  const result = await ifThere(session, (knex, schema) => migrationStatus(knex, { schema }));
  await printStatus(result, session);
  return result.upToDate;
}

async function printStatus(result: MigrationStatus, { output }: Session): Promise<void> {
  if (output.format !== 'table') return await output.json(JSON.stringify(result));
  if (output.quiet) {
    for (const { name, state } of result.steps) if (state === 'pending') await output.line(escapeText(name));
    return;
  }
  const { smallTable } = await import('../render/small-table.js');
  const { good, bad } = output.style;
  const rows = result.steps.map(({ name, state, at }) => [name, state, at?.toISOString() ?? '']);
  const paint = (state: string) => (state === 'pending' || state === 'unknown' ? bad(state) : good(state));
  await output.line(smallTable(['STEP', 'STATE', 'SINCE'], rows, output.style, [String, paint]));
  const layout =
    result.partitions === undefined ? 'none yet' : result.partitions > 1 ? `${result.partitions} partitions` : 'plain';
  await output.line(
    `schema ${result.schema}, layout ${layout}: ${result.upToDate ? good('up to date') : bad('not up to date')}`,
  );
  for (const fault of result.faults) await output.line(bad(`- ${escapeText(fault)}`));
}

/** Looks at a database without making it: an embedded one that is not there has nothing in it. */
async function ifThere<Value>(
  session: Session,
  look: (knex: Knex | undefined, schema: string) => Promise<Value>,
): Promise<Value> {
  const settings: ConnectionSettings = await sessionSettings(session);
  if ('dataDir' in settings.target) {
    const { dataFolderExists } = await import('../../connection/data-folder.js');
    if (!dataFolderExists(settings.target.dataDir)) return await look(undefined, settings.schema);
  }
  return await withDatabase(session, ({ knex, schema }) => look(knex, schema), { settings });
}
