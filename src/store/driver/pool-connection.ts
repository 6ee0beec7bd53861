import type { Knex } from 'knex';
import { reasonOfEnd, watchEnd } from './connection-end.js';
import { isConnectionLost } from './driver-error.js';
import { connectError } from '../failures/database-errors.js';
import { closedPool, fullPool, type Pool } from './pool-use.js';

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
  readonly pool?: Pool;
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
    throw reasonOfEnd(connection, error);
  } finally {
    if (isInTransaction(connection)) discard(connection, 'a transaction was left open');
    await client.releaseConnection(connection);
  }
}

async function acquire(client: PoolClient): Promise<PoolConnection> {
  for (;;) {
    const connection = await taken(client);
    watchEnd(connection);
    if (!isInTransaction(connection)) return connection;
    discard(connection, 'a transaction was left open');
    await client.releaseConnection(connection);
  }
}

async function taken(client: PoolClient): Promise<PoolConnection> {
  const began = Date.now();
  for (;;) {
    const closed = closedPool(client.pool);
    if (closed !== undefined) throw closed;
    try {
      return await client.acquireConnection();
    } catch (error) {
      const full = isTimeout(error) ? fullPool(client.pool, began, error) : undefined;
      if (full !== 'again') throw closedPool(client.pool) ?? full ?? connectError(error);
    }
  }
}

/** Knex waited for a connection of the pool in vain. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'KnexTimeoutError';
}

function isInTransaction(connection: PoolConnection): boolean {
  return ['T', 'E'].includes(connection.getTransactionStatus?.() ?? '');
}

function discard(connection: PoolConnection, reason: unknown): void {
  connection.__knex__disposed = reason;
  void connection.end?.();
}
