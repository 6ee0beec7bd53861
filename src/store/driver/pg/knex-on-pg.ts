import type { Knex } from 'knex';
import { pgColumns, type ReadBody } from '../column-values.js';
import { watchEnd } from '../connection-end.js';
import type { ConnectionKind } from '../connection-kind.js';
import type { Answer, BoundStatement, Connection, Driver, Executor, TransactionOptions } from '../driver.js';
import { isUnknownStatement } from '../driver-error.js';
import { KnexDriver, ROWS } from '../knex-driver.js';
import type { ClientQuery, KnexClient, PgConnection } from '../relied-upon.js';
import type { Statement } from '../statement.js';
import { runTransaction } from '../transaction.js';
import { inTurn } from '../turns.js';
import { sendCancelRequest } from './cancel-request.js';
import { copyFrom } from './copy-from.js';
import { leavesStatements } from './leaves-statements.js';
import { isRepeatable, lostStatement, repeatedOnce } from '../repeatable.js';
import { keepsPrepared, withoutPreparedStatements } from './prepared.js';
import { canSendTogether, sendTogether } from './send-together.js';

/** The driver of a Knex instance on `pg`, whether its client is Knex's own or one that was derived from it. */
export class KnexOnPg extends KnexDriver<PgConnection> {
  protected readonly kind = KIND;
  readonly #isPlain: boolean;

  constructor(knex: Executor) {
    super(knex);
    this.#isPlain = isPlain(this.client);
  }

  override async sendTogether(statements: readonly BoundStatement[]): Promise<Answer<unknown>[]> {
    const { knex } = this;
    if (!this.#isPlain || knex.isTransaction !== true) return await super.sendTogether(statements);
    const sent = await inTurn(knex, async () => {
      const connection = await this.own();
      // Only Knex's client refuses what comes after the end of a transaction.
      if (!canSendTogether(connection) || (knex as Knex.Transaction).isCompleted()) return undefined;
      const all = statements.map((each) => ({ ...each, statement: this.named(each.statement) }));
      return await this.#together(connection, all).catch((error: unknown) => {
        throw isUnknownStatement(error) ? lostStatement(knex, error) : error;
      });
    });
    return sent ?? (await super.sendTogether(statements));
  }

  override async transactionAfter<Value>(
    first: readonly BoundStatement[],
    work: (transaction: Knex.Transaction, answers: Promise<Answer<unknown>[]>) => Promise<Value>,
    options: TransactionOptions = {},
  ): Promise<Value> {
    const { repeatable = false } = options;
    const knex = this.knex as Knex;
    if (!this.#isPlain || knex.isTransaction === true) return await super.transactionAfter(first, work, options);
    let sent: Promise<Answer<unknown>[]> | undefined;
    const task = (transaction: Knex.Transaction) => {
      const answers = sent?.catch((error: unknown) => {
        throw isUnknownStatement(error) ? lostStatement(transaction, error) : error;
      });
      // The work may end before it hears of them.
      answers?.catch(() => {});
      return work(transaction, answers ?? this.inside(transaction).sendTogether(first));
    };
    const run = (again: typeof task) =>
      this.onPool(async (connection) => {
        sent = undefined;
        if (!canSendTogether(connection)) return await runTransaction(knex, connection, again);
        const isKept = repeatable && keepsPrepared(knex);
        const all = isKept ? first : first.map(withoutName);
        sent = this.#together(connection, [BEGIN, ...all]).then(([, ...answers]) => answers);
        try {
          return await runTransaction(knex, connection, again, { isBegun: true });
        } finally {
          // Without its answer nothing is known of the connection.
          await sent.catch(() => {});
        }
      });
    return await (repeatable ? repeatedOnce(knex, run, task) : run(task));
  }

  cancel(): void {
    for (const { resource } of this.client.pool?.used ?? []) resource?.connection?.stream?.destroy();
  }

  /**
   * Sends a statement. Behind a pooler that loses prepared statements it is sent again without its name, and so is every later
   * one: when a name is not known, nothing has been executed yet.
   */
  protected async ask<Row>(
    connection: PgConnection,
    statement: Statement,
    bindings: readonly Knex.RawBinding[],
    readBody?: ReadBody,
  ): Promise<Answer<Row>> {
    const options = { ...ROWS, ...pgColumns(readBody) };
    if (statement.name === undefined || !keepsPrepared(this.knex))
      return answer(await this.throughKnex(connection, statement.sql, bindings, options));
    try {
      return answer(await this.#prepared(connection, statement, bindings, { ...options, name: statement.name }));
    } catch (error) {
      if (!isUnknownStatement(error)) throw error;
      // Of a transaction it has undone all, which then runs again.
      if (this.knex.isTransaction === true) throw lostStatement(this.knex, error);
      withoutPreparedStatements(this.knex);
      return answer(await this.throughKnex(connection, statement.sql, bindings, options));
    }
  }

  /** In a transaction that can be run again, with its name; but not after the end of it, which only Knex's client notices. */
  protected override named(statement: Statement): Statement {
    const { knex } = this;
    const isKept = knex.isTransaction === true && isRepeatable(knex) && !(knex as Knex.Transaction).isCompleted();
    return isKept ? statement : { sql: statement.sql };
  }

  protected override lent(connection: PgConnection): Connection {
    return {
      ...super.lent(connection),
      sendTogether:
        this.#isPlain && canSendTogether(connection) ? (all) => this.#prepareTogether(connection, all) : undefined,
      isKnownUsable: () => connection.readyForQuery === true && connection.getTransactionStatus?.() === 'T',
      localPort: connection.connection?.stream?.localPort,
      // `pg-native` takes no streams, and tells of no transaction either.
      copy: connection.getTransactionStatus && ((sql, texts) => copyFrom(connection, sql, texts)),
    };
  }

  protected inside(transaction: Knex.Transaction): Driver {
    return new KnexOnPg(transaction);
  }

  /** Sends statements in one round trip, those with a name prepared unless connections lose what is. */
  async #prepareTogether(connection: PgConnection, statements: readonly BoundStatement[]): Promise<Answer<unknown>[]> {
    try {
      return await this.#together(connection, keepsPrepared(this.knex) ? statements : statements.map(withoutName));
    } catch (error) {
      if (isUnknownStatement(error)) withoutPreparedStatements(this.knex);
      throw error;
    }
  }

  /** Sends statements in one round trip, and tells the listeners of the Knex instance of each. */
  async #together(connection: PgConnection, statements: readonly BoundStatement[]): Promise<Answer<unknown>[]> {
    const sent = statements.map(({ statement: { sql, name }, bindings, readBody }) =>
      this.statementFor(connection, sql, bindings, { ...ROWS, ...pgColumns(readBody), name }),
    );
    for (const statement of sent) this.client.emit('query', statement);
    try {
      const answers = await sendTogether(connection, sent.map(forPg));
      for (const [index, statement] of sent.entries()) this.client.emit('query-response', answers[index], statement);
      return answers.map((each) => answer(each as PgAnswer));
    } catch (error) {
      for (const statement of sent) this.client.emit('query-error', error, statement);
      throw error;
    }
  }

  /** Sends a statement that stays prepared, past all that Knex's own client would do to one whose values are numbered already. */
  async #prepared(
    connection: PgConnection,
    { sql }: Statement,
    bindings: readonly Knex.RawBinding[],
    options: object,
  ): Promise<PgAnswer> {
    if (!this.#isPlain) return await this.throughKnex(connection, sql, bindings, options);
    const statement = this.statementFor(connection, sql, bindings, options);
    this.client.emit('query', statement);
    try {
      const response = await sendTo(connection, statement);
      this.client.emit('query-response', response, statement);
      return response;
    } catch (error) {
      // As Knex does it, so that an error reads the same whichever way its statement went.
      if (error instanceof Error) error.message = `${sql} - ${error.message}`;
      this.client.emit('query-error', error, statement);
      throw error;
    }
  }
}

/**
 * True for Knex's own client for `pg`. One that an application derived from it may have reasons to see every statement,
 * so they go through it.
 */
function isPlain(client: KnexClient<PgConnection>): boolean {
  return client.driverName === 'pg' && (client.constructor.name === 'Client_PG' || leavesStatements(client));
}

/**
 * Sends a statement with a callback, as Knex does: after the promise that `pg` makes without one, what a query returned
 * survives the collections of garbage that follow it.
 */
function sendTo(connection: PgConnection, statement: ClientQuery): Promise<PgAnswer> {
  return new Promise((resolve, reject) => {
    connection.query(forPg(statement), (error, response) => (error ? reject(error) : resolve(response as PgAnswer)));
  });
}

function withoutName({ statement: { sql }, ...rest }: BoundStatement): BoundStatement {
  return { statement: { sql }, ...rest };
}

function forPg({ sql: text, bindings: values, options }: ClientQuery) {
  return { ...options, text, values };
}

/** Begins a transaction at the level that {@link Driver.transaction} promises. */
const BEGIN: BoundStatement = {
  statement: { sql: 'BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED;' },
  bindings: [],
};

/** Answer of `pg` to a statement. */
interface PgAnswer {
  readonly rows: unknown[];
  readonly rowCount: number | null;
}

function answer<Row>({ rows, rowCount }: PgAnswer): Answer<Row> {
  return { rows: rows as Row[], count: rowCount ?? 0 };
}

const KIND: ConnectionKind<PgConnection> = {
  isEmbedded: false,
  taken: watchEnd,
  isInTransaction: (connection) => ['T', 'E'].includes(connection.getTransactionStatus?.() ?? ''),
  cancel: async (connection) => {
    connection.__knex__disposed = 'what it was at was cancelled';
    const told = sendCancelRequest(connection);
    connection.connection?.stream?.destroy();
    await told;
  },
  end: (connection) => void connection.end?.(),
};
