import type { Knex } from 'knex';
import { connectError, isConnectionLost } from './database-errors.js';

/** A connection of the pool, as far as Knex lets others see into it. */
interface PoolConnection {
  /** Knex gives such a connection to nobody any more. */
  __knex__disposed?: unknown;
  /** Of `pg`: `I` when no transaction is open, as far as the server has said. */
  getTransactionStatus?(): string | null;
  end?(): Promise<void>;
}

/** Knex's client, which has the pool. */
interface PoolClient {
  acquireConnection(): Promise<PoolConnection>;
  releaseConnection(connection: PoolConnection): Promise<void>;
}

/**
 * Runs work on one connection of the pool. Taking it is a step of its own, so that a connection that cannot be made,
 * when nothing has been sent, is told from one that breaks under a statement. A connection that broke is not used again,
 * even before its end is known here, and neither is one on which this side has stopped waiting for an answer: that would
 * still come. Nor is one with a transaction that was not ended, ours or somebody else's: what is committed on it by itself
 * would be part of that transaction, and be lost.
 */
export async function onConnection<Value>(knex: Knex, work: (connection: unknown) => Promise<Value>): Promise<Value> {
  const client = knex.client as PoolClient;
  const connection = await acquire(client);
  try {
    return await work(connection);
  } catch (error) {
    if (isConnectionLost(error)) discard(connection, error);
    throw error;
  } finally {
    if (isInTransaction(connection)) discard(connection, 'a transaction was left open');
    await client.releaseConnection(connection);
  }
}

async function acquire(client: PoolClient): Promise<PoolConnection> {
  for (;;) {
    const connection = await client.acquireConnection().catch((error: unknown) => {
      throw connectError(error);
    });
    if (!isInTransaction(connection)) return connection;
    discard(connection, 'a transaction was left open');
    await client.releaseConnection(connection);
  }
}

function isInTransaction(connection: PoolConnection): boolean {
  return ['T', 'E'].includes(connection.getTransactionStatus?.() ?? '');
}

function discard(connection: PoolConnection, reason: unknown): void {
  connection.__knex__disposed = reason;
  void connection.end?.();
}
