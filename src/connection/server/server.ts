import knexFactory, { type Knex } from 'knex';
import { pgClient } from '../../store/driver/pg/derived-client.js';
import type { Interop } from '../../store/commit/interop.js';
import { PostgresStore } from '../../store/postgres-store.js';
import { closePool, DEFAULT_CLOSE_TIMEOUT } from './close-pool.js';
import type { Database } from '../database.js';
import { addressText, hostsOf, isLocal, type ServerAddress } from '../address/database-url.js';
import { choosing } from './choose-server.js';
import { passwordFor } from './password.js';
import { checkedCloseTimeout, checkedPool, type PoolOptions, SILENT_LOGGER } from './pool-options.js';
import { choiceOfServers, hasOneAttempt } from './servers.js';
import { allowsPlaintext } from './ssl.js';

/** Default for the longest time to make a connection, in milliseconds. */
export const DEFAULT_CONNECT_TIMEOUT = 5_000;
/** Silence before the first TCP keepalive, in milliseconds. */
const KEEP_ALIVE = 10_000;
/** Milliseconds that this side waits longer than the server does, so that the server's own error comes first. */
const GRACE = 2_000;
/** The longest time that a timer takes, in milliseconds: 24 days. */
const LONGEST = 2 ** 31 - 1;

/** Options for opening a server. */
export interface ServerOptions {
  readonly schema: string;
  /** The pooler in front of the server: `transaction` uses only what PgBouncer's transaction mode allows. */
  readonly pooler?: 'transaction' | undefined;
  /** `elixir` when an Elixir application reads the tables, too. */
  readonly interop?: Interop | undefined;
  /** Longest time for one statement, in milliseconds. @defaultValue no limit */
  readonly timeout?: number | undefined;
  /** Longest time for one statement where neither `timeout` nor the address says another, in milliseconds. @defaultValue no limit */
  readonly statementTimeout?: number | undefined;
  /** Make the server refuse all writes. @defaultValue false */
  readonly readOnly?: boolean | undefined;
  /** Bounds for the number of connections. @defaultValue { min: 0, max: 4 } */
  readonly pool?: PoolOptions | undefined;
  /** Time that closing waits for running commands and statements, in milliseconds. @defaultValue 10000 */
  readonly closeTimeout?: number | undefined;
  /** With `readOnly`: make it also refuse a query from whose result row-level security would hide rows. @defaultValue false */
  readonly refuseHiddenRows?: boolean | undefined;
  /** Receives warnings, such as about an unencrypted connection. */
  readonly warn?: ((message: string) => void) | undefined;
}

/** Opens a PostgreSQL server. Connects at the first statement. */
export function openServer(address: ServerAddress, options: ServerOptions): Database {
  const pooler = options.pooler ?? address.pooler;
  const closeTimeout = checkedCloseTimeout(options.closeTimeout ?? DEFAULT_CLOSE_TIMEOUT);
  warnOfPlaintext(address, options.warn);
  const knex = knexFactory(knexConfig(address, { ...options, pooler }));
  let closing: Promise<void> | undefined;
  const { schema, interop } = options;
  return {
    knex,
    store: new PostgresStore(knex, { schema, interop, preparedStatements: pooler !== 'transaction' }),
    schema,
    interop,
    embedded: false,
    location: addressText(address),
    close: () => (closing ??= closePool(knex, closeTimeout)),
  };
}

function warnOfPlaintext(address: ServerAddress, warn: ServerOptions['warn']): void {
  const far = hostsOf(address).find(({ host }) => !isLocal(host));
  if (far === undefined || !allowsPlaintext(address.sslMode)) return;
  const is = address.sslMode === 'disable' ? 'is not encrypted' : `may be unencrypted (sslmode=${address.sslMode})`;
  warn?.(`The connection to ${far.host} ${is}; add sslmode=verify-full (or require) to the URL.`);
}

function knexConfig(
  address: ServerAddress,
  { pooler, timeout, statementTimeout, readOnly = false, refuseHiddenRows = false, pool, warn }: ServerOptions,
): Knex.Config {
  const connectTimeout = connectTimeoutOf(address, timeout);
  const isPooled = pooler === 'transaction';
  const startsReadOnly = readOnly && !isPooled;
  const readsInTransactions = readOnly && isPooled;
  const unlessSaid = timeout === undefined && statementTimeout !== undefined && !isPooled;
  const choice = choiceOfServers(address, startsReadOnly);
  const [[first] = []] = choice.servers;
  const ways = choice.servers.flat().length * (choice.targetSession === 'prefer-standby' ? 2 : 1);
  // What the address says holds rather than what comes before it, and ours at the end holds in any case.
  const options = [
    unlessSaid ? `-c statement_timeout=${statementTimeout}` : undefined,
    address.options,
    startsReadOnly ? readingSettings(refuseHiddenRows) : undefined,
  ]
    .filter((settings) => settings !== undefined)
    .join(' ');
  return {
    client: pgClient({
      connect: hasOneAttempt(choice) ? undefined : choosing(choice),
      boundLogin: address.channelBinding === 'require',
      readOnlyTransactions: readsInTransactions
        ? { refuseHiddenRows, timeout: timeout ?? statementTimeout }
        : undefined,
    }),
    // The original error is enough; with the values compiled in, messages would show somebody's data.
    compileSqlOnError: false,
    log: SILENT_LOGGER,
    // Longer than a connection attempt, so that its own error is the one reported.
    acquireConnectionTimeout: Math.min(LONGEST, connectTimeout * ways + GRACE),
    pool: checkedPool(pool),
    connection: {
      host: first?.hostAddress ?? address.host,
      port: address.port,
      user: address.user,
      password: passwordOf(address, warn) as unknown as () => string,
      database: address.database,
      ssl: first?.ssl ?? false,
      ...(address.sslNegotiation === 'direct' ? { sslnegotiation: 'direct' } : {}),
      ...(address.channelBinding === 'disable' ? {} : { enableChannelBinding: true }),
      application_name: address.applicationName ?? 'maestro',
      connectionTimeoutMillis: connectTimeout,
      // A server whose host has vanished says nothing, as one that works on a long query does; the system can tell them apart.
      keepAlive: address.keepAlive !== 0,
      keepAliveInitialDelayMillis: (address.keepAlive ?? 0) * 1000 || KEEP_ALIVE,
      ...(options === '' ? {} : { options }),
      ...timeouts(timeout, { isPooled, readsInTransactions }),
    },
  };
}

/** The password of a login. The password file lists a host by its name, also when an IP address was given for it. */
function passwordOf(address: ServerAddress, warn: ServerOptions['warn']): ReturnType<typeof passwordFor> {
  const find = passwordFor({ ...address, warn });
  return (login) => {
    const named = hostsOf(address).find(
      ({ hostAddress, port }) => hostAddress !== undefined && hostAddress === login.host && port === login.port,
    );
    return find({ ...login, host: named?.host ?? login.host });
  };
}

/** The longest time to make a connection, in milliseconds: `connect_timeout` wins, where 0 means no limit. */
function connectTimeoutOf({ connectTimeout }: ServerAddress, timeout = DEFAULT_CONNECT_TIMEOUT): number {
  if (connectTimeout === undefined) return timeout;
  return connectTimeout === 0 ? LONGEST : connectTimeout * 1000;
}

/** Settings with which a read-only session starts; they override those of the role and the database. */
function readingSettings(refuseHiddenRows: boolean): string {
  const settings = ['default_transaction_read_only=on', 'default_transaction_isolation=read\\ committed'];
  if (refuseHiddenRows) settings.push('row_security=off');
  return settings.map((setting) => `-c ${setting}`).join(' ');
}

interface Sessions {
  readonly isPooled: boolean;
  /** True when every statement runs in a transaction that has the limit. */
  readonly readsInTransactions: boolean;
}

/**
 * The limits for one statement. PgBouncer refuses statement_timeout at connection start, so behind it only this side limits what
 * does not run in a transaction of its own.
 */
function timeouts(timeout: number | undefined, { isPooled, readsInTransactions }: Sessions): Knex.PgConnectionConfig {
  if (timeout === undefined) return {};
  if (readsInTransactions) return { query_timeout: timeout + GRACE };
  if (isPooled) return { query_timeout: timeout };
  return { statement_timeout: timeout, query_timeout: timeout + GRACE };
}
