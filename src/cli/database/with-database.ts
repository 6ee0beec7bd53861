import { setFlagsFromString } from 'node:v8';
import { assertNoHiddenRows } from '../../admin/log/row-security.js';
import { assertSafeSearchPath } from '../../admin/log/search-path.js';
import { addressText } from '../../connection/address/database-url.js';
import type { Database } from '../../connection/database.js';
import { openWith } from '../../connection/open-database.js';
import type { ConnectionSettings } from '../../connection/settings.js';
import { UsageError } from '../errors.js';
import type { Invocation } from '../invocation.js';
import { namingOtherSchemas } from '../output/output-hints.js';
import { databaseSettings } from './database-settings.js';
import { traceQueries } from './trace-queries.js';

/** What a command needs of its database. */
export interface DatabaseNeeds {
  /** Make the embedded database when it is not there. @defaultValue false */
  readonly create?: boolean;
  /** Whether the command writes; if not, the database refuses to. @defaultValue false */
  readonly writes?: boolean;
  /** Which database, when that has been decided. */
  readonly settings?: ConnectionSettings;
}

/**
 * Opens the database, for reading only unless the command says that it writes, runs the work with it, and closes it,
 * whatever happens. A command that writes names the database on standard error, unless it is told `--quiet`. Throws {@link UsageError} when a command that writes is told `--read-only`.
 */
export async function withDatabase<Value>(
  invocation: Invocation,
  work: (database: Database) => Promise<Value>,
  { create = false, writes = create, settings }: DatabaseNeeds = {},
): Promise<Value> {
  const { context, options, output, purpose } = invocation;
  if (writes && options.readOnly === true)
    throw new UsageError(`${purpose} writes, which --read-only forbids.`, {
      hint: 'Leave --read-only out. Nothing was written.',
    });
  if (writes) output.withoutPager();
  const chosen = settings ?? (await databaseSettings(invocation));
  const using = `using ${targetText(chosen)}`;
  const isForPrograms = output.form !== 'table';
  if (writes && !isForPrograms) await output.note(using);
  if ('dataDir' in chosen.target) preferQuickStart();
  else nameRuntime();
  output.progress.report('Opening the database');
  try {
    const readOnly = options.readOnly ?? !writes;
    const pinned = readOnly ? withOwnSearchPath(chosen) : undefined;
    const database = await openWith(pinned ?? chosen, {
      timeout: options.timeout,
      create,
      readOnly,
      refuseHiddenRows: true,
      purpose,
      warn: (message) => void output.warn(message),
      onWait: (holder) => output.progress.report(`Waiting for ${holder} to close the embedded database`),
    });
    try {
      if (options.verbose) traceQueries(database.knex, context.stderr);
      if (pinned === undefined && !database.embedded) await assertSafeSearchPath(database);
      // A session that reads refuses them by itself; what is decided before writing must not go by half of the rows either.
      if (writes && !create && !database.embedded) await assertNoHiddenRows(database);
      output.progress.report(`Running ${purpose}`);
      const value = await work(database);
      // Afterwards, so that it is no warning that an error carries.
      if (writes && isForPrograms) await output.note(using);
      return value;
    } catch (error) {
      throw await namingOtherSchemas(error, database);
    } finally {
      await database.close();
    }
  } finally {
    output.progress.stop();
  }
}

/**
 * The settings with a session that finds PostgreSQL's own functions and operators before all others; undefined where a session
 * cannot be told at its start. Not for what writes: triggers rely on the search path of the role.
 */
function withOwnSearchPath(settings: ConnectionSettings): ConnectionSettings | undefined {
  if (!('server' in settings.target)) return settings;
  const { server } = settings.target;
  if ((settings.pooler ?? server.pooler) === 'transaction') return undefined;
  const options = [server.options, '-c search_path=pg_catalog'].filter((option) => option !== undefined).join(' ');
  return { ...settings, target: { server: { ...server, options } } };
}

/** The database and the schema, without a password. */
function targetText({ target, schema }: ConnectionSettings): string {
  const place = 'server' in target ? addressText(target.server) : `the embedded database in ${target.dataDir}`;
  return `${place}, schema ${schema}`;
}

/**
 * Has V8 compile the embedded engine with its quick compiler only: optimizing it takes longer than a command runs. This
 * holds for the whole process, so only the command line may decide it.
 */
function preferQuickStart(): void {
  setFlagsFromString('--liftoff-only');
}

/**
 * Gives Node 20 the global that later versions have. Without it the driver finds out in another way that it does not run on
 * Cloudflare's servers, for which all of `fetch` is loaded. This holds for the whole process, so only the command line may.
 */
function nameRuntime(): void {
  if (!('navigator' in globalThis)) Object.assign(globalThis, { navigator: { userAgent: 'Node.js' } });
}
