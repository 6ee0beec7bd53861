import { createRequire } from 'node:module';
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

type PgClient = new (config: Knex.Config) => SendingClient;

let made: typeof Knex.Client | undefined;

/**
 * Knex's client for a server behind a pooler in transaction mode, where a session cannot be made read-only because the
 * next transaction of the same session may be somebody else's: every statement runs in a read-only transaction. Made when
 * it is first asked for, since it brings the whole of Knex's dialect with it.
 */
export function readOnlyClient(): typeof Knex.Client {
  made ??= deriveFrom(createRequire(import.meta.url)('knex/lib/dialects/postgres') as PgClient);
  return made;
}

function deriveFrom(PgClient: PgClient): typeof Knex.Client {
  class ReadOnlyClient extends PgClient {
    override async _query(connection: PgConnection, statement: { readonly sql: string }): Promise<unknown> {
      if (/^\s*BEGIN\b/i.test(statement.sql)) {
        const begun = await super._query(connection, statement);
        await connection.query('SET TRANSACTION READ ONLY');
        return begun;
      }
      if (connection.getTransactionStatus() !== 'I') return await super._query(connection, statement);
      await connection.query('BEGIN READ ONLY');
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
