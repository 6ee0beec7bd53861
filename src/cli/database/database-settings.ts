import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ConnectionSettings, connectionSettings } from '../../connection/settings.js';
import { assertNoConfigurationAbove } from '../input/find-configuration.js';
import type { Invocation } from '../invocation.js';

/** The database that a command is to use, by its flags, the environment and the configuration. Throws `ConfigurationError`. */
export async function databaseSettings({ context, options, configuration }: Invocation): Promise<ConnectionSettings> {
  const config = await configuration();
  const settings = connectionSettings(options, context.environment, config, context.workingDirectory);
  if (!('dataDir' in settings.target)) return settings;
  const dataDir = resolve(context.workingDirectory, settings.target.dataDir);
  // A database that is in this folder already was meant.
  const isNamed = [options.dataDir, config.dataDir, options.config].some((named) => named !== undefined);
  if (!isNamed && !existsSync(dataDir)) assertNoConfigurationAbove(context.workingDirectory);
  return { ...settings, target: { dataDir } };
}
