/**
 * Members of Knex, its pool (tarn), its dialect for PGlite (knex-pglite), `pg` and PGlite that are not documented for others,
 * but that this folder cannot do without (docs/adr/0015-past-the-query-builder.md). All of them are named here, and used
 * nowhere outside this folder, which `eslint.config.js` holds. Each has a test in `test/store/driver/` that
 * fails by its name when a version of a package no longer has it, or means something else by it.
 */

/** Knex's client: what is below its query builder. */
export interface KnexClient<Raw extends RawConnection = RawConnection> {
  /** `pg` for Knex's own client and those derived from it, knex-pglite's too; other dialects have other names. */
  readonly driverName?: string;
  /** The module of the driver, also in a transaction; `undefined` for knex-pglite, whose engine is the driver. */
  readonly driver?: object | undefined;
  /** Its name tells Knex's own client for `pg`, `Client_PG`, from one that was derived from it. */
  readonly constructor: { readonly name: string };
  /** The configuration that the instance was made with; the same object in its transactions. */
  readonly config: object;
  /** The pool; `undefined` in a transaction, and after `destroy()`. */
  readonly pool?: KnexPool<Raw> | undefined;
  /**
   * Takes a connection of the pool, or in a transaction that of the transaction. Rejects with a `KnexTimeoutError`, known by
   * its name, when none became free in time.
   */
  acquireConnection: () => Promise<Raw>;
  /** Gives it back to the pool; in a transaction it does nothing. */
  releaseConnection(connection: Raw): Promise<void>;
  /**
   * Sends a statement, of which it numbers the values, tells the listeners to `query` and `query-error`, and puts the SQL in
   * front of the message of an error. The caller tells those to `query-response`, as Knex's runner does. In a transaction it
   * refuses other connections, and what comes after the end.
   */
  query(connection: Raw, statement: ClientQuery): Promise<{ readonly response: unknown }>;
  /** Tells the listeners of the Knex instance; in a transaction also the listeners of the instance that began it. */
  emit(event: string, ...facts: readonly unknown[]): unknown;
}

/** Knex's transaction right after it was asked for. */
export interface BeginningTransaction {
  /** Called a moment later, to send `BEGIN`. */
  begin: () => Promise<unknown>;
}

/** A statement as Knex's client hands it to the driver, with its options (`rowMode`, `types` or `parsers`) as they are. */
export interface ClientQuery extends MarkedQuery {
  readonly bindings: readonly unknown[];
  readonly options: object;
  readonly method: 'raw';
  readonly __knexUid?: string | undefined;
}

/** A statement as listeners to Knex's events are told of it. */
export interface MarkedQuery {
  readonly sql: string;
  /** The same in `query` and in the `query-response` or `query-error` that follows; another one for each statement. */
  readonly __knexQueryUid: string;
}

/** Knex's pool, which is tarn's; one that was made elsewhere has less. */
export interface KnexPool<Raw> {
  /** No connection is given any more. */
  readonly destroyed?: boolean;
  /** Largest number of connections. */
  readonly max?: number;
  /** Connections that somebody has, with the time since when in milliseconds since 1970. */
  readonly used?: readonly { readonly resource?: Raw; readonly timestamp?: number }[];
  /** Longest wait for a connection, in milliseconds. */
  readonly acquireTimeoutMillis?: number;
}

/** Marks that Knex puts on a connection of any driver. */
export interface RawConnection {
  /** Number of the connection, for listeners to Knex's events. */
  readonly __knexUid?: string | undefined;
  /** Knex's transaction on it. Knex takes it away when a savepoint ends, while the transaction around it goes on. */
  readonly __knexTxId?: unknown;
  /** The reason that it ended, or must: the pool lends such a connection no more, and ends it. */
  __knex__disposed?: unknown;
}

/** A connection of `pg`; `pg-native` has less. */
export interface PgConnection extends RawConnection {
  /** Sends a statement; with a `name` it stays prepared, with `types` each column is read by what those return. */
  query(
    statement: { readonly text: string; readonly values: unknown; readonly name?: string | undefined },
    callback: (error: Error | null, response: unknown) => void,
  ): void;
  query(sql: string): Promise<{ readonly rows: unknown[] }>;
  query<Stream extends NodeJS.WritableStream>(stream: Stream): Stream;
  /** Sends what has a method `submit`, and hands the messages of the server to it as to a {@link PgQuery}. */
  query(submitted: { submit(protocol: PgProtocol): null }): void;
  /** `I` when no transaction is open, `T` or `E` in one, as far as the server has said; nothing before its first answer. */
  getTransactionStatus?(): string | null;
  /** True when it has answered all that it was sent, and nothing waits to be sent. */
  readonly readyForQuery?: boolean;
  /** Tells why the server ended an idle connection. It is told once; a later statement fails without the reason. */
  once?(event: 'error', listener: (error: unknown) => void): unknown;
  end?(): Promise<void>;
  /** The other end: a folder of sockets, or a host. */
  readonly host?: string;
  readonly port?: number;
  /** True when statements are sent before those in front of them are answered, which takes statements of `pg` itself only. */
  readonly pipeline?: boolean;
  /** The class of the connection, with that of its statements. */
  readonly constructor: { readonly Query?: QueryClass };
  /** The number and the key of the session, as the server told them, by which another connection can cancel what it is at. */
  readonly processID?: number | null;
  readonly secretKey?: number | null;
  /** The protocol below, and its socket: what waits for an answer fails when that is destroyed. */
  readonly connection?: Partial<Omit<PgProtocol, 'stream'>> & {
    readonly stream?: { readonly localPort?: number; destroy(): void };
  };
}

/** The messages that `pg` sends. */
export interface PgProtocol {
  parse(message: object): void;
  /** Ends a group of messages; after an error the server passes over all that comes before it. */
  sync(): void;
  /** Names of statements that were sent and that the server has not parsed yet; older versions of `pg` do not keep them. */
  readonly submittedNamedStatements?: Record<string, string>;
  /** The messages are written to it, each as soon as it is sent. */
  readonly stream: { readonly writable: boolean; write(part: Uint8Array): boolean };
}

/** A statement as `pg` takes it. */
export interface PgStatement {
  readonly text: string;
  readonly values: unknown;
  readonly name?: string | undefined;
}

/** The class of the statements of `pg`. */
export type QueryClass = new (
  statement: PgStatement,
  callback: (error: Error | null, answer: unknown) => void,
) => PgQuery;

/** A statement of `pg` that is under way. It calls back when it failed, or when the server goes on. */
export interface PgQuery {
  readonly name: string | undefined;
  readonly text: string | undefined;
  /** Sends its messages, and `sync` after them. */
  prepare(protocol: PgProtocol): void;
  handleRowDescription(message: unknown): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, protocol: PgProtocol): void;
  handleError(error: Error, protocol: PgProtocol): void;
  handleReadyForQuery(protocol: PgProtocol): void;
}

/** The module of `pg`, as far as a new connection is made with it. */
export interface PgModule {
  readonly Client: new (config: object) => PgClient;
}

/** A connection of `pg` that is about to log in. */
export interface PgClient extends Pick<PgConnection, 'connection'> {
  /** Asked for when the server wants it. */
  password: unknown;
  /** Rejects when the login fails; the socket stays open where it is not the server that ends it. */
  connect(): Promise<unknown>;
}

/** The steps of a login, of which the protocol of a connection of `pg` tells before `pg` itself answers. */
export interface PgLogin {
  on(event: 'authenticationSASL', listener: (message: { readonly mechanisms: readonly string[] }) => void): void;
  on(
    event: 'authenticationCleartextPassword' | 'authenticationMD5Password' | 'authenticationOk',
    listener: () => void,
  ): void;
  /** The login fails with this error. */
  emit(event: 'error', error: Error): void;
  readonly stream: { destroy(): void };
}

/** Members of Knex's client for `pg` that a client derived from it overrides. */
export interface OverriddenClient {
  /** Settings that a new connection is made with; read before `_acquireOnlyConnection` returns. */
  connectionSettings: object;
  /** The module of the driver, of which a new connection is a `Client`. */
  _driver(): object;
  /** Makes a connection that belongs to no pool yet. */
  _acquireOnlyConnection(): Promise<PgConnection>;
  /** Asks the first connection for the version of the server; when that fails, no pool ever hears of the connection. */
  checkVersion(connection: PgConnection): Promise<string>;
  /** Sends each statement there is, those of Knex's transactions too; `BEGIN` comes with its isolation level. */
  _query(connection: PgConnection, statement: { readonly sql: string }): Promise<unknown>;
}

/** A call of the engine. */
export type Ask = (...words: never[]) => Promise<unknown>;

/** Parts of PGlite that talk to PostgreSQL: `query` and `exec` send each of their messages by one of the other two. */
export interface AskingEngine {
  query: Ask;
  exec: Ask;
  execProtocol: Ask;
  execProtocolStream: Ask;
  close: () => Promise<void>;
}

/** Knex's client of an instance or a transaction. */
export function clientOf<Raw extends RawConnection = RawConnection>(on: { readonly client: unknown }): KnexClient<Raw> {
  return on.client as KnexClient<Raw>;
}
