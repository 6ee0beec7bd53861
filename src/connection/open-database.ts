import { quoteIfPlain } from './address/fail.js';
import type { Database } from './database.js';
import { processSurroundings } from './environment.js';
import { ConfigurationError } from './errors.js';
import { checkedPool, type PoolOptions } from './server/pool-options.js';
import type { ServerOptions } from './server/server.js';
import { type ConnectionChoice, type ConnectionSettings, programSettings } from './settings.js';

/** Options for opening a database, a server or the embedded one. */
export interface OpenOptions {
  /**
   * The longest wait, in milliseconds, for each of three things: a connection (else 5000), the answer to a statement (else
   * without limit), and the embedded database while another process has it open (else 10000).
   */
  readonly timeout?: number | undefined;
  /**
   * Number of connections to a server. Each transaction keeps one connection until it ends. The embedded database always
   * has one. @defaultValue { min: 0, max: 4 }
   */
  readonly pool?: PoolOptions | undefined;
  /**
   * Time in milliseconds that {@link Database.close} waits for running commands, statements and transactions before it
   * cuts their connections off. @defaultValue 10000
   */
  readonly closeTimeout?: number | undefined;
  /** Create the embedded database when it does not exist. @defaultValue true */
  readonly create?: boolean | undefined;
  /** Make the database refuse all writes. @defaultValue false */
  readonly readOnly?: boolean | undefined;
  /**
   * With `readOnly`: make a server refuse a query from whose result row-level security would hide rows, instead of
   * returning a result that looks complete. @defaultValue false
   */
  readonly refuseHiddenRows?: boolean | undefined;
  /** Name of this program, shown to other processes that wait for the embedded database, such as `maestro append`. */
  readonly purpose?: string | undefined;
  /** Receives warnings, such as about an unencrypted connection. */
  readonly warn?: ((message: string) => void) | undefined;
  /** Called once when another process has the embedded database open, with a description of that process. */
  readonly onWait?: ((holder: string) => void) | undefined;
}

/** All option names of {@link openDatabase}. */
const KEYS = {
  url: true,
  dataDir: true,
  schema: true,
  pooler: true,
  interop: true,
  timeout: true,
  pool: true,
  closeTimeout: true,
  create: true,
  readOnly: true,
  refuseHiddenRows: true,
  purpose: true,
  warn: true,
  onWait: true,
} as const satisfies Record<keyof (ConnectionChoice & OpenOptions), true>;

/**
 * Opens a database for a program: a server by `url`, or the embedded one in `dataDir`. Without either, it opens the embedded
 * one in `.maestro/data`, but throws `ConfigurationError` where `CI` is set, `NODE_ENV` is `production`, or the environment
 * or a file `.env` names a database. Parts that a URL leaves out come from `PGUSER`, `PGPASSWORD` and similar variables. A
 * wrong setting, an unknown option or one without a value is a `ConfigurationError`; opening the embedded database may throw
 * its own errors. A server is not contacted before the first statement.
 */
export async function openDatabase(options: ConnectionChoice & OpenOptions = {}): Promise<Database> {
  assertOptions(options);
  const { timeout, pool, closeTimeout, create, readOnly, refuseHiddenRows, purpose, warn, onWait, ...choice } = options;
  checkedPool(pool);
  const settings = programSettings(choice, processSurroundings());
  return await openWith(settings, {
    timeout,
    pool,
    closeTimeout,
    create,
    readOnly,
    refuseHiddenRows,
    purpose,
    warn,
    onWait,
  });
}

/** Throws unless the options are a plain object with known keys: anything else, such as a URL, would be ignored. */
function assertOptions(options: unknown): void {
  const hint = "Write openDatabase({ url: 'postgres://…' }), or openDatabase({ dataDir: '.maestro/data' }).";
  if (!isPlainObject(options))
    throw new ConfigurationError(`openDatabase() takes an object with options, not ${kindOf(options)}.`, { hint });
  const unknown = Object.keys(options).find((key) => !Object.hasOwn(KEYS, key));
  if (unknown !== undefined)
    throw new ConfigurationError(`openDatabase() does not take ${quoteIfPlain('the option', unknown)}.`, {
      hint: `${hint} Its options are ${Object.keys(KEYS).join(', ')}.`,
    });
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Also those of another realm, as test runners have them.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return `a ${typeof value}`;
  return Array.isArray(value) ? 'a list' : 'an object of a class';
}

/** Opens the database that settings name. */
export async function openWith(
  settings: ConnectionSettings,
  options: OpenOptions & Pick<ServerOptions, 'statementTimeout'>,
): Promise<Database> {
  const { target, schema, pooler, interop } = settings;
  if ('dataDir' in target) {
    const { openEmbedded } = await import('./embedded/embedded.js');
    return await openEmbedded(target.dataDir, { schema, interop, ...options });
  }
  const { openServer } = await import('./server/server.js');
  return openServer(target.server, { schema, pooler, interop, ...options });
}
