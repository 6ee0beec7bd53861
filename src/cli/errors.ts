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

/** The stored snapshot is not the one that was meant, or does not go away; it was left as it is. */
export class SnapshotKeptError extends MaestroError {
  readonly code = 'MAESTRO_SNAPSHOT_KEPT';
}

/** The configured handlers would not fold what was to be written, so it was not. */
export class WouldNotFoldError extends MaestroError {
  readonly code = 'MAESTRO_WOULD_NOT_FOLD';
}

/** The file system refused something that no other error says more of: nothing that a defect would be needed for. */
export class FileRefusedError extends MaestroError {
  readonly code = 'MAESTRO_FILE_REFUSED';

  constructor(cause: NodeJS.ErrnoException) {
    super(`The system refuses a file: ${cause.message}.`, {
      hint: /^E[MN]FILE$/.test(cause.code ?? '')
        ? 'Raise the limit of open files (ulimit -n).'
        : 'Check the path, and the rights of this user on it and on the folders around it.',
      cause,
    });
  }
}

/** Standard output could not be written, because its disk is full, say. What the command did beside that is done. */
export class OutputError extends MaestroError {
  readonly code = 'MAESTRO_OUTPUT';

  constructor(cause: NodeJS.ErrnoException) {
    super(`Standard output cannot be written: ${cause.code ?? cause.message}.`, {
      hint: 'What was printed is not whole. A command that writes to the database may have done so: look before you repeat it.',
      cause,
    });
  }
}
