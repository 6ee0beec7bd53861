import { type ErrorCode, MaestroError } from '../errors.js';

/** The command line is wrong. */
export class UsageError extends MaestroError {
  readonly code = 'MAESTRO_USAGE' satisfies ErrorCode;
}

/** The input of a command (a file, standard input) is wrong. Nothing was written. */
export class InputError extends MaestroError {
  readonly code = 'MAESTRO_INPUT' satisfies ErrorCode;
}

/** The aggregate, event or snapshot does not exist. */
export class NotFoundError extends MaestroError {
  readonly code = 'MAESTRO_NOT_FOUND' satisfies ErrorCode;
}

/** The snapshot was not stored, because the stored one has the same sequence or a higher one. */
export class StaleSnapshotError extends MaestroError {
  readonly code = 'MAESTRO_STALE_SNAPSHOT' satisfies ErrorCode;
}

/** The stored snapshot was not deleted, because it is not the expected one, or deleting it had no effect. */
export class SnapshotKeptError extends MaestroError {
  readonly code = 'MAESTRO_SNAPSHOT_KEPT' satisfies ErrorCode;
}

/** The events were not written, because the configured handlers cannot fold them. */
export class WouldNotFoldError extends MaestroError {
  readonly code = 'MAESTRO_WOULD_NOT_FOLD' satisfies ErrorCode;
}

/** The projection was not dropped, because a worker runs it, or the code of the configuration has it. */
export class ProjectionInUseError extends MaestroError {
  readonly code = 'MAESTRO_PROJECTION_IN_USE' satisfies ErrorCode;

  constructor(name: string, /** Who uses it. */ use: string) {
    super(`${name} was not dropped, because ${use}.`, {
      hint: 'Nothing was changed. Deploy code without it, stop the workers that have it, and take it out of the configuration file; or drop it with --force: code that still has it makes it anew, and takes all events in again.',
    });
  }
}

/** The operating system refused to read or write a file, in a case for which there is no more precise error. */
export class FileRefusedError extends MaestroError {
  readonly code = 'MAESTRO_FILE_REFUSED' satisfies ErrorCode;

  constructor(cause: NodeJS.ErrnoException) {
    super(`A file cannot be read or written: ${cause.message}.`, {
      hint: /^E[MN]FILE$/.test(cause.code ?? '')
        ? 'Raise the limit of open files (ulimit -n).'
        : 'Check the path, and whether this user may read and write it and the folders above it.',
      cause,
    });
  }
}

/** Standard output could not be written, for example to a full disk. Changes of the database have been made all the same. */
export class OutputError extends MaestroError {
  readonly code = 'MAESTRO_OUTPUT' satisfies ErrorCode;

  constructor(cause: NodeJS.ErrnoException) {
    super(`Standard output cannot be written: ${cause.code ?? cause.message}.`, {
      hint: 'The output is incomplete. If the command writes to the database, it may have done so: check before you run it again.',
      cause,
    });
  }
}
