import type { Knex } from 'knex';
import type { ReadBody } from './column-values.js';
import type { Statement } from './statement.js';

/** A Knex instance, or a transaction of one. */
export type Executor = Knex | Knex.Transaction;

/**
 * All that this library asks of a database, besides what Knex promises to everybody. There are two implementations, Knex on
 * `pg` and Knex on PGlite; `driverOf` finds the one for a Knex instance or a transaction. Only this folder looks below Knex's
 * public interface.
 */
export interface Driver {
  /** True for the engine in this process, which has one connection. */
  readonly isEmbedded: boolean;

  /**
   * Sends one statement: on a connection of the pool, or on that of the transaction when its turn has come. Statements that
   * have a name stay prepared on the connections of a pool where the driver can do that. With `readBody` all values come as
   * the texts that the server sends, and `jsonb` as what that makes of its text, as it arrives.
   */
  send<Row>(statement: Statement, bindings: readonly Knex.RawBinding[], readBody?: ReadBody): Promise<Answer<Row>>;

  /**
   * Sends statements one after the other, in one round trip where the driver can do that; resolves to the answer of each. After one that
   * fails the others are not carried out. Only for a transaction.
   */
  sendTogether(statements: readonly BoundStatement[]): Promise<Answer<unknown>[]>;

  /**
   * Runs work in one transaction, which sees what others have committed meanwhile (`READ COMMITTED`), whatever the server, the
   * role or the session has as default; inside a transaction, in a savepoint of it. Rejects with the first error of the work,
   * never with a later one that the rollback met, and with {@link CommitInterruptedError} when the connection broke after the
   * work was done.
   */
  transaction<Value>(
    work: (transaction: Knex.Transaction) => Promise<Value>,
    options?: TransactionOptions,
  ): Promise<Value>;

  /**
   * Runs work in a transaction as {@link transaction} does, after some statements, which go in the round trip that begins it where the
   * driver can do that. The work awaits the answers before it sends anything. Not inside a transaction.
   */
  transactionAfter<Value>(
    first: readonly BoundStatement[],
    work: (transaction: Knex.Transaction, answers: Promise<Answer<unknown>[]>) => Promise<Value>,
    options?: TransactionOptions,
  ): Promise<Value>;

  /**
   * Lends one connection of the pool, or that of the transaction, until the work is done. A connection that cannot be made,
   * when nothing has been sent, is told from one that breaks under a statement. A connection that broke is not used again.
   */
  connection<Value>(work: (connection: Connection) => Promise<Value>): Promise<Value>;

  /**
   * Gives no connection any more from now on: who asks is told that the database was closed. Resolves when all connections
   * have been given back and ended.
   */
  close(): Promise<void>;

  /**
   * Cuts off the connections in use: statements that wait on them fail as they do when a server goes away. Does nothing on
   * the embedded engine, unless that has a thread of its own.
   */
  cancel(): void;
}

/** A statement with its values. */
export interface BoundStatement {
  readonly statement: Statement;
  readonly bindings: readonly Knex.RawBinding[];
  /** As for {@link Driver.send}. */
  readonly readBody?: ReadBody | undefined;
}

/** Options of a transaction. */
export interface TransactionOptions {
  /**
   * The work may run again after all of it was undone. So its statements stay prepared as those outside of transactions do: when a
   * pooler has lost one, the whole work is run again without names. Without meaning in a savepoint. @defaultValue false
   */
  readonly repeatable?: boolean;
}

/** One connection, as long as a piece of work has it. */
export interface Connection {
  /** Sends one statement on it, without a name. */
  send<Row>(statement: Statement, bindings?: readonly Knex.RawBinding[]): Promise<Answer<Row>>;
  /**
   * Sends statements one after the other, in one round trip; those that have a name stay prepared where the driver can do that. Resolves to
   * the answer of each; after one that fails the others are not carried out. Absent where the driver cannot.
   */
  readonly sendTogether: ((statements: readonly BoundStatement[]) => Promise<Answer<unknown>[]>) | undefined;
  /**
   * True when the transaction on it waits for nothing and no statement of it has failed, as the server said last; false when that is not
   * known without asking.
   */
  isKnownUsable(this: void): boolean;
  /** Port of this side; `undefined` for a connection that is not over TCP. */
  readonly localPort: number | undefined;
  /**
   * Sends lines of COPY's text format, any number of them in one text, for a statement `COPY … FROM STDIN`; resolves to how
   * many rows the server took. Absent where the driver takes no streams.
   */
  readonly copy: ((sql: string, texts: AsyncIterable<string>) => Promise<number>) | undefined;
  /** The reason for which the connection ended, in the place of an error that only says that it did; else the error itself. */
  reasonOf(error: unknown): unknown;
}

/** Answer to a statement: rows as arrays, so that nothing depends on how an application's Knex renames columns. */
export interface Answer<Row> {
  readonly rows: Row[];
  /** Number of rows that were written or read. */
  readonly count: number;
}

/** The connection broke while COMMIT was under way: the transaction may or may not have taken effect. */
export class CommitInterruptedError extends Error {
  constructor(cause: unknown) {
    super('The connection broke during COMMIT', { cause });
  }
}
