import type { Knex } from 'knex';
import type { ReadBody } from './column-values.js';
import { reasonOfEnd } from './connection-end.js';
import type { ConnectionKind } from './connection-kind.js';
import type { Answer, BoundStatement, Connection, Driver, Executor, TransactionOptions } from './driver.js';
import { onPoolConnection } from './pool-connection.js';
import { closedDatabase } from './pool-use.js';
import { asRepeatable, repeatedOnce } from './repeatable.js';
import { clientOf, type ClientQuery, type KnexClient, type RawConnection } from './relied-upon.js';
import type { Statement } from './statement.js';
import { runTransaction } from './transaction.js';
import { inTurn } from './turns.js';

/** Has a driver give rows as arrays. */
export const ROWS = { rowMode: 'array' } as const;

let sent = 0;

/** The parts of a driver that are the same for every driver below Knex: its pool, its transactions and its events. */
export abstract class KnexDriver<Raw extends RawConnection> implements Driver {
  protected abstract readonly kind: ConnectionKind<Raw>;
  protected readonly client: KnexClient<Raw>;

  constructor(protected readonly knex: Executor) {
    this.client = clientOf<Raw>(knex);
  }

  get isEmbedded(): boolean {
    return this.kind.isEmbedded;
  }

  async send<Row>(
    statement: Statement,
    bindings: readonly Knex.RawBinding[],
    readBody?: ReadBody,
  ): Promise<Answer<Row>> {
    if (this.#isTransaction)
      return await inTurn(this.knex, async () =>
        this.ask<Row>(await this.own(), this.named(statement), bindings, readBody),
      );
    return await this.onPool((connection) => this.ask<Row>(connection, statement, bindings, readBody));
  }

  async sendTogether(statements: readonly BoundStatement[]): Promise<Answer<unknown>[]> {
    const answers: Answer<unknown>[] = [];
    for (const { statement, bindings, readBody } of statements)
      answers.push(await this.send(statement, bindings, readBody));
    return answers;
  }

  async transaction<Value>(
    work: (transaction: Knex.Transaction) => Promise<Value>,
    { repeatable = false }: TransactionOptions = {},
  ): Promise<Value> {
    if (this.#isTransaction) return await runTransaction(this.knex, undefined, asRepeatable(this.knex, work));
    const run = (task: typeof work) => this.onPool((connection) => runTransaction(this.knex, connection, task));
    return await (repeatable ? repeatedOnce(this.knex, run, work) : run(work));
  }

  async transactionAfter<Value>(
    first: readonly BoundStatement[],
    work: (transaction: Knex.Transaction, answers: Promise<Answer<unknown>[]>) => Promise<Value>,
    options?: TransactionOptions,
  ): Promise<Value> {
    return await this.transaction(
      (transaction) => work(transaction, this.inside(transaction).sendTogether(first)),
      options,
    );
  }

  async connection<Value>(work: (connection: Connection) => Promise<Value>): Promise<Value> {
    if (this.#isTransaction) return await work(this.lent(await this.own()));
    return await this.onPool((connection) => work(this.lent(connection)));
  }

  close(): Promise<void> {
    const destroyed = this.knex.destroy();
    // Knex would only say that it is unable to acquire a connection.
    this.client.acquireConnection = () => Promise.reject(closedDatabase());
    return destroyed;
  }

  abstract cancel(): void;

  /** The driver of a transaction. */
  protected abstract inside(transaction: Knex.Transaction): Driver;

  /** The statement of a transaction as it is sent: without its name, unless the driver knows better. */
  protected named({ sql }: Statement): Statement {
    return { sql };
  }

  /** Sends one statement on a connection. */
  protected abstract ask<Row>(
    connection: Raw,
    statement: Statement,
    bindings: readonly Knex.RawBinding[],
    readBody?: ReadBody,
  ): Promise<Answer<Row>>;

  /** The connection as a piece of work sees it. */
  protected lent(connection: Raw): Connection {
    return {
      send: (statement, bindings = []) => this.ask(connection, { sql: statement.sql }, bindings),
      sendTogether: undefined,
      reasonOf: (error) => reasonOfEnd(connection, error),
      isKnownUsable: () => false,
      localPort: undefined,
      copy: undefined,
    };
  }

  /** Sends one statement through Knex's client, past its query builder and what an application has it do to all results. */
  protected async throughKnex<Response>(
    connection: Raw,
    sql: string,
    bindings: readonly Knex.RawBinding[],
    options: object,
  ): Promise<Response> {
    const statement = this.statementFor(connection, sql, bindings, options);
    const { response } = await this.client.query(connection, statement);
    this.client.emit('query-response', response, statement);
    return response as Response;
  }

  /** A statement with the marks by which listeners to Knex's events know it again. */
  protected statementFor(
    { __knexUid }: Raw,
    sql: string,
    bindings: readonly Knex.RawBinding[],
    options: object,
  ): ClientQuery {
    sent += 1;
    return { sql, bindings, options, method: 'raw', __knexUid, __knexQueryUid: `maestro ${sent}` };
  }

  get #isTransaction(): boolean {
    return this.knex.isTransaction === true;
  }

  /** The connection of the transaction. */
  protected async own(): Promise<Raw> {
    const connection = await this.client.acquireConnection();
    this.kind.taken(connection);
    return connection;
  }

  /** Runs work on a connection of the pool. */
  protected onPool<Value>(work: (connection: Raw) => Promise<Value>): Promise<Value> {
    return onPoolConnection(this.client, this.kind, work);
  }
}
