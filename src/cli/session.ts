import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { MaestroConfig } from '../configuration.js';
import type { Database } from '../connection/database.js';
import { addressText } from '../connection/address/database-url.js';
import { type ConnectionSettings, connectionSettings } from '../connection/settings.js';
import type { CliContext } from './context.js';
import { UsageError } from './errors.js';
import { type GlobalOptions, globalOptions } from './global-options.js';
import { assertNoConfigurationAbove } from './input/find-configuration.js';
import { loadConfiguration } from './input/load-configuration.js';
import { Output } from './output/output.js';
import { traceQueries } from './trace.js';

/** One run of one command: what it was told, and what it prints with. */
export interface Session {
  readonly context: CliContext;
  readonly options: GlobalOptions;
  readonly output: Output;
  /** The command, as commander parsed it. */
  readonly command: Command;
  /** The command line with all its commands. */
  readonly program: Command;
  /** What the command calls itself, such as `maestro append`. */
  readonly purpose: string;
  /** The configuration, loaded when it is first asked for. Rejects with `ConfigurationError`. */
  readonly configuration: () => Promise<MaestroConfig>;
}

/** The session of a command that was parsed. */
export function createSession(context: CliContext, command: Command): Session {
  const options = globalOptions(command);
  let configuration: Promise<MaestroConfig> | undefined;
  return {
    context,
    options,
    output: new Output(context, options),
    command,
    program: rootOf(command),
    purpose: commandPath(command),
    configuration: () => (configuration ??= loadConfiguration(options.config, context.workingDirectory)),
  };
}

/** Which database the command is to use. Throws `ConfigurationError`. */
export async function sessionSettings({ context, options, configuration }: Session): Promise<ConnectionSettings> {
  const config = await configuration();
  const settings = connectionSettings(options, context.environment, config, context.workingDirectory);
  if (!('dataDir' in settings.target)) return settings;
  const dataDir = resolve(context.workingDirectory, settings.target.dataDir);
  // A database that is in this folder already was meant.
  const isNamed = [options.dataDir, config.dataDir, options.config].some((named) => named !== undefined);
  if (!isNamed && !existsSync(dataDir)) assertNoConfigurationAbove(context.workingDirectory);
  return { ...settings, target: { dataDir } };
}

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
  session: Session,
  work: (database: Database) => Promise<Value>,
  { create = false, writes = create, settings }: DatabaseNeeds = {},
): Promise<Value> {
  const { context, options, output, purpose } = session;
  if (writes && options.readOnly === true)
    throw new UsageError(`${purpose} writes, which --read-only forbids.`, {
      hint: 'Leave --read-only out. Nothing was written.',
    });
  if (writes) output.withoutPager();
  const chosen = settings ?? (await sessionSettings(session));
  const using = `using ${targetText(chosen)}`;
  const isForPrograms = output.form !== 'table';
  if (writes && !isForPrograms) await output.note(using);
  if ('dataDir' in chosen.target) await preferQuickStart();
  else nameRuntime();
  const { openWith } = await import('../connection/open-database.js');
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
      const { namingOtherSchemas } = await import('./output/output-hints.js');
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

async function assertSafeSearchPath(database: Database): Promise<void> {
  const own = await import('../admin/log/search-path.js');
  await own.assertSafeSearchPath(database);
}

async function assertNoHiddenRows(database: Database): Promise<void> {
  const rows = await import('../admin/log/row-security.js');
  await rows.assertNoHiddenRows(database);
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
async function preferQuickStart(): Promise<void> {
  const { setFlagsFromString } = await import('node:v8');
  setFlagsFromString('--liftoff-only');
}

/**
 * Gives Node 20 the global that later versions have. Without it the driver finds out in another way that it does not run on
 * Cloudflare's servers, for which all of `fetch` is loaded. This holds for the whole process, so only the command line may.
 */
function nameRuntime(): void {
  if (!('navigator' in globalThis)) Object.assign(globalThis, { navigator: { userAgent: 'Node.js' } });
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

/** All words that name a command, such as `maestro snapshot put`. */
function commandPath(command: Command): string {
  return command.parent === null ? command.name() : `${commandPath(command.parent)} ${command.name()}`;
}
