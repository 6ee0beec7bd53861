import { setFlagsFromString } from 'node:v8';
import { assertNoHiddenRows } from '../../admin/log/row-security.js';
import { assertSafeSearchPath } from '../../admin/log/search-path.js';
import { addressText } from '../../connection/address/database-url.js';
import type { Database } from '../../connection/database.js';
import { LOGIN_VARIABLES } from '../../connection/embedded/embedded-by-default.js';
import { openWith } from '../../connection/open-database.js';
import type { ConnectionSettings } from '../../connection/settings.js';
import { UsageError } from '../errors.js';
import type { Invocation } from '../invocation.js';
import { namingOtherSchemas } from '../output/notes/other-schemas.js';
import { databaseSettings } from './database-settings.js';
import { traceQueries } from './trace-queries.js';

/** Options for opening the database of a command. */
export interface DatabaseNeeds {
  /** Create the embedded database when it does not exist. @defaultValue false */
  readonly create?: boolean;
  /** True for a command that writes; otherwise the database refuses all writes. @defaultValue false */
  readonly writes?: boolean;
  /** True for a command that never writes, whoever asks it: `--no-read-only` is refused. @defaultValue false */
  readonly onlyReads?: boolean;
  /** Longest time for one statement on a server, in milliseconds, when neither `--timeout` nor the address says another. @defaultValue no limit */
  readonly statementTimeout?: number;
  /** Most connections to a server. @defaultValue those of `openDatabase` */
  readonly connections?: number;
  /** The result of {@link databaseSettings}, when that was called before. */
  readonly settings?: ConnectionSettings;
}

/**
 * Opens the database, read-only unless the command writes, runs the work with it, and closes it in every case. A command
 * that writes names the database on standard error, unless `--quiet` is given. Throws {@link UsageError} when a command that
 * writes is given `--read-only`, and when one that must not is given `--no-read-only`.
 */
export async function withDatabase<Value>(
  invocation: Invocation,
  work: (database: Database) => Promise<Value>,
  { create = false, writes = create, onlyReads = false, statementTimeout, connections, settings }: DatabaseNeeds = {},
): Promise<Value> {
  const { context, options, output, purpose } = invocation;
  if (writes && options.readOnly === true)
    throw new UsageError(`${purpose} writes, which --read-only forbids.`, {
      hint: 'Leave --read-only out. Nothing was written.',
    });
  if (onlyReads && options.readOnly === false)
    throw new UsageError(`${purpose} never writes, so it does not take --no-read-only.`, {
      hint: 'Leave it out. Where a pooler refuses the settings of a session that cannot write, add --pooler transaction.',
    });
  if (writes) output.withoutPager();
  const chosen = settings ?? (await databaseSettings(invocation));
  const using = writes ? `using ${targetText(chosen)}${await loginVariableText(invocation, chosen)}` : undefined;
  const isForPrograms = output.form !== 'table';
  if (using !== undefined && !isForPrograms) await output.note(using);
  if ('dataDir' in chosen.target) preferQuickStart();
  else nameRuntime();
  output.progress.report('Opening the database');
  try {
    const readOnly = options.readOnly ?? !writes;
    const pinned = readOnly ? withOwnSearchPath(chosen) : undefined;
    const database = await openWith(pinned ?? chosen, {
      timeout: options.timeout,
      statementTimeout,
      ...(connections !== undefined && { pool: { max: connections } }),
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
      // A read-only session refuses hidden rows by itself; a write must not be decided on a part of the rows either.
      if (writes && !create && !database.embedded) await assertNoHiddenRows(database);
      output.progress.report(`Running ${purpose}`);
      const value = await work(database);
      // Afterwards, so that an error does not carry it as a warning.
      if (using !== undefined && isForPrograms) await output.note(using);
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
 * The settings with a search path on which PostgreSQL's own functions and operators come first; `undefined` where a session
 * cannot be started with settings. Not for writes, because triggers may need the search path of the role.
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

/** Words about `PGUSER` and similar variables where the embedded database is the default, because they seem to mean a server. */
async function loginVariableText(
  { context, options, configuration }: Invocation,
  { target }: ConnectionSettings,
): Promise<string> {
  if ('server' in target || options.dataDir !== undefined || (await configuration()).dataDir !== undefined) return '';
  const set = LOGIN_VARIABLES.find((name) => (context.environment[name] ?? '') !== '');
  return set === undefined
    ? ''
    : ` (${set} alone names no server: to use one, set PGHOST, PGDATABASE or DATABASE_URL, too)`;
}

/**
 * Makes V8 compile the embedded engine with its quick compiler only: optimizing takes longer than a command runs. This
 * affects the whole process, so only the command line may do it.
 */
function preferQuickStart(): void {
  setFlagsFromString('--liftoff-only');
}

/**
 * Defines the global `navigator`, which Node 20 lacks. Without it the driver loads all of `fetch` to find out that it does not
 * run at Cloudflare. This affects the whole process, so only the command line may do it.
 */
function nameRuntime(): void {
  if (!('navigator' in globalThis)) Object.assign(globalThis, { navigator: { userAgent: 'Node.js' } });
}
