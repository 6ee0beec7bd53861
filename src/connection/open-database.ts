import type { Database } from './database.js';
import { checkedPool, type PoolOptions } from './pool-options.js';
import { type ConnectionChoice, type ConnectionSettings, connectionSettings } from './settings.js';

/** How a database is opened, whichever it is. */
export interface OpenOptions {
  /**
   * Milliseconds to wait: for a connection (5000 unless given), for one statement (no limit unless given), for another
   * process that has the embedded database open (10000 unless given).
   */
  readonly timeout?: number | undefined;
  /**
   * How many connections to a server: `{ min: 0, max: 4 }` unless given. Every transaction of the program has one as long as
   * it lasts. The embedded database has one for all.
   */
  readonly pool?: PoolOptions | undefined;
  /**
   * How long {@link Database.close} lets commands, statements and transactions that are under way go on, in milliseconds,
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

/**
 * Opens a database for a program: a server by `url`, or the embedded one in `dataDir` (default `.maestro/data`). Looks
 * at no environment variable and no file. Throws `ConfigurationError` for settings that cannot be used, and what
 * opening the embedded database throws; a server is first contacted by the first statement.
 */
export async function openDatabase({
  timeout,
  pool,
  closeTimeout,
  create,
  readOnly,
  refuseHiddenRows,
  purpose,
  warn,
  onWait,
  ...choice
}: ConnectionChoice & OpenOptions = {}): Promise<Database> {
  checkedPool(pool);
  return await openWith(connectionSettings(choice), {
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

/** Opens the database that settings name. */
export async function openWith(settings: ConnectionSettings, options: OpenOptions): Promise<Database> {
  const { target, schema, pooler, interop } = settings;
  if ('dataDir' in target) {
    const { openEmbedded } = await import('./embedded.js');
    return await openEmbedded(target.dataDir, { schema, interop, ...options });
  }
  const { openServer } = await import('./server.js');
  return openServer(target.server, { schema, pooler, interop, ...options });
}
