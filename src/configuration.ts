import type { Aggregate } from './aggregate/definition/definition.js';
import type { ConnectionConfig } from './connection/settings.js';

/** The contents of a configuration file (`maestro.config.ts`, `.mts`, `.js`, `.mjs` or `.json`). */
export interface MaestroConfig extends ConnectionConfig {
  /** The application's aggregates, for commands that fold histories with its own handlers. Not in a `.json` file. */
  readonly aggregates?: readonly Aggregate[];
}

/** Returns a configuration unchanged; gives it its type, so that an editor completes and checks it. */
export function defineConfig(config: MaestroConfig): MaestroConfig {
  return config;
}
