import { connect } from 'node:net';
import type { PgConnection } from '../relied-upon.js';

/** The code of a request to cancel, in the place of a version of the protocol. */
const CANCEL = 80_877_102;
const LENGTH = 16;
/** Longest wait for the server to take it, in milliseconds. */
const PATIENCE = 500;

/**
 * Asks the server to cancel what a connection is at, by a connection of its own without a login, as the protocol has it; a pooler
 * passes it on. Resolves when it was taken, or could not be sent: then the server ends the statement when it notices that nobody
 * is there for its answer.
 */
export function sendCancelRequest({ host, port, processID, secretKey }: PgConnection): Promise<void> {
  if (host === undefined || port === undefined || processID == null || typeof secretKey !== 'number')
    return Promise.resolve();
  const request = Buffer.alloc(LENGTH);
  [LENGTH, CANCEL, processID, secretKey].forEach((value, index) => request.writeInt32BE(value | 0, index * 4));
  return new Promise((resolve) => {
    const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
    socket.on('error', () => {}).on('close', () => resolve());
    socket.setTimeout(PATIENCE, () => socket.destroy());
    socket.resume().end(request);
  });
}
