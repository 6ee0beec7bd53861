import type { Knex } from 'knex';

/** A connection of `pg`, as far as it is used here. */
interface PgConnection {
  query(sql: string): Promise<unknown>;
  /** `I` outside a transaction; nothing before the first answer. */
  getTransactionStatus(): string | null;
}

/** The part of Knex's client that sends a statement. */
interface SendingClient {
  _query(connection: PgConnection, statement: { readonly sql: string }): Promise<unknown>;
}

/** Knex's client for PostgreSQL, or one that is derived from it. */
type SendingClass = new (config: Knex.Config) => SendingClient;

/**
 * Knex's client for a server behind a pooler in transaction mode, where a session cannot be made read-only because the
 * next transaction of the same session may be somebody else's: every statement runs in a read-only transaction,
 * which refuses what row-level security hides rows from where that is asked for.
 */
export function readOnlyClient(Base: unknown, refuseHiddenRows: boolean): typeof Knex.Client {
  const settings = refuseHiddenRows ? '; SET LOCAL row_security = off' : '';
  class ReadOnlyClient extends (Base as SendingClass) {
    override async _query(connection: PgConnection, statement: { readonly sql: string }): Promise<unknown> {
      if (/^\s*BEGIN\b/i.test(statement.sql)) {
        const begun = await super._query(connection, statement);
        await connection.query(`SET TRANSACTION READ ONLY${settings}`);
        return begun;
      }
      if (connection.getTransactionStatus() !== 'I') return await super._query(connection, statement);
      await connection.query(`BEGIN ISOLATION LEVEL READ COMMITTED, READ ONLY${settings}`);
      try {
        return await super._query(connection, statement);
      } finally {
        // Ends a transaction that failed, too. When the connection is gone, so is the transaction.
        await connection.query('COMMIT').catch(() => {});
      }
    }
  }
  return ReadOnlyClient as unknown as typeof Knex.Client;
}
