import { MaestroError } from '../../errors.js';
import { ConnectionLostError, DatabaseUnreachableError, PoolExhaustedError } from '../errors.js';
import { type DriverError, fieldsOf } from './driver-fields.js';
import { isNodeLost, isNodeUnreachable } from './node-failure.js';

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'EADDRNOTAVAIL',
  'ENOENT',
  'EACCES',
  '53300',
  '57P03',
  '08001',
  '08004',
]); // prettier-ignore
const LOST = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ECONNABORTED',
  '57P01',
  '57P02',
  '57P04',
  '57P05',
  '25P03',
  '25P04',
  '08000',
  '08003',
  '08006',
]);
const LOST_MESSAGE =
  /Connection terminated(?! due to connection timeout)|connection error and is not queryable|Query read timeout|Connection ended|socket hang up/i;
/**
 * The functions of PostgreSQL that read a jsonpath, or a format of times in one, and that of Citus which hands on what a worker says: a
 * worker gets only what can be spread.
 */
const JSON_PATH_ROUTINE = /^(?:jsp|makeItem|DCH_|execute|json|ReportResultError$)/;
const CONNECT_TIMEOUT_MESSAGE = /timeout expired|due to connection timeout|Timeout acquiring a connection/i;
/** The code of errors of an embedded engine that has stopped and cannot be asked any more. */
export const ENGINE_STOPPED = 'MAESTRO_ENGINE_STOPPED';
/** PostgreSQL's five-character code of an error, when the server sent one. */
export function sqlState(error: unknown): string | undefined {
  const { code } = fieldsOf(error);
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && code !== 'EPIPE' ? code : undefined;
}

/** True when two transactions waited for each other, and this one was undone. */
export function isDeadlock(error: unknown): boolean {
  return sqlState(error) === '40P01';
}

/**
 * True when a transaction that was to see the log of one moment (`REPEATABLE READ`, `SERIALIZABLE`) met a change that another
 * one has made since, and was undone. It can be run again.
 */
export function isSerializationFailure(error: unknown): boolean {
  // A standby that cancels a query, because what it reads is being cleaned up, has the same code.
  return sqlState(error) === '40001' && !/Interrupt/.test(routineOf(error));
}

/** True when rows were asked for that a policy may hide (row-level security), by a session that wants all or none. */
export function isHiddenByPolicy(error: unknown): boolean {
  return sqlState(error) === '42501' && routineOf(error) === 'check_enable_rls';
}

function routineOf(error: unknown): string {
  return fieldsOf(error).routine ?? '';
}

/** True when a unique index refused a row. Which index is not told by its name: partitions and Citus name theirs differently. */
export function isUniqueViolation(error: unknown): boolean {
  return sqlState(error) === '23505';
}

/**
 * True when a node of a Citus cluster refused rows that came there by COPY, as those of an `INSERT … SELECT` do. Then the code is lost
 * on the way: a unique index refused them, a deadlock ended them, or something else. What it was, only a look at the tables tells.
 */
export function isRefusedCopy(error: unknown): boolean {
  return sqlState(error) === 'XX000' && routineOf(error) === 'ReportCopyError';
}

/**
 * True when PostgreSQL itself does not support what a jsonpath asks for. The same code has other causes: a Citus cluster that cannot
 * spread a query, a prepared statement whose result changed.
 */
export function isUnsupportedInJsonPath(error: unknown): boolean {
  return sqlState(error) === '0A000' && JSON_PATH_ROUTINE.test(routineOf(error));
}

/**
 * True when a connection does not know a prepared statement, knows another one by its name, or cannot use it any more since
 * a table was changed. The statement was not executed.
 */
export function isUnknownStatement(error: unknown): boolean {
  const state = sqlState(error);
  // "cached plan must not change result type", in the language of the server.
  if (state === '0A000') return routineOf(error) === 'RevalidateCachedQuery';
  return state === '26000' || state === '42P05';
}

/**
 * True when the connection broke under a statement, or that of a Citus cluster to one of its nodes, so whether the statement took effect
 * is not known.
 */
export function isConnectionLost(error: unknown): boolean {
  if (isNodeUnreachable(error)) return false;
  return isOwnConnectionLost(error) || isNodeLost(error);
}

/** True when the connection of this process broke, so that it cannot be used any more. */
export function isOwnConnectionLost(error: unknown): boolean {
  if (error instanceof MaestroError) return error instanceof ConnectionLostError;
  if (isNodeLost(error) || isNodeUnreachable(error)) return false;
  const { code, severity, message } = fieldsOf(error);
  // Whoever says FATAL, the server or a pooler whose server is gone, hangs up right after it.
  const isEnd = severity === 'FATAL' || isPanic(error);
  return isEnd || (code !== undefined && LOST.has(code)) || LOST_MESSAGE.test(message ?? '');
}

/**
 * True when PostgreSQL stopped all that was under way, and starts again from its write-ahead log, as when that log's disk is
 * full.
 */
export function isPanic(error: unknown): boolean {
  if (fieldsOf(error).severity === 'PANIC') return true;
  // In other languages it is another word; what it could not do is write that log.
  return /^(53|58)/.test(sqlState(error) ?? '') && /^(XLog|issue_xlog)/.test(routineOf(error));
}

/** True when this side stopped waiting for the answer to a statement, which the server may still be working on. */
export function isQueryTimeout(error: unknown): boolean {
  return /Query read timeout/.test(fieldsOf(error).message ?? '');
}

/** True when no connection was made, or none to a node of a Citus cluster, so no statement was sent. */
export function isUnreachable(error: unknown): boolean {
  if (isNodeUnreachable(error)) return true;
  if (error instanceof DatabaseUnreachableError || error instanceof PoolExhaustedError) return true;
  if (isAggregate(error)) return error.errors.some(isUnreachable);
  const { code, message } = fieldsOf(error);
  return (code !== undefined && UNREACHABLE.has(code)) || CONNECT_TIMEOUT_MESSAGE.test(message ?? '');
}

/**
 * Message of the driver, in one line. Knex puts the statement, with its values (somebody's data), and a dash before the
 * message, so only what follows the last dash is surely the driver's; an AggregateError (a host with several addresses)
 * has no message of its own, so its parts speak.
 */
export function driverMessage(error: unknown): string {
  if (isAggregate(error)) return [...new Set(error.errors.map(driverMessage))].join('; ');
  if (!(error instanceof Error)) return String(error);
  const message = error.message.split(' - ').at(-1) ?? '';
  return message.trim().replace(/\.$/, '') || (error as DriverError).code || error.name;
}

function isAggregate(error: unknown): error is AggregateError {
  return (
    error instanceof Error &&
    Array.isArray((error as DriverError).errors) &&
    (error as AggregateError).errors.length > 0
  );
}
