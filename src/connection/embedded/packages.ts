import { createRequire } from 'node:module';
import type { PGlite } from '@electric-sql/pglite';
import type { Knex } from 'knex';
import { ConfigurationError } from '../errors.js';
import { resourceError } from './start-failure.js';

/** Loaders for the engine and for Knex's dialect for it. */
export interface EnginePackages {
  readonly engine: () => typeof PGlite;
  readonly dialect: () => typeof Knex.Client;
}

/**
 * The packages that only the embedded database needs, each loaded when its loader is called. Both are loaded as CommonJS,
 * because the dialect loads PGlite so, and a second copy would cost time. A loader throws {@link ConfigurationError} when
 * its package is not installed.
 */
export function enginePackages(require: (name: string) => unknown = createRequire(import.meta.url)): EnginePackages {
  return {
    engine: () => (loaded('@electric-sql/pglite', require) as { PGlite: typeof PGlite }).PGlite,
    dialect: () => loaded('knex-pglite', require) as typeof Knex.Client,
  };
}

function loaded(name: string, require: (name: string) => unknown): unknown {
  try {
    return require(name);
  } catch (cause) {
    // Node.js says the same of a package that it has no open file left for.
    throw (
      resourceError(`The package ${name} cannot be loaded`, cause) ??
      (isMissing(cause) ? notInstalledError(name, cause) : cause)
    );
  }
}

/** The error for a package of the embedded database that is not there. */
export function notInstalledError(name: string, cause: unknown): ConfigurationError {
  return new ConfigurationError(`The package ${name}, which the embedded database needs, is not installed.`, {
    hint: `Run \`npm install ${name}\`, or \`npm install\` again with all packages; or use a server (--url, DATABASE_URL).`,
    cause,
  });
}

/** True for the error of Node.js about a package that was not found. */
export function isMissing(error: unknown): boolean {
  return ['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'].includes(
    (error as NodeJS.ErrnoException | undefined)?.code ?? '',
  );
}
