import knexFactory, { type Knex } from 'knex';
import { storeError } from '../store/database-errors.js';
import type { Interop } from '../store/interop.js';
import { PostgresStore } from '../store/postgres-store.js';
import { closePool, DEFAULT_CLOSE_TIMEOUT } from './close-pool.js';
import type { Database } from './database.js';
import { addressText, isLocal, type ServerAddress } from './database-url.js';
import { checkedCloseTimeout, checkedPool, type PoolOptions, SILENT } from './pool-options.js';
import { readOnlyClient } from './read-only-client.js';
import { sslOptions } from './ssl.js';

/** How long making a connection may take by default, in milliseconds. */
export const DEFAULT_CONNECT_TIMEOUT = 5_000;
/** After how much silence the system asks whether the other side is still there, in milliseconds. */
const KEEP_ALIVE = 10_000;
/** How much longer than the server this side waits for an answer, so that the server's own error comes first. */
const GRACE = 2_000;

/** How a server is used. */
export interface ServerOptions {
  readonly schema: string;
  /** The pooler in between: `transaction` keeps to what PgBouncer's transaction mode allows. */
  readonly pooler?: 'transaction' | undefined;
  /** Who else reads the tables. */
  readonly interop?: Interop | undefined;
  /** How long one statement may take, in milliseconds. @defaultValue no limit */
  readonly timeout?: number | undefined;
  /** Have the server refuse to write. @defaultValue false */
  readonly readOnly?: boolean | undefined;
  /** How many connections. @defaultValue { min: 0, max: 4 } */
  readonly pool?: PoolOptions | undefined;
  /** How long closing lets what is under way go on, in milliseconds. @defaultValue 10000 */
  readonly closeTimeout?: number | undefined;
  /** With `readOnly`: have it also refuse an answer from which row-level security would hide rows. @defaultValue false */
  readonly refuseHiddenRows?: boolean | undefined;
  /** Told once of what is dubious, such as an unencrypted connection. */
  readonly warn?: ((message: string) => void) | undefined;
}

/** Opens a PostgreSQL server. Connects at the first statement. */
export function openServer(address: ServerAddress, options: ServerOptions): Database {
  const location = addressText(address);
  const closeTimeout = checkedCloseTimeout(options.closeTimeout ?? DEFAULT_CLOSE_TIMEOUT);
  if (address.sslMode === 'disable' && !isLocal(address.host))
    options.warn?.(
      `The connection to ${address.host} is not encrypted; add sslmode=verify-full (or require) to the URL.`,
    );
  const knex = knexFactory(knexConfig(address, options));
  const store = new PostgresStore(knex, {
    schema: options.schema,
    interop: options.interop,
    preparedStatements: options.pooler !== 'transaction',
  });
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= closePool(knex, closeTimeout));
  const { schema, interop } = options;
  return { knex, store, schema, interop, embedded: false, location, close };
}

function knexConfig(
  address: ServerAddress,
  { pooler, timeout, readOnly = false, refuseHiddenRows = false, pool }: ServerOptions,
): Knex.Config {
  const connectTimeout =
    address.connectTimeout === undefined ? (timeout ?? DEFAULT_CONNECT_TIMEOUT) : address.connectTimeout * 1000;
  return {
    client: readOnly && pooler === 'transaction' ? readOnlyClient(refuseHiddenRows) : 'pg',
    // The original error is enough; with the values compiled in, messages would show somebody's data.
    compileSqlOnError: false,
    log: SILENT,
    // Longer than a connection attempt, so that its own error is the one reported.
    acquireConnectionTimeout: connectTimeout + GRACE,
    pool: checkedPool(pool),
    connection: {
      host: address.host,
      port: address.port,
      user: address.user,
      password: address.password,
      database: address.database,
      ssl: sslOptions(address),
      application_name: address.applicationName ?? 'maestro',
      connectionTimeoutMillis: connectTimeout,
      // A server whose host has vanished says nothing, as one that works on a long query does; the system can tell them apart.
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE,
      ...(readOnly && pooler !== 'transaction' && { options: readingSettings(refuseHiddenRows) }),
      ...timeouts(timeout, pooler),
    },
  };
}

/** What a session for reading is started with, before what the role and the database have set. */
function readingSettings(refuseHiddenRows: boolean): string {
  const settings = ['default_transaction_read_only=on', 'default_transaction_isolation=read\\ committed'];
  if (refuseHiddenRows) settings.push('row_security=off');
  return settings.map((setting) => `-c ${setting}`).join(' ');
}

/** PgBouncer refuses a statement_timeout at connection start, so through it only this side watches the time. */
function timeouts(timeout: number | undefined, pooler: 'transaction' | undefined): Knex.PgConnectionConfig {
  if (timeout === undefined) return {};
  if (pooler === 'transaction') return { query_timeout: timeout };
  return { statement_timeout: timeout, query_timeout: timeout + GRACE };
}

/** Makes one connection and gives it back, so that a wrong address or password shows before anything else is done. */
export async function checkConnection({ knex }: Database): Promise<void> {
  try {
    await knex.raw('SELECT 1');
  } catch (error) {
    throw storeError(error);
  }
}
