import type { Aggregate } from './aggregate/definition/definition.js';
import type { ConnectionConfig } from './connection/settings.js';

/** What a configuration file (`maestro.config.ts`, `.mts`, `.js`, `.mjs` or `.json`) may hold. */
export interface MaestroConfig extends ConnectionConfig {
  /** The application's aggregates, for commands that fold histories with its own handlers. Not in a `.json` file. */
  readonly aggregates?: readonly Aggregate[];
}

/** Gives a configuration its type, so that an editor completes and checks it. Returns it as it is. */
export function defineConfig(config: MaestroConfig): MaestroConfig {
  return config;
}
