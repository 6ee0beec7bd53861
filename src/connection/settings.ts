import { checkedInterop, type Interop } from '../store/interop.js';
import { checkSchemaName, DEFAULT_SCHEMA } from '../store/schema-name.js';
import { parseDatabaseUrl, type ServerAddress } from './database-url.js';
import { ConfigurationError } from './errors.js';

/** Where the embedded database is unless another folder is named, below the working directory. */
export const DEFAULT_DATA_DIR = '.maestro/data';

/** What was given on the spot: by flags of the command line, or by a program. */
export interface ConnectionChoice {
  readonly url?: string | undefined;
  readonly dataDir?: string | undefined;
  readonly schema?: string | undefined;
  readonly pooler?: string | undefined;
  readonly interop?: string | undefined;
}

/** What a configuration says of the database. */
export interface ConnectionConfig {
  /** The URL of a PostgreSQL server: `postgres://user:password@host:5432/database?sslmode=verify-full`. */
  readonly connection?: string;
  /** The schema that holds the tables. @defaultValue 'public' */
  readonly schema?: string;
  /** The folder of the embedded database, used when no server is named. @defaultValue '.maestro/data' */
  readonly dataDir?: string;
  /** The pooler between here and the server: `transaction` for PgBouncer in transaction mode. */
  readonly pooler?: 'transaction';
  /** `elixir` for a log that an Elixir application reads, too: refuses bodies that it could not read. */
  readonly interop?: Interop;
}

/** Which database to open, and how. */
export interface ConnectionSettings {
  /** The server, or else the folder of the embedded database. */
  readonly target: { readonly server: ServerAddress } | { readonly dataDir: string };
  readonly schema: string;
  readonly pooler: 'transaction' | undefined;
  readonly interop: Interop | undefined;
}

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Decides which database is meant: what is given on the spot, then the environment (`MAESTRO_DATABASE_URL`,
 * `DATABASE_URL`, `MAESTRO_SCHEMA`), then the configuration, then the embedded database. Throws
 * {@link ConfigurationError} (or `InvalidArgumentError` for a schema's name); a URL that is given but empty is an error,
 * never a fall-back.
 */
export function connectionSettings(
  choice: ConnectionChoice,
  environment: Environment = {},
  config: ConnectionConfig = {},
): ConnectionSettings {
  if (choice.url !== undefined && choice.dataDir !== undefined)
    throw new ConfigurationError('--url and --data-dir name two databases.', { hint: 'Leave one of them out.' });
  const schema = choice.schema ?? environment['MAESTRO_SCHEMA'] ?? config.schema ?? DEFAULT_SCHEMA;
  return {
    target: target(choice, environment, config),
    schema: checkSchemaName(schema),
    pooler: checkedPooler(choice.pooler ?? config.pooler),
    interop: checkedInterop(choice.interop ?? config.interop),
  };
}

function target(
  choice: ConnectionChoice,
  environment: Environment,
  config: ConnectionConfig,
): ConnectionSettings['target'] {
  if (choice.url !== undefined) return { server: parseDatabaseUrl(choice.url, '--url') };
  if (choice.dataDir !== undefined) return { dataDir: checkedFolder(choice.dataDir, '--data-dir') };
  for (const name of ['MAESTRO_DATABASE_URL', 'DATABASE_URL']) {
    const url = environment[name];
    if (url !== undefined) return { server: parseDatabaseUrl(url, name) };
  }
  if (config.connection !== undefined)
    return { server: parseDatabaseUrl(config.connection, '`connection` in the configuration file') };
  return { dataDir: checkedFolder(config.dataDir ?? DEFAULT_DATA_DIR, '`dataDir` in the configuration file') };
}

function checkedFolder(folder: string, source: string): string {
  if (folder.trim() === '') throw new ConfigurationError(`The data folder of ${source} is empty.`);
  return folder;
}

function checkedPooler(pooler: string | undefined): 'transaction' | undefined {
  if (pooler !== undefined && pooler !== 'transaction')
    throw new ConfigurationError(`${JSON.stringify(pooler)} is not a pooler mode.`, {
      hint: 'Use "transaction" for PgBouncer in transaction mode; leave it out for everything else.',
    });
  return pooler;
}
