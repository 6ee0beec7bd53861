import { checkedInterop, type Interop } from '../store/commit/interop.js';
import { checkSchemaName, DEFAULT_SCHEMA } from '../store/schema-name.js';
import { addressFromEnvironment, parseDatabaseUrl, type ServerAddress } from './address/database-url.js';
import { assertEmbeddedMayBeUsed, SERVER_VARIABLES, URL_VARIABLES } from './embedded/embedded-by-default.js';
import type { Environment, Surroundings } from './environment.js';
import { ConfigurationError } from './errors.js';
import { textSetting, environmentSetting } from './text-setting.js';

/** Default folder of the embedded database, relative to the working directory. */
export const DEFAULT_DATA_DIR = '.maestro/data';

/**
 * Settings given by flags of the command line or by a program. A key that is present must have a value:
 * `{ url: process.env.DATABASE_URL }` is refused when the variable is not set, and never falls back to another database.
 */
export interface ConnectionChoice {
  /** The URL of a PostgreSQL server. */
  readonly url?: string | undefined;
  /** The folder of the embedded database. */
  readonly dataDir?: string | undefined;
  /** The schema that holds the tables. @defaultValue 'public' */
  readonly schema?: string | undefined;
  /** The pooler in front of the server: `transaction` for PgBouncer in transaction mode. */
  readonly pooler?: string | undefined;
  /** `elixir` for a log that an Elixir application reads, too: refuses bodies that it could not read. */
  readonly interop?: string | undefined;
}

/** The database settings of a configuration file. As in {@link ConnectionChoice}, a key that is present must have a value. */
export interface ConnectionConfig {
  /** The URL of a PostgreSQL server: `postgres://user:password@host:5432/database?sslmode=verify-full`. */
  readonly connection?: string | undefined;
  /** The schema that holds the tables. @defaultValue 'public' */
  readonly schema?: string;
  /** The folder of the embedded database, used when no server is named. @defaultValue '.maestro/data' */
  readonly dataDir?: string;
  /** The pooler in front of the server: `transaction` for PgBouncer in transaction mode. */
  readonly pooler?: 'transaction';
  /** `elixir` for a log that an Elixir application reads, too: refuses bodies that it could not read. */
  readonly interop?: Interop;
}

/** The database to open and its settings, after all sources were considered. */
export interface ConnectionSettings {
  /** The server, or else the folder of the embedded database. */
  readonly target: { readonly server: ServerAddress } | { readonly dataDir: string };
  readonly schema: string;
  readonly pooler: 'transaction' | undefined;
  readonly interop: Interop | undefined;
}

/** Names of the settings for messages: flags, or options of `openDatabase()`. */
type Names = Readonly<Record<keyof ConnectionChoice, string>>;

const FLAGS: Names = {
  url: '--url',
  dataDir: '--data-dir',
  schema: '--schema',
  pooler: '--pooler',
  interop: '--interop',
};
const OPTIONS: Names = {
  url: '`url` of openDatabase()',
  dataDir: '`dataDir` of openDatabase()',
  schema: '`schema` of openDatabase()',
  pooler: '`pooler` of openDatabase()',
  interop: '`interop` of openDatabase()',
};

/** The name of a key of the configuration file. */
function inFile(key: keyof ConnectionConfig): string {
  return `\`${key}\` in the configuration file`;
}

/**
 * Decides which database a command uses. The first that names one wins: its flags, the environment
 * (`MAESTRO_DATABASE_URL`, `DATABASE_URL`, `MAESTRO_SCHEMA`), the configuration file, `PGHOST` and similar variables, and
 * last the embedded database. Throws {@link ConfigurationError} (or `InvalidArgumentError` for a schema's name). A setting
 * that is present but undefined or empty is an error, never skipped.
 */
export function connectionSettings(
  choice: ConnectionChoice,
  environment: Environment = {},
  config: ConnectionConfig = {},
  workingDirectory?: string,
): ConnectionSettings {
  const target =
    chosen(choice, FLAGS, environment) ??
    byUrlVariable(environment) ??
    configured(config, environment) ??
    byServerVariables(environment) ??
    byDefault(
      { environment, workingDirectory },
      'Name a server (--url, MAESTRO_DATABASE_URL, DATABASE_URL, or `connection` in the configuration file), or the folder of the embedded database (--data-dir, or `dataDir` in the configuration file).',
    );
  const otherSetting = (key: 'schema' | 'pooler' | 'interop', variable?: string) =>
    textSetting(choice, key, FLAGS[key]) ??
    (variable === undefined ? undefined : environmentSetting(environment, variable)) ??
    textSetting(config, key, inFile(key));
  return checked(target, otherSetting('schema', 'MAESTRO_SCHEMA'), otherSetting('pooler'), otherSetting('interop'));
}

/**
 * Decides which database a program uses: the one in its options, or else the embedded one. The environment is not read; if
 * it names a database that the options do not, that is an error. Throws as {@link connectionSettings} does.
 */
export function programSettings(choice: ConnectionChoice, surroundings: Surroundings): ConnectionSettings {
  const { environment } = surroundings;
  const hint = 'Write openDatabase({ url }) for a server, or openDatabase({ dataDir }) for the embedded database.';
  let target = chosen(choice, OPTIONS, environment);
  if (target === undefined) {
    const named = [...URL_VARIABLES, ...SERVER_VARIABLES].find((name) => environment[name] !== undefined);
    if (named !== undefined)
      throw new ConfigurationError(`openDatabase() names no database, but ${named} is set, which it does not read.`, {
        hint: hint.replace('for a server', `with the value of ${named} for that server`),
      });
    target = byDefault(surroundings, hint);
  }
  const otherSetting = (key: 'schema' | 'pooler' | 'interop') => textSetting(choice, key, OPTIONS[key]);
  return checked(target, otherSetting('schema'), otherSetting('pooler'), otherSetting('interop'));
}

type Target = ConnectionSettings['target'];

const EMPTY_URL =
  'Write it like postgres://user:password@host:5432/database?sslmode=verify-full, or leave it out to name a database in another way.';

function checked(
  target: Target,
  schema: string = DEFAULT_SCHEMA,
  pooler: string | undefined,
  interop: string | undefined,
): ConnectionSettings {
  const inUrl = 'server' in target ? target.server.pooler : undefined;
  return {
    target,
    schema: checkSchemaName(schema),
    pooler: checkedPooler(pooler ?? inUrl),
    interop: checkedInterop(interop),
  };
}

function chosen(choice: ConnectionChoice, names: Names, environment: Environment): Target | undefined {
  const url = textSetting(choice, 'url', names.url, EMPTY_URL);
  const dataDir = textSetting(choice, 'dataDir', names.dataDir);
  if (url !== undefined && dataDir !== undefined)
    throw new ConfigurationError(`${names.url} and ${names.dataDir} name two databases.`, {
      hint: 'Leave one of them out.',
    });
  if (url !== undefined) return { server: parseDatabaseUrl(url, names.url, environment) };
  return dataDir === undefined ? undefined : { dataDir };
}

function byUrlVariable(environment: Environment): Target | undefined {
  for (const name of URL_VARIABLES) {
    const url = environmentSetting(environment, name, EMPTY_URL);
    if (url !== undefined) return { server: parseDatabaseUrl(url, name, environment) };
  }
  return undefined;
}

function configured(config: ConnectionConfig, environment: Environment): Target | undefined {
  const name = inFile('connection');
  const url = textSetting(config, 'connection', name, EMPTY_URL);
  if (url !== undefined) return { server: parseDatabaseUrl(url, name, environment) };
  const dataDir = textSetting(config, 'dataDir', inFile('dataDir'));
  return dataDir === undefined ? undefined : { dataDir };
}

function byServerVariables(environment: Environment): Target | undefined {
  const named = SERVER_VARIABLES.filter((name) => environmentSetting(environment, name) !== undefined);
  return named.length === 0 ? undefined : { server: addressFromEnvironment(named.join(' and '), environment) };
}

function byDefault(surroundings: Surroundings, hint: string): Target {
  assertEmbeddedMayBeUsed(surroundings, hint);
  return { dataDir: DEFAULT_DATA_DIR };
}

function checkedPooler(pooler: string | undefined): 'transaction' | undefined {
  if (pooler !== undefined && pooler !== 'transaction')
    throw new ConfigurationError(`${JSON.stringify(pooler)} is not a pooler mode.`, {
      hint: 'Use "transaction" for PgBouncer in transaction mode; leave it out for everything else.',
    });
  return pooler;
}
