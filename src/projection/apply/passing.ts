import { MaestroError } from '../../errors.js';
import {
  driverMessage,
  ENGINE_STOPPED,
  isConnectionLost,
  isUnknownStatement,
  isUnreachable,
  sqlState,
} from '../../store/driver/driver-error.js';
import { DatabaseClosedError, DatabaseFullError, DatabaseStoppedError } from '../../store/errors.js';
import { isTransient } from '../../store/failures/database-errors.js';

/** Two transactions met: a deadlock, a conflict of serializable ones, a lock that did not come in time. */
const MET = new Set(['40001', '40P01', '55P03']);
/** The server has no room, too many connections, or takes no writes since it is a replica. */
const SERVER = /^53|^25006$|^57P|^58|^XX/;
/** Longest chain of causes that is followed. */
const MOST_CAUSES = 8;

/**
 * Tells what an error says about the event that was being taken in: `met` another transaction, which passes at once; the `server` or
 * the connection is at fault, which passes later; or the `event`, which stays. Handlers may have wrapped the error of the database.
 */
export function blame(error: unknown): 'met' | 'server' | 'event' {
  for (const cause of causesOf(error)) {
    const state = sqlState(cause) ?? '';
    if (MET.has(state)) return 'met';
    if (SERVER.test(state) || isOfServer(cause)) return 'server';
  }
  return 'event';
}

/** An error and what it was caused by, the outermost first. */
export function causesOf(error: unknown): Error[] {
  const causes: Error[] = [];
  for (let cause = error; cause instanceof Error && causes.length < MOST_CAUSES; { cause } = cause) causes.push(cause);
  return causes;
}

function isOfServer(error: Error): boolean {
  const isStopped = error instanceof DatabaseClosedError || error instanceof DatabaseStoppedError;
  return (
    isStopped ||
    error instanceof DatabaseFullError ||
    (error instanceof MaestroError && isTransient(error)) ||
    isConnectionLost(error) ||
    isUnreachable(error) ||
    isUnknownStatement(error) ||
    (error as { readonly code?: unknown }).code === ENGINE_STOPPED
  );
}

/** The longest text that is kept of an error. */
const MOST_TEXT = 2000;

/** An error as the text that is kept with a parked aggregate: without the values of a statement, which are somebody's data. */
export function failureText(error: unknown): string {
  const text = sqlState(error) === undefined ? plainText(error) : driverMessage(error);
  return text.replaceAll('\0', '').toWellFormed().slice(0, MOST_TEXT);
}

function plainText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof MaestroError || error.name === 'Error' ? error.message : `${error.name}: ${error.message}`;
}

/** The error of a transaction in which a handler ignored that a statement had failed; other errors as they are. */
export function swallowed(error: unknown): unknown {
  if (sqlState(error) !== '25P02') return error;
  return new Error('A statement of a projection failed, and the projection ignored the error.', { cause: error });
}
