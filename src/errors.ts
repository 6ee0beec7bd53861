/** Options of a {@link MaestroError}. */
export interface MaestroErrorOptions {
  /** The remedy, in a sentence or two. */
  readonly hint?: string;
  /** The error that led to this one. */
  readonly cause?: unknown;
}

/** The codes of the errors of Maestro itself; a new class of errors adds its own. */
export type ErrorCode =
  | 'MAESTRO_ALREADY_TAKEN'
  | 'MAESTRO_CLOCK_DRIFT'
  | 'MAESTRO_CLOSED'
  | 'MAESTRO_CLUSTER_NOT_READY'
  | 'MAESTRO_COMMAND_ANSWER_LOST'
  | 'MAESTRO_COMMAND_ID_REUSED'
  | 'MAESTRO_CONFIGURATION'
  | 'MAESTRO_CONNECTION_LOST'
  | 'MAESTRO_DATABASE'
  | 'MAESTRO_DATABASE_FULL'
  | 'MAESTRO_DATABASE_NEWER'
  | 'MAESTRO_DATABASE_STOPPED'
  | 'MAESTRO_DEPENDENT_OBJECTS'
  | 'MAESTRO_DUPLICATE_TIMESTAMP'
  | 'MAESTRO_EMBEDDED_BUSY'
  | 'MAESTRO_EMBEDDED_CORRUPT'
  | 'MAESTRO_EMBEDDED_FOLDER'
  | 'MAESTRO_EMBEDDED_RESOURCES'
  | 'MAESTRO_ERASED_HANDLER'
  | 'MAESTRO_ERASE_INTERRUPTED'
  | 'MAESTRO_ERASE_REFUSED'
  | 'MAESTRO_EVENT_PARKED'
  | 'MAESTRO_EVENT_SCHEMA'
  | 'MAESTRO_FILE_LOCK'
  | 'MAESTRO_FILE_REFUSED'
  | 'MAESTRO_FOREIGN_SCHEMA'
  | 'MAESTRO_HANDLER'
  | 'MAESTRO_IMPORT_CONFLICT'
  | 'MAESTRO_IMPORT_INTERRUPTED'
  | 'MAESTRO_INCOMPLETE_HISTORY'
  | 'MAESTRO_INPUT'
  | 'MAESTRO_INVALID_ARGUMENT'
  | 'MAESTRO_INVALID_EVENT'
  | 'MAESTRO_INVALID_EXPORT'
  | 'MAESTRO_INVALID_HANDLER'
  | 'MAESTRO_INVALID_JSON'
  | 'MAESTRO_INVALID_JSON_PATH'
  | 'MAESTRO_INVALID_SNAPSHOT'
  | 'MAESTRO_INVALID_TIMESTAMP'
  | 'MAESTRO_LAYOUT_MISMATCH'
  | 'MAESTRO_LAYOUT_REFUSED'
  | 'MAESTRO_LOGIN_REFUSED'
  | 'MAESTRO_MIGRATION_LOCK'
  | 'MAESTRO_NESTED_TOO_DEEPLY'
  | 'MAESTRO_NODE_PERMISSION'
  | 'MAESTRO_NODE_VERSION'
  | 'MAESTRO_NOT_FOUND'
  | 'MAESTRO_NOT_MIGRATED'
  | 'MAESTRO_OLDER_PROJECTION'
  | 'MAESTRO_WORKER_FAILED'
  | 'MAESTRO_OUTCOME_UNKNOWN'
  | 'MAESTRO_OUTPUT'
  | 'MAESTRO_PERMISSION_DENIED'
  | 'MAESTRO_POOL_EXHAUSTED'
  | 'MAESTRO_PROJECTION'
  | 'MAESTRO_PROJECTIONS_UNSUPPORTED'
  | 'MAESTRO_PROJECTION_IN_USE'
  | 'MAESTRO_READ_MODEL_SET_UP'
  | 'MAESTRO_REBUILD_BLOCKED'
  | 'MAESTRO_RETRY_LIMIT'
  | 'MAESTRO_ROLLBACK_REFUSED'
  | 'MAESTRO_SEARCH_PATH'
  | 'MAESTRO_SEQUENCE_CONFLICT'
  | 'MAESTRO_SERIALIZATION'
  | 'MAESTRO_SLOW_HANDLER'
  | 'MAESTRO_SNAPSHOT_IGNORED'
  | 'MAESTRO_SNAPSHOT_KEPT'
  | 'MAESTRO_SNAPSHOT_LOSS'
  | 'MAESTRO_STALE_SNAPSHOT'
  | 'MAESTRO_TIMEOUT'
  | 'MAESTRO_UNREACHABLE'
  | 'MAESTRO_USAGE'
  | 'MAESTRO_WOULD_NOT_FOLD'
  | 'MAESTRO_WRITE_MISMATCH';

/**
 * The base class of every error that Maestro throws on purpose. `code` is stable across releases and begins with
 * `MAESTRO_`; the message is for people and may change. Facts are fields of the subclasses; the original error, if any,
 * is `cause`.
 */
export abstract class MaestroError extends Error {
  /** The stable name of this kind of error. A subclass in an application has a code of its own. */
  abstract readonly code: ErrorCode | (string & {});
  /** The remedy, when there is one. */
  readonly hint: string | undefined;

  constructor(message: string, options: MaestroErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint;
  }
}

/** A function of the library was called with an argument that it does not accept. Nothing was done. */
export class InvalidArgumentError extends MaestroError {
  readonly code = 'MAESTRO_INVALID_ARGUMENT' satisfies ErrorCode;
}
