import { MaestroError } from '../errors.js';

/** The command did what it was asked to do. */
export const DONE = 0;
/** The command ran, and found what was asked about. */
export const FOUND = 1;
/** The command was used wrongly, or its input or configuration is bad; nothing was written. */
export const USAGE = 2;
/** There is no such aggregate, event or snapshot. */
export const NOT_FOUND = 3;
/** The database cannot be used: unreachable, too slow, full, refuses login or permission, or in use. */
export const UNAVAILABLE = 4;
/** Refused because of what is stored or what others do: a conflict, a held lock. */
export const REFUSED = 5;
/** It is not known whether the write took effect. */
export const OUTCOME_UNKNOWN = 6;
/** A defect in Maestro. */
export const DEFECT = 70;
/** Interrupted from the keyboard. */
export const INTERRUPTED = 130;

const EXIT_CODES: Readonly<Record<string, number>> = {
  MAESTRO_USAGE: USAGE,
  MAESTRO_INPUT: USAGE,
  MAESTRO_CONFIGURATION: USAGE,
  MAESTRO_EMBEDDED_FOLDER: USAGE,
  MAESTRO_INVALID_ARGUMENT: USAGE,
  MAESTRO_INVALID_EVENT: USAGE,
  MAESTRO_INVALID_EXPORT: USAGE,
  MAESTRO_INVALID_JSON: USAGE,
  MAESTRO_INVALID_JSON_PATH: USAGE,
  MAESTRO_INVALID_SNAPSHOT: USAGE,
  MAESTRO_INVALID_TIMESTAMP: USAGE,
  MAESTRO_LAYOUT_MISMATCH: USAGE,
  MAESTRO_NOT_MIGRATED: USAGE,
  MAESTRO_EVENT_SCHEMA: FOUND,
  MAESTRO_HANDLER: FOUND,
  MAESTRO_INCOMPLETE_HISTORY: FOUND,
  MAESTRO_INVALID_HANDLER: FOUND,
  MAESTRO_NOT_FOUND: NOT_FOUND,
  MAESTRO_CONNECTION_LOST: UNAVAILABLE,
  MAESTRO_DATABASE_FULL: UNAVAILABLE,
  MAESTRO_DATABASE_STOPPED: UNAVAILABLE,
  MAESTRO_EMBEDDED_BUSY: UNAVAILABLE,
  MAESTRO_EMBEDDED_CORRUPT: UNAVAILABLE,
  MAESTRO_LOGIN_REFUSED: UNAVAILABLE,
  MAESTRO_PERMISSION_DENIED: UNAVAILABLE,
  MAESTRO_TIMEOUT: UNAVAILABLE,
  MAESTRO_UNREACHABLE: UNAVAILABLE,
  MAESTRO_ALREADY_TAKEN: REFUSED,
  MAESTRO_CLOCK_DRIFT: REFUSED,
  MAESTRO_DATABASE: REFUSED,
  MAESTRO_DATABASE_NEWER: REFUSED,
  MAESTRO_DUPLICATE_TIMESTAMP: REFUSED,
  MAESTRO_ERASE_REFUSED: REFUSED,
  MAESTRO_FOREIGN_SCHEMA: REFUSED,
  MAESTRO_IMPORT_CONFLICT: REFUSED,
  MAESTRO_MIGRATION_LOCK: REFUSED,
  MAESTRO_RETRY_LIMIT: REFUSED,
  MAESTRO_ROLLBACK_REFUSED: REFUSED,
  MAESTRO_SEQUENCE_CONFLICT: REFUSED,
  MAESTRO_STALE_SNAPSHOT: REFUSED,
  MAESTRO_WRITE_MISMATCH: REFUSED,
  MAESTRO_ERASE_INTERRUPTED: OUTCOME_UNKNOWN,
  MAESTRO_IMPORT_INTERRUPTED: OUTCOME_UNKNOWN,
  MAESTRO_OUTCOME_UNKNOWN: OUTCOME_UNKNOWN,
  MAESTRO_OUTPUT: OUTCOME_UNKNOWN,
};

/** The exit code for an error: the only place where one is decided. */
export function exitCodeFor(error: unknown): number {
  return error instanceof MaestroError ? (EXIT_CODES[error.code] ?? DEFECT) : DEFECT;
}
