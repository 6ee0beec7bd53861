import { shown } from './address/fail.js';
import type { Database } from './database.js';
import { processSurroundings } from './environment.js';
import { ConfigurationError } from './errors.js';
import { checkedPool, type PoolOptions } from './server/pool-options.js';
import { type ConnectionChoice, type ConnectionSettings, programSettings } from './settings.js';

/** How a database is opened, whichever it is. */
export interface OpenOptions {
  /**
   * Milliseconds to wait: for a connection (5000 unless given), for one statement (no limit unless given), for another
   * process that has the embedded database open (10000 unless given).
   */
  readonly timeout?: number | undefined;
  /**
   * Number of connections to a server: `{ min: 0, max: 4 }` unless given. Every transaction of the program has one as long as
   * it lasts. The embedded database has one for all.
   */
  readonly pool?: PoolOptions | undefined;
  /**
   * Time for which {@link Database.close} lets commands, statements and transactions that are under way go on, in milliseconds,
   * before their connections are cut off. @defaultValue 10000
   */
  readonly closeTimeout?: number | undefined;
  /** Make the embedded database when it is not there. @defaultValue true */
  readonly create?: boolean | undefined;
  /** Have the database refuse to write. @defaultValue false */
  readonly readOnly?: boolean | undefined;
  /**
   * With `readOnly`: have a server also refuse an answer from which row-level security would hide rows, instead of giving
   * one that looks whole. @defaultValue false
   */
  readonly refuseHiddenRows?: boolean | undefined;
  /** What this process calls itself to others that wait for the embedded database. */
  readonly purpose?: string | undefined;
  /** Told of what is dubious, such as an unencrypted connection. */
  readonly warn?: ((message: string) => void) | undefined;
  /** Called once when another process has the embedded database open, with what is known of it. */
  readonly onWait?: ((holder: string) => void) | undefined;
}

/** All that {@link openDatabase} takes. */
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
 * Opens a database for a program: a server by `url`, or the embedded one in `dataDir`. Only a program that says nothing gets
 * the embedded one in `.maestro/data`, and not where `CI` is set, `NODE_ENV` is `production`, or the environment or a file
 * `.env` names a database, which no program means to pass over. What a URL leaves out comes from `PGUSER`, `PGPASSWORD` and
 * their like. Throws `ConfigurationError` for settings that cannot be used, keys that it does not know or that have no
 * value, and what opening the embedded database throws; a server is first contacted by the first statement.
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

/** Throws for what is no plain object with known keys, such as a URL by itself: nothing of it would be looked at. */
function assertOptions(options: unknown): void {
  const hint = "Write openDatabase({ url: 'postgres://…' }), or openDatabase({ dataDir: '.maestro/data' }).";
  if (!isPlainObject(options))
    throw new ConfigurationError(`openDatabase() takes an object with options, not ${kindOf(options)}.`, { hint });
  const unknown = Object.keys(options).find((key) => !Object.hasOwn(KEYS, key));
  if (unknown !== undefined)
    throw new ConfigurationError(`openDatabase() does not take ${shown('the option', unknown)}.`, {
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
export async function openWith(settings: ConnectionSettings, options: OpenOptions): Promise<Database> {
  const { target, schema, pooler, interop } = settings;
  if ('dataDir' in target) {
    const { openEmbedded } = await import('./embedded/embedded.js');
    return await openEmbedded(target.dataDir, { schema, interop, ...options });
  }
  const { openServer } = await import('./server/server.js');
  return openServer(target.server, { schema, pooler, interop, ...options });
}
