import { MaestroError } from '../../errors.js';
import {
  ConnectionLostError,
  DatabaseError,
  DatabaseFullError,
  DatabaseStoppedError,
  DatabaseTimeoutError,
  DatabaseUnreachableError,
  LoginRefusedError,
  NotMigratedError,
  PermissionDeniedError,
  PoolExhaustedError,
  SerializationError,
} from '../errors.js';
import {
  driverMessage,
  ENGINE_STOPPED,
  isConnectionLost,
  isHiddenByPolicy,
  isQueryTimeout,
  isSerializationFailure,
  isUnreachable,
  sqlState,
} from '../driver/driver-error.js';
import { endedTransaction } from '../transactions/joined.js';
import { nodeFailureError } from './node-failure-error.js';
import { nodePermissionError } from './node-permission.js';
import { refusedSetting } from './refused-setting.js';

const LOGIN = new Set(['28P01', '28000']);
const LOGIN_MESSAGE = /^SASL|password must be a string|unsupported startup parameter/i;

/**
 * True for errors of this library that may pass by themselves: the connection broke, the server is away or slow, or
 * another process has the embedded database open.
 */
export function isTransient(error: unknown): boolean {
  return (
    error instanceof ConnectionLostError ||
    error instanceof DatabaseUnreachableError ||
    error instanceof DatabaseTimeoutError ||
    error instanceof PoolExhaustedError ||
    (error instanceof MaestroError && error.code === 'MAESTRO_EMBEDDED_BUSY')
  );
}

/** Converts the driver's error for a connection that could not be made; nothing was sent. */
export function connectError(error: unknown): MaestroError {
  const meaning = refusedSetting(error) ?? storeError(error);
  if (!(meaning instanceof DatabaseError || meaning instanceof ConnectionLostError)) return meaning;
  return unreachable(error);
}

/**
 * Converts a driver's error into the error of this library with its meaning; returns one of this library's own as it
 * is.
 */
export function storeError(error: unknown): MaestroError {
  if (error instanceof MaestroError) return error;
  const special = nodePermissionError(error) ?? nodeFailureError(error);
  if (special !== undefined) return special;
  const message = driverMessage(error);
  const state = sqlState(error);
  const refusal = state === undefined ? undefined : refusalFor(state, message, error);
  if (refusal !== undefined) return refusal;
  if (LOGIN_MESSAGE.test(message)) return loginRefused(message, error);
  if (NO_TLS.test(message)) return withoutTls(error);
  if (isUnreachable(error)) return unreachable(error);
  if (isQueryTimeout(error)) return tookTooLong(message, error);
  if ((error as { code?: unknown } | undefined)?.code === ENGINE_STOPPED)
    return new DatabaseStoppedError(`The embedded database has stopped: ${message}.`, {
      hint: 'If the disk is full, free space. Then open the database again: no acknowledged commit is lost.',
      cause: error,
    });
  if (isConnectionLost(error))
    return new ConnectionLostError(`The connection to the database broke: ${message}.`, {
      hint: connectionLostHint(error),
      cause: error,
    });
  if (/^Transaction query already complete/.test(message)) return endedTransaction(error);
  return new DatabaseError(`PostgreSQL refused the statement: ${message}.`, state, error, hintFor(state));
}

/** The driver's message when a server does not support TLS. */
const NO_TLS = /does not support SSL connections/;

function withoutTls(cause: unknown): LoginRefusedError {
  return new LoginRefusedError('The server does not support encrypted connections, but sslmode requires one.', {
    hint: 'Check that this is the right server and port, and have it set up for TLS (ssl = on). Only where the network between is trusted, write sslmode=disable.',
    cause,
  });
}

function unreachable(error: unknown): DatabaseUnreachableError {
  const message = driverMessage(error);
  return new DatabaseUnreachableError(`The database cannot be reached: ${message}.`, {
    hint: hintForConnecting(sqlState(error), message),
    cause: error,
  });
}

/** The hint for a connection that could not be made. */
function hintForConnecting(state: string | undefined, message: string): string {
  if (state === '53300')
    return 'The server runs, but all connections that it, this role or this database may have are taken. Close some, use fewer at once (a smaller pool, a pooler such as PgBouncer), or raise max_connections or the CONNECTION LIMIT.';
  if (state === '57P03') return 'The server is starting or stopping. Try again in a moment.';
  return /certificate|altname|SSL|TLS/i.test(message)
    ? 'Check sslmode and sslrootcert, and that the certificate is the one of this host.'
    : 'Check that the server runs and that host and port are right.';
}

/** The hint for a connection that the server has ended. */
export function connectionLostHint(error: unknown): string {
  return ['57P05', '25P03', '25P04'].includes(sqlState(error) ?? '')
    ? 'Raise the timeout for idle sessions of the server or role, or do long work before the transaction begins.'
    : 'Try again when the server is back.';
}

/**
 * SQL states with which PostgreSQL refuses this library's own statements when the tables have another shape: a column
 * that is missing, has another type, or is an extra one that needs a value; a missing index; another kind of table.
 */
const OTHER_SHAPE = new Set(['42703', '42804', '42883', '42846', '42P10', '42809', '428C9', '23502', '55000']);

function hintFor(state: string | undefined): string | undefined {
  if (state !== undefined && OTHER_SHAPE.has(state))
    return 'The tables may have another shape than Maestro expects: `maestro migrate status` shows what differs, `maestro doctor` checks the rest.';
  if (state !== '25P02') return undefined;
  return 'An earlier statement of this transaction failed, and its error was ignored. Find that error, and roll back.';
}

function refusalFor(state: string, message: string, cause: unknown): MaestroError | undefined {
  if (LOGIN.has(state)) return loginRefused(message, cause);
  if (isSerializationFailure(cause))
    return new SerializationError(`Another transaction changed data that this one uses: ${message}.`, {
      hint: "Roll back and run the whole transaction again; at READ COMMITTED, PostgreSQL's default, it would see what others commit.",
      cause,
    });
  if (isHiddenByPolicy(cause))
    return new PermissionDeniedError(`Row-level security would hide rows from this role: ${message}.`, {
      hint: 'Without them the answer would be incomplete. Log in as the owner of the tables, or ALTER ROLE … BYPASSRLS; `maestro doctor` names the policies.',
      cause,
    });
  switch (state) {
    case '42P01':
    case '3F000':
      return new NotMigratedError(`The event store's tables do not exist: ${message}.`, cause);
    case '3D000':
      return new LoginRefusedError(`The database does not exist: ${message}.`, {
        hint: 'Check its name at the end of the URL (or PGDATABASE); `psql --list` shows which there are, `createdb` makes one.',
        cause,
      });
    case '42501':
      return new PermissionDeniedError(`The role may not do this: ${message}.`, {
        hint: 'Grant the role what is named (`maestro doctor` prints the GRANT), or log in with another role.',
        cause,
      });
    case '25006':
      return new PermissionDeniedError(`The database is read-only: ${message}.`, {
        hint: 'Connect to the primary server, and check default_transaction_read_only.',
        cause,
      });
    case '53100':
      return new DatabaseFullError(`The database has no room left: ${message}.`, {
        hint: 'Make room on the disk of the database, then try again.',
        cause,
      });
    case '22P05':
      return new DatabaseError(
        `The encoding of the database cannot store a character: ${message}.`,
        state,
        cause,
        'Store it in a database made with ENCODING UTF8.',
      );
    case '40001':
      return new DatabaseTimeoutError(
        `The standby cancelled the query, because it had to apply changes of the primary server: ${message}.`,
        {
          hint: 'Try again; or raise max_standby_streaming_delay, or set hot_standby_feedback, or ask the primary server.',
          cause,
        },
      );
    case '57014':
      return new DatabaseTimeoutError(`The database stopped the statement: ${message}.`, {
        hint: 'Try again, or allow more time (--timeout or `timeout`). If somebody cancelled it, ask why.',
        cause,
      });
    case '55P03':
      return tookTooLong(message, cause);
    default:
      return undefined;
  }
}

function tookTooLong(message: string, cause: unknown): DatabaseTimeoutError {
  return new DatabaseTimeoutError(`The database took too long: ${message}.`, {
    hint: 'Try again, or allow more time (--timeout or `timeout`).',
    cause,
  });
}

/** Messages of the driver and of the server for a missing password. */
const NO_PASSWORD = /password must be a|empty password/;

function hintForLogin(message: string): string {
  if (NO_PASSWORD.test(message))
    return 'Write it into the URL (postgres://user:password@host/database), set PGPASSWORD, or add a line to ~/.pgpass.';
  if (/pg_hba\.conf/.test(message))
    return 'Its pg_hba.conf has no line for this host, user and database. If the connection is not encrypted, the server may demand that: add sslmode=require (or verify-full) to the URL.';
  return 'Check user, password, database name and sslmode.';
}

function loginRefused(message: string, cause: unknown): LoginRefusedError {
  const problem = NO_PASSWORD.test(message)
    ? 'The server asks for a password, and none was given.'
    : `The database refused the login: ${message}.`;
  return new LoginRefusedError(problem, {
    hint: message.includes('startup parameter') ? 'Behind PgBouncer, add --pooler transaction.' : hintForLogin(message),
    cause,
  });
}
