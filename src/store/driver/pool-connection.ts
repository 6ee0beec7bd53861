import { connectError } from '../failures/database-errors.js';
import { cancellationSignal } from './cancellation.js';
import type { ConnectionKind } from './connection-kind.js';
import { reasonOfEnd } from './connection-end.js';
import { isOwnConnectionLost } from './driver-error.js';
import { closedPool, fullPool } from './pool-use.js';
import type { KnexClient, RawConnection } from './relied-upon.js';

/**
 * Runs work on one connection of the pool. Taking it is a step of its own, so that a connection that cannot be made,
 * when nothing has been sent, is told from one that breaks under a statement. A connection that broke is not used again,
 * even before its end is known here, and neither is one on which this side has stopped waiting for an answer: that would
 * still come. Nor is one with a transaction that was not ended, ours or somebody else's: what is committed on it by itself
 * would be part of that transaction, and be lost.
 */
export async function onPoolConnection<Raw extends RawConnection, Value>(
  client: KnexClient<Raw>,
  kind: ConnectionKind<Raw>,
  work: (connection: Raw) => Promise<Value>,
): Promise<Value> {
  const signal = cancellationSignal();
  signal?.throwIfAborted();
  const connection = await acquire(client, kind);
  let cancelled: Promise<void> | undefined;
  const cancel = () => {
    cancelled = kind.cancel(connection);
  };
  try {
    signal?.throwIfAborted();
    signal?.addEventListener('abort', cancel);
    return await work(connection);
  } catch (error) {
    if (isOwnConnectionLost(error)) discard(connection, kind, error);
    throw reasonOfEnd(connection, error);
  } finally {
    signal?.removeEventListener('abort', cancel);
    await cancelled;
    if (kind.isInTransaction(connection)) discard(connection, kind, LEFT_OPEN);
    await client.releaseConnection(connection);
  }
}

const LEFT_OPEN = 'a transaction was left open';

async function acquire<Raw extends RawConnection>(client: KnexClient<Raw>, kind: ConnectionKind<Raw>): Promise<Raw> {
  for (;;) {
    const connection = await waitFor(client, kind);
    kind.taken(connection);
    if (!kind.isInTransaction(connection)) return connection;
    discard(connection, kind, LEFT_OPEN);
    await client.releaseConnection(connection);
  }
}

async function waitFor<Raw extends RawConnection>(client: KnexClient<Raw>, kind: ConnectionKind<Raw>): Promise<Raw> {
  const began = Date.now();
  for (;;) {
    const closed = closedPool(client.pool);
    if (closed !== undefined) throw closed;
    try {
      return await client.acquireConnection();
    } catch (error) {
      const full = isTimeout(error) ? fullPool(client.pool, kind, began, error) : undefined;
      if (full !== 'again') throw closedPool(client.pool) ?? full ?? connectError(error);
    }
  }
}

/** Knex waited for a connection of the pool in vain. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'KnexTimeoutError';
}

function discard<Raw extends RawConnection>(connection: Raw, kind: ConnectionKind<Raw>, reason: unknown): void {
  connection.__knex__disposed = reason;
  kind.end(connection);
}
