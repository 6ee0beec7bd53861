import type { Knex } from 'knex';
import { onConnection } from '../../store/driver/pool-connection.js';
import { storeError } from '../../store/failures/database-errors.js';

/** The port of this side of a connection, as it is here and as the server sees it; absent where there is none. */
export interface Ports {
  readonly here: number;
  readonly there: number;
}

/** The ports of a connection over TCP; `undefined` for one through a socket, or with another driver than `pg`. */
export async function seenPorts(knex: Knex): Promise<Ports | undefined> {
  try {
    return await onConnection(knex, async (connection) => {
      const { stream } = (connection as { connection?: { stream?: { localPort?: number } } }).connection ?? {};
      const answer = await knex
        .raw<{ rows: [number | null][] }>('SELECT inet_client_port()')
        .connection(connection)
        .options({ rowMode: 'array' });
      const there = answer.rows[0]?.[0];
      return stream?.localPort === undefined || there == null ? undefined : { here: stream.localPort, there };
    });
  } catch (error) {
    throw storeError(error);
  }
}
