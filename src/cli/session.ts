import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { MaestroConfig } from '../configuration.js';
import type { Database } from '../connection/database.js';
import { type ConnectionSettings, connectionSettings } from '../connection/settings.js';
import type { CliContext } from './context.js';
import { type GlobalOptions, globalOptions } from './global-options.js';
import { loadConfiguration } from './load-configuration.js';
import { Output } from './output.js';
import { traceQueries } from './trace.js';

/** One run of one command: what it was told, and what it prints with. */
export interface Session {
  readonly context: CliContext;
  readonly options: GlobalOptions;
  readonly output: Output;
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
    purpose: `maestro ${command.name()}`,
    configuration: () => (configuration ??= loadConfiguration(options.config, context.workingDirectory)),
  };
}

/** Which database the command is to use. Throws `ConfigurationError`. */
export async function sessionSettings({ context, options, configuration }: Session): Promise<ConnectionSettings> {
  const settings = connectionSettings(options, context.environment, await configuration());
  if (!('dataDir' in settings.target)) return settings;
  return { ...settings, target: { dataDir: resolve(context.workingDirectory, settings.target.dataDir) } };
}

/** Opens the database, runs the work with it, and closes it, whatever happens. */
export async function withDatabase<Value>(
  session: Session,
  work: (database: Database) => Promise<Value>,
  { create = false, settings }: { create?: boolean; settings?: ConnectionSettings } = {},
): Promise<Value> {
  const { context, options, output, purpose } = session;
  const chosen = settings ?? (await sessionSettings(session));
  if ('dataDir' in chosen.target) await preferQuickStart();
  const { openWith } = await import('../connection/open-database.js');
  output.progress.report('Opening the database');
  try {
    const database = await openWith(chosen, {
      timeout: options.timeout,
      create,
      purpose,
      warn: (message) => void output.warn(message),
      onWait: (holder) => output.progress.report(`Waiting for ${holder} to close the embedded database`),
    });
    try {
      if (options.verbose) traceQueries(database.knex, context.stderr);
      output.progress.report(`Running ${purpose}`);
      return await work(database);
    } finally {
      await database.close();
    }
  } finally {
    output.progress.stop();
  }
}

/**
 * Has V8 compile the embedded engine with its quick compiler only: optimizing it takes longer than a command runs. This
 * holds for the whole process, so only the command line may decide it.
 */
async function preferQuickStart(): Promise<void> {
  const { setFlagsFromString } = await import('node:v8');
  setFlagsFromString('--liftoff-only');
}
