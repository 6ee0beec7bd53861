import type { Aggregate } from './aggregate/definition/definition.js';
import type { ConnectionConfig } from './connection/settings.js';
import type { AnyProjection } from './projection/definition.js';

/** The contents of a configuration file (`maestro.config.ts`, `.mts`, `.js`, `.mjs` or `.json`). */
export interface MaestroConfig extends ConnectionConfig {
  /** The application's aggregates, for commands that fold histories with its own handlers. Not in a `.json` file. */
  readonly aggregates?: readonly Aggregate[];
  /** The application's projections and subscriptions, for commands that run, rebuild and check them. Not in a `.json` file. */
  readonly projections?: readonly AnyProjection[];
}

/** Returns a configuration unchanged; gives it its type, so that an editor completes and checks it. */
export function defineConfig(config: MaestroConfig): MaestroConfig {
  return config;
}
