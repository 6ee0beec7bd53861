import { type ErrorCode, MaestroError } from '../errors.js';
import type { EventRef } from '../events.js';

/** One fault of an event or snapshot that was to be committed. */
export interface ValidationIssue {
  /** Index of the event in the commit, from 0; absent for a snapshot. */
  readonly index?: number;
  /** Path to the fault, such as `body.items[2].price`. */
  readonly path: string;
  /** The fault, and the remedy. */
  readonly message: string;
}

/** An event has fields or values that the store does not take. Nothing was sent to the database. */
export class InvalidEventError extends MaestroError {
  readonly code = 'MAESTRO_INVALID_EVENT' satisfies ErrorCode;

  constructor(/** One entry per fault. */ readonly issues: readonly ValidationIssue[]) {
    super(summary('event', issues), { hint: 'Nothing was written. Fix the listed issues and retry.' });
  }
}

/** A snapshot has fields or values that the store does not take. Nothing was sent to the database. */
export class InvalidSnapshotError extends MaestroError {
  readonly code = 'MAESTRO_INVALID_SNAPSHOT' satisfies ErrorCode;

  constructor(/** One entry per fault. */ readonly issues: readonly ValidationIssue[]) {
    super(summary('snapshot', issues), {
      hint: 'Nothing was written. Fix the listed issues and retry. If the state is not plain JSON, give its definition snapshot.encode and snapshot.decode.',
    });
  }
}

const SHOWN_ISSUES = 5;

function summary(what: string, issues: readonly ValidationIssue[]): string {
  const shown = issues.slice(0, SHOWN_ISSUES).map(({ index, path, message }) => {
    const which = index === undefined ? '' : ` ${index}`;
    return `${what}${which}: ${path === '' ? 'it' : path} ${message}`;
  });
  const more = issues.length > SHOWN_ISSUES ? ` (and ${issues.length - SHOWN_ISSUES} more)` : '';
  return `${shown.join('; ')}${more}.`;
}

/** A timestamp of the commit is already in the log, on another event. Nothing was committed; retrying will not help. */
export class DuplicateTimestampError extends MaestroError {
  readonly code = 'MAESTRO_DUPLICATE_TIMESTAMP' satisfies ErrorCode;

  constructor(
    /** The taken timestamps, in text form. */ readonly timestamps: readonly string[],
    cause?: unknown,
  ) {
    super(
      `The log already has ${timestamps.length === 1 ? 'an event with the timestamp' : 'events with the timestamps'} ${timestamps.join(', ')}; nothing was committed.`,
      {
        hint: 'Take a new timestamp from the clock for every event, and use one clock in each process.',
        cause,
      },
    );
  }
}

/** The facts of a failed projection beside its event and its error. */
export interface ProjectionFailure {
  /** The name of a projection that has one, made by `defineProjection`. */
  readonly projection?: string | undefined;
  /** The reason, where the projection itself is not at fault. */
  readonly reason?: string | undefined;
  readonly hint?: string | undefined;
}

/** A projection threw, so the events it was projecting were rolled back. The projection's own error is the `cause`. */
export class ProjectionError extends MaestroError {
  readonly code = 'MAESTRO_PROJECTION' satisfies ErrorCode;
  /** The name of the projection; absent for a function of a definition or of `commit`, which has none. */
  readonly projection: string | undefined;

  constructor(
    /** The event that was being projected. */ readonly event: EventRef,
    cause: unknown,
    { projection, reason, hint }: ProjectionFailure = {},
  ) {
    const whose = projection === undefined ? 'A projection' : `The projection ${projection}`;
    const why = reason === undefined ? '' : `, ${reason}`;
    super(
      `${whose} failed on ${event.type} (event ${event.sequence} of ${event.aggregateId})${why}; nothing was committed.`,
      { hint, cause },
    );
    this.projection = projection;
  }
}

/** This store cannot run projections, so it refuses them instead of dropping them. Nothing was committed. */
export class ProjectionsUnsupportedError extends MaestroError {
  readonly code = 'MAESTRO_PROJECTIONS_UNSUPPORTED' satisfies ErrorCode;
}

/** An aggregate is not at the sequence that the caller expected. Nothing was committed. */
export class SequenceConflictError extends MaestroError {
  readonly code = 'MAESTRO_SEQUENCE_CONFLICT' satisfies ErrorCode;

  constructor(
    /** The aggregate id, in hex digits. */
    readonly aggregateId: string,
    /** The sequence that the caller expected to be the last; absent when none was named. */
    readonly expected: number | undefined,
    /** The sequence that is the last; absent when none was expected. */
    readonly found: number | undefined,
    message = `The last sequence of ${aggregateId} was expected to be ${expected}, but it is ${found}; nothing was committed.`,
  ) {
    super(message, { hint: 'Read the newer events, decide again, and try again.' });
  }
}

/**
 * The database stored something else than was sent, as a trigger or rule on the table can cause. The message says when
 * nothing was committed.
 */
export class WriteMismatchError extends MaestroError {
  readonly code = 'MAESTRO_WRITE_MISMATCH' satisfies ErrorCode;
}

/** The connection broke during a commit, and it is not known whether the commit took effect. */
export class OutcomeUnknownError extends MaestroError {
  readonly code = 'MAESTRO_OUTCOME_UNKNOWN' satisfies ErrorCode;

  constructor(
    /** The events that may or may not be in the log. */ readonly events: readonly EventRef[],
    cause: unknown,
    /** The driver's message. */ reason?: string,
    /** The id of the command that the events belong to, if it has one. */ readonly commandId?: string,
  ) {
    const broke = `The connection broke${reason === undefined ? '' : ` (${reason})`}`;
    const ids = [...new Set(events.map((event) => event.aggregateId))].join(', ');
    const timestamps = events.slice(0, SHOWN_ISSUES).map((event) => event.timestamp);
    const isOne = events.length === 1;
    const repeat = 'Send the command again with the same commandId: its answer is the truth.';
    super(
      events.length === 0
        ? `${broke} while the command ${JSON.stringify(commandId)} was being committed, so it is not known whether it was carried out.`
        : isOne
          ? `${broke} while an event of ${ids} was being committed, so it is not known whether it is in the log.`
          : `${broke} while ${events.length} events of ${ids} were being committed, so it is not known whether they are in the log.`,
      {
        hint:
          commandId !== undefined
            ? repeat
            : isOne
              ? `Look for it before you commit again: \`maestro event ${timestamps[0]}\`.`
              : `Look for them before you commit again: \`maestro event ${timestamps[0]}\` finds one by its timestamp. The timestamps are ${timestamps.join(', ')}${events.length > SHOWN_ISSUES ? ', …' : '.'}`,
        cause,
      },
    );
  }
}

/** The connection broke. Nothing was committed, unless the message says otherwise. */
export class ConnectionLostError extends MaestroError {
  readonly code = 'MAESTRO_CONNECTION_LOST' satisfies ErrorCode;
}

/** No connection to the database could be made. */
export class DatabaseUnreachableError extends MaestroError {
  readonly code = 'MAESTRO_UNREACHABLE' satisfies ErrorCode;
}

/** All connections of the pool were in use, and none became free in time. Nothing was sent. */
export class PoolExhaustedError extends MaestroError {
  readonly code = 'MAESTRO_POOL_EXHAUSTED' satisfies ErrorCode;
}

/** The database was closed by this program. Nothing was sent. */
export class DatabaseClosedError extends MaestroError {
  readonly code = 'MAESTRO_CLOSED' satisfies ErrorCode;
}

/** The database refused the login: user, password, database name or access rule. */
export class LoginRefusedError extends MaestroError {
  readonly code = 'MAESTRO_LOGIN_REFUSED' satisfies ErrorCode;
}

/** The database refused an operation to this role, or is read-only. */
export class PermissionDeniedError extends MaestroError {
  readonly code = 'MAESTRO_PERMISSION_DENIED' satisfies ErrorCode;
}

/** A statement or a wait for a lock took longer than allowed and was cancelled. */
export class DatabaseTimeoutError extends MaestroError {
  readonly code = 'MAESTRO_TIMEOUT' satisfies ErrorCode;
}

/**
 * PostgreSQL undid the application's transaction (`REPEATABLE READ` or `SERIALIZABLE`) because of changes by another
 * one; it can be run again. Not thrown outside of such transactions: there the statement is sent again.
 */
export class SerializationError extends MaestroError {
  readonly code = 'MAESTRO_SERIALIZATION' satisfies ErrorCode;
}

/** The disk of the database is full, or its quota used up. Nothing was committed. */
export class DatabaseFullError extends MaestroError {
  readonly code = 'MAESTRO_DATABASE_FULL' satisfies ErrorCode;
}

/**
 * The engine of the embedded database has stopped, for example because its disk is full; this process cannot use it any
 * more.
 */
export class DatabaseStoppedError extends MaestroError {
  readonly code = 'MAESTRO_DATABASE_STOPPED' satisfies ErrorCode;
}

/** The tables of the event store do not exist in the schema. */
export class NotMigratedError extends MaestroError {
  readonly code = 'MAESTRO_NOT_MIGRATED' satisfies ErrorCode;

  constructor(message: string, cause?: unknown, more?: string) {
    const hint =
      'Check that this is the right database and schema (--url, --data-dir, --schema). If it is, run `maestro migrate` on it first.';
    super(message, { hint: more === undefined ? hint : `${hint} ${more}`, cause });
  }
}

/** PostgreSQL refused a statement, for a reason without an error class of its own here. */
export class DatabaseError extends MaestroError {
  readonly code = 'MAESTRO_DATABASE' satisfies ErrorCode;

  constructor(
    message: string,
    /** PostgreSQL's five-character error code, when it gave one. */
    readonly sqlState: string | undefined,
    cause: unknown,
    hint?: string,
  ) {
    super(message, { cause, hint });
  }
}
