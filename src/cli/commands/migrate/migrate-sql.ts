import type { Command } from 'commander';
import type { RolesOptions } from '../../../store/migrate/roles.js';
import type { CliContext } from '../../context.js';
import { UsageError } from '../../errors.js';
import { ifThere } from '../../if-there.js';
import { createSession, type Session, sessionSettings, withDatabase } from '../../session.js';
import { PARTITIONS } from './migrate-options.js';

interface SqlOptions extends Pick<RolesOptions, 'reader' | 'writer' | 'migrator'> {
  readonly partitions?: number;
  readonly roles?: boolean;
  /** False with `--no-erase`. */
  readonly erase: boolean;
}

/** Declares `maestro migrate sql`. */
export function registerMigrateSql(migrate: Command, context: CliContext): void {
  migrate
    .command('sql')
    .summary('print the SQL that would run, and run nothing')
    .description(
      'Print the SQL that `migrate up` would run; with --roles the GRANTs for a role that reads, one that writes and one ' +
        'that migrates. Runs nothing.',
    )
    .option(...PARTITIONS)
    .option('--roles', 'print what three roles are to be granted instead')
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
    .action((options: SqlOptions, command: Command) => sql(options, createSession(context, command)));
}

async function sql({ roles = false, partitions, erase, ...names }: SqlOptions, session: Session): Promise<void> {
  if (roles && partitions !== undefined) throw new UsageError('--roles prints GRANTs, which have no --partitions.');
  const [named] = Object.keys(names);
  if (!roles && named !== undefined)
    throw new UsageError(`--${named} names a role for --roles.`, { hint: 'Add --roles, or leave it out.' });
  if (!roles && !erase) throw new UsageError('--no-erase is for --roles.', { hint: 'Add --roles, or leave it out.' });
  const script = roles ? await grants({ ...names, erase }, session) : await steps(partitions, session);
  const { output } = session;
  if (output.format !== 'table') return await output.json(JSON.stringify({ sql: script }));
  await output.line(script === '' ? '-- up to date: nothing to do' : script.trimEnd());
}

async function steps(partitions: number | undefined, session: Session): Promise<string> {
  const { migrationSql } = await import('../../../store/migrate/migrator.js');
  return await ifThere(session, (knex, schema) => migrationSql(knex, { schema, partitions }));
}

async function grants(names: Omit<RolesOptions, 'schema'>, session: Session): Promise<string> {
  const settings = await sessionSettings(session);
  if ('dataDir' in settings.target)
    throw new UsageError(
      'The embedded database has no roles: whoever may read and write its folder may do everything.',
      {
        hint: 'Name the database of a server, such as with --url.',
      },
    );
  const { rolesSql } = await import('../../../store/migrate/roles.js');
  return await withDatabase(session, ({ knex, schema }) => rolesSql(knex, { schema, ...names }), { settings });
}
