import { migrationSql } from '../../../../store/migrate/migrator.js';
import { type RolesOptions, rolesSql } from '../../../../store/migrate/roles.js';
import { UsageError } from '../../../errors.js';
import { ifThere } from '../../../if-there.js';
import { type Session, sessionSettings, withDatabase } from '../../../session.js';

export interface SqlOptions extends Pick<RolesOptions, 'reader' | 'writer' | 'migrator'> {
  readonly partitions?: number;
  readonly roles?: boolean;
  /** False with `--no-erase`. */
  readonly erase: boolean;
}

/** Prints SQL. */
export async function run({ roles = false, partitions, erase, ...names }: SqlOptions, session: Session): Promise<void> {
  if (roles && partitions !== undefined) throw new UsageError('--roles prints GRANTs, which have no --partitions.');
  const [named] = Object.keys(names);
  if (!roles && named !== undefined)
    throw new UsageError(`--${named} names a role for --roles.`, { hint: 'Add --roles, or leave it out.' });
  if (!roles && !erase) throw new UsageError('--no-erase is for --roles.', { hint: 'Add --roles, or leave it out.' });
  const script = roles ? await grants({ ...names, erase }, session) : await steps(partitions, session);
  const { output } = session;
  await output.inForm({
    json: () => output.json({ sql: script }),
    table: () => output.line(script === '' ? '-- up to date: nothing to do' : script.trimEnd()),
  });
}

async function steps(partitions: number | undefined, session: Session): Promise<string> {
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
  return await withDatabase(session, ({ knex, schema }) => rolesSql(knex, { schema, ...names }), { settings });
}
