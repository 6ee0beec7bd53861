import { sqlState } from './driver-error.js';
import type { PgConnection } from './relied-upon.js';

/** End of each connection that was watched, with its reason once there is one. */
const ends = new WeakMap<object, { reason?: unknown }>();

/** Matches what a driver says of a connection that it knows to be gone, which is not why it is gone. */
const GONE = /is not queryable|Connection (?:terminated|ended)/i;

/**
 * Remembers why a connection ends, from now on. The server tells a connection that waits for nothing, and the driver
 * passes that on once, to whoever listens; later statements only hear that the connection cannot be used.
 */
export function watchEnd(connection: PgConnection): void {
  if (ends.has(connection)) return;
  const end: { reason?: unknown } = {};
  ends.set(connection, end);
  connection.once?.('error', (error) => {
    end.reason = error;
  });
}

/** The reason for which a connection ended, in the place of an error that only says that it did. */
export function reasonOfEnd(connection: object, error: unknown): unknown {
  if (!(error instanceof Error) || sqlState(error) !== undefined || !GONE.test(error.message)) return error;
  return ends.get(connection)?.reason ?? error;
}
