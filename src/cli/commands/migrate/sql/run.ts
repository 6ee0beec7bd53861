import { migrationSql } from '../../../../store/migrate/migrator.js';
import { type RolesOptions, rolesSql } from '../../../../store/migrate/roles.js';
import { UsageError } from '../../../errors.js';
import { assertOneLayout, type LayoutOptions } from '../migrate-options.js';
import { withExistingDatabase } from '../../../database/with-existing-database.js';
import { databaseSettings } from '../../../database/database-settings.js';
import { withDatabase } from '../../../database/with-database.js';
import type { Invocation } from '../../../invocation.js';

/** The options of `maestro migrate sql`. */
export interface SqlOptions extends LayoutOptions, Pick<RolesOptions, 'reader' | 'writer' | 'migrator'> {
  readonly roles?: boolean;
  /** False with `--no-erase`. */
  readonly erase: boolean;
}

/** Prints SQL. */
export async function run(
  { roles = false, partitions, citus, shardCount, online, erase, ...names }: SqlOptions,
  invocation: Invocation,
): Promise<void> {
  const layout = {
    ...(partitions && { partitions }),
    ...(citus && { citus }),
    ...(shardCount && { shardCount }),
    ...(online && { online }),
  };
  const flags = [partitions && '--partitions', citus && '--citus', shardCount && '--shard-count', online && '--online'];
  const [flag] = flags.filter(Boolean);
  if (roles && flag !== undefined) throw new UsageError(`${flag} has no meaning with --roles, which prints GRANTs.`);
  assertOneLayout(layout);
  const [named] = Object.keys(names);
  if (!roles && named !== undefined)
    throw new UsageError(`--${named} works only together with --roles.`, {
      hint: `Add --roles, or leave --${named} out.`,
    });
  if (!roles && !erase)
    throw new UsageError('--no-erase works only together with --roles.', {
      hint: 'Add --roles, or leave --no-erase out.',
    });
  const script = roles ? await grants({ ...names, erase }, invocation) : await steps(layout, invocation);
  const { output } = invocation;
  await output.inForm({
    json: () => output.json({ sql: script }),
    table: () => output.line(script === '' ? '-- up to date: nothing to do' : script.trimEnd()),
  });
}

async function steps(layout: LayoutOptions, invocation: Invocation): Promise<string> {
  return await withExistingDatabase(invocation, (knex, schema) => migrationSql(knex, { schema, ...layout }));
}

async function grants(names: Omit<RolesOptions, 'schema'>, invocation: Invocation): Promise<string> {
  const settings = await databaseSettings(invocation);
  if ('dataDir' in settings.target)
    throw new UsageError(
      'The embedded database has no roles: whoever may read and write its folder may do everything.',
      {
        hint: 'Name a server, for example with --url.',
      },
    );
  return await withDatabase(invocation, ({ knex, schema }) => rolesSql(knex, { schema, ...names }), { settings });
}
