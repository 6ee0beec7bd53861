import type { Knex } from 'knex';
import { driverOf } from '../../store/driver/driver-of.js';
import { storeError } from '../../store/failures/database-errors.js';

/** The local port of a connection, as this side and as the server see it. */
export interface Ports {
  readonly here: number;
  readonly there: number;
}

/** The ports of a TCP connection; `undefined` for a socket, or with another driver than `pg`. */
export async function seenPorts(knex: Knex): Promise<Ports | undefined> {
  try {
    return await driverOf(knex).connection(async (connection) => {
      const { rows } = await connection.send<[number | null]>({ sql: 'SELECT inet_client_port()' });
      const here = connection.localPort;
      const there = rows[0]?.[0];
      return here === undefined || there == null ? undefined : { here, there };
    });
  } catch (error) {
    throw storeError(error);
  }
}
