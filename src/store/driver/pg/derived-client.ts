import type { ConnectionOptions } from 'node:tls';
import type { Knex } from 'knex';
import postgresClient from 'knex/lib/dialects/postgres/index.js';
import type { OverriddenClient, PgConnection, PgModule } from '../relied-upon.js';
import { withBoundLogin } from './bound-login.js';
import { endIfFails, withEndingClient } from './ending-client.js';
import { leaveStatements } from './leaves-statements.js';

/** Ways in which a client differs from Knex's own for `pg`. */
export interface ClientDifferences {
  /** Makes each connection of the pool. @defaultValue one attempt with the settings of the Knex instance */
  readonly connect?: Connect | undefined;
  /** Log in only where the login is bound to the encrypted connection (`channel_binding=require`). @defaultValue false */
  readonly boundLogin?: boolean | undefined;
  /**
   * Run every statement in a read-only transaction: for a server behind a pooler in transaction mode, where a session cannot
   * be made read-only because the next transaction of the same session may be somebody else's. With `refuseHiddenRows` the
   * transaction also refuses what row-level security hides rows from, and with `timeout` the server ends a statement that
   * takes that many milliseconds. @defaultValue no
   */
  readonly readOnlyTransactions?: ReadOnlyTransactions | undefined;
}

/** Settings of read-only transactions. */
interface ReadOnlyTransactions {
  readonly refuseHiddenRows: boolean;
  readonly timeout?: number | undefined;
}

/** Makes a connection by any number of attempts, and ends those that it does not return. */
export type Connect = (attempt: (settings: AttemptSettings) => Promise<NewConnection>) => Promise<NewConnection>;

/** Settings that may differ between two attempts at a connection. */
export interface AttemptSettings {
  readonly host: string;
  readonly port: number;
  readonly ssl: ConnectionOptions | false;
}

/** A connection that belongs to no pool yet. */
export interface NewConnection {
  /** The first row of a statement. */
  ask(sql: string): Promise<unknown>;
  end(): Promise<void>;
}

/** Knex's client for PostgreSQL, or one that is derived from it. */
type ClientClass = new (config: Knex.Config) => OverriddenClient;

/** Knex's client for `pg` with some differences, and one always: it ends a connection with which it cannot log in. */
export function pgClient({
  connect,
  boundLogin = false,
  readOnlyTransactions,
}: ClientDifferences): NonNullable<Knex.Config['client']> {
  let Client = loggingIn(postgresClient as ClientClass, boundLogin ? withBoundLogin : withEndingClient);
  if (connect !== undefined) Client = connecting(Client, connect);
  if (readOnlyTransactions === undefined) leaveStatements(Client);
  else Client = onlyReading(Client, readOnlyTransactions);
  return Client as unknown as typeof Knex.Client;
}

function connecting(Base: ClientClass, connect: Connect): ClientClass {
  return class extends Base {
    override async _acquireOnlyConnection(): Promise<PgConnection> {
      const made = new Map<NewConnection, PgConnection>();
      const chosen = await connect(async (settings) => {
        const connection = await this.#attempt(settings);
        const attempt: NewConnection = {
          ask: async (sql) => (await connection.query(sql)).rows[0],
          end: async () => connection.end?.(),
        };
        made.set(attempt, connection);
        return attempt;
      });
      return made.get(chosen) as PgConnection;
    }

    #attempt(attempt: AttemptSettings): Promise<PgConnection> {
      const usual = this.connectionSettings;
      const { password } = usual as { password?: unknown };
      // Knex keeps the password out of what is printed of the settings.
      const settings = Object.defineProperty({ ...usual, ...attempt }, 'password', {
        value: password,
        enumerable: false,
      });
      this.connectionSettings = settings;
      try {
        // Reads the settings before it returns, and others may be connecting at the same time.
        return super._acquireOnlyConnection();
      } finally {
        this.connectionSettings = usual;
      }
    }
  };
}

function loggingIn(Base: ClientClass, derive: (driver: PgModule) => PgModule): ClientClass {
  return class extends Base {
    // Knex loads the driver here, when the first connection is made.
    override _driver(): object {
      return derive(super._driver() as PgModule);
    }

    override async checkVersion(connection: PgConnection): Promise<string> {
      return await endIfFails(connection, super.checkVersion(connection));
    }
  };
}

function onlyReading(Base: ClientClass, { refuseHiddenRows, timeout }: ReadOnlyTransactions): ClientClass {
  const settings = [
    refuseHiddenRows ? '; SET LOCAL row_security = off' : '',
    timeout === undefined ? '' : `; SET LOCAL statement_timeout = ${Math.round(timeout)}`,
  ].join('');
  return class extends Base {
    override async _query(connection: PgConnection, statement: { readonly sql: string }): Promise<unknown> {
      if (/^\s*BEGIN\b/i.test(statement.sql)) {
        const begun = await super._query(connection, statement);
        await connection.query(`SET TRANSACTION READ ONLY${settings}`);
        return begun;
      }
      if (connection.getTransactionStatus?.() !== 'I') return await super._query(connection, statement);
      await connection.query(`BEGIN ISOLATION LEVEL READ COMMITTED, READ ONLY${settings}`);
      try {
        return await super._query(connection, statement);
      } finally {
        // Ends a transaction that failed, too. When the connection is gone, so is the transaction.
        await connection.query('COMMIT').catch(() => {});
      }
    }
  };
}
