import { MaestroError } from '../errors.js';

/** The command line was used wrongly. */
export class UsageError extends MaestroError {
  readonly code = 'MAESTRO_USAGE';
}

/** What a command was given to read (a file, standard input) is not what it takes. Nothing was written. */
export class InputError extends MaestroError {
  readonly code = 'MAESTRO_INPUT';
}

/** There is no such aggregate or snapshot. */
export class NotFoundError extends MaestroError {
  readonly code = 'MAESTRO_NOT_FOUND';
}

/** A snapshot that is at least as new is stored already, so this one was not. */
export class StaleSnapshotError extends MaestroError {
  readonly code = 'MAESTRO_STALE_SNAPSHOT';
}
