import type { EventEmitter } from 'node:events';
import type { Knex } from 'knex';

/** A connection of `pg`, as it is below Knex. */
export interface DriverConnection extends EventEmitter {
  query(sql: string): Promise<{ rows: Record<string, unknown>[] }>;
}

/** The members of Knex's client that tests look at, which `src/store/driver/relied-upon.ts` describes. */
interface Client {
  acquireConnection(): Promise<DriverConnection>;
  releaseConnection(connection: DriverConnection): Promise<void>;
  acquireRawConnection(): Promise<unknown>;
}

/** Takes so many connections of a pool at the same time, runs work on each, and gives them back. */
export async function onConnections(
  knex: Knex,
  count: number,
  work: (connection: DriverConnection) => Promise<unknown> = async () => {},
): Promise<void> {
  const client = knex.client as Client;
  const connections = await Promise.all(Array.from({ length: count }, () => client.acquireConnection()));
  for (const connection of connections) {
    await work(connection);
    await client.releaseConnection(connection);
  }
}

/** The connection that a transaction has. */
export async function connectionOf(transaction: Knex.Transaction): Promise<DriverConnection> {
  return await (transaction.client as Client).acquireConnection();
}

/** Counts how often a Knex instance tries to make a connection, from now on. */
export function countAttempts(knex: Knex): () => number {
  const client = knex.client as Client;
  const acquire = client.acquireRawConnection.bind(client);
  let attempts = 0;
  client.acquireRawConnection = () => {
    attempts += 1;
    return acquire();
  };
  return () => attempts;
}
