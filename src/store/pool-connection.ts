import type { Knex } from 'knex';
import { connectError, isQueryTimeout } from './database-errors.js';

/** A connection of the pool, as far as Knex lets others see into it. */
interface PoolConnection {
  /** Knex gives such a connection to nobody any more. */
  __knex__disposed?: unknown;
  end?(): Promise<void>;
}

/** Knex's client, which has the pool. */
interface PoolClient {
  acquireConnection(): Promise<PoolConnection>;
  releaseConnection(connection: PoolConnection): Promise<void>;
}

/**
 * Runs work on one connection of the pool. Taking it is a step of its own, so that a connection that cannot be made,
 * when nothing has been sent, is told from one that breaks under a statement. A connection on which this side has
 * stopped waiting for an answer is not used again: the answer would still come.
 */
export async function onConnection<Value>(knex: Knex, work: (connection: unknown) => Promise<Value>): Promise<Value> {
  const client = knex.client as PoolClient;
  const connection = await client.acquireConnection().catch((error: unknown) => {
    throw connectError(error);
  });
  try {
    return await work(connection);
  } catch (error) {
    if (isQueryTimeout(error)) {
      connection.__knex__disposed = error;
      void connection.end?.();
    }
    throw error;
  } finally {
    await client.releaseConnection(connection);
  }
}
