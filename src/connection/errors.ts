import { type ErrorCode, MaestroError } from '../errors.js';

/** A setting (flag, environment variable or configuration file) is wrong. No database was opened. */
export class ConfigurationError extends MaestroError {
  readonly code = 'MAESTRO_CONFIGURATION' satisfies ErrorCode;
}

/** Another process had the embedded database open for the whole time that this one waited. */
export class EmbeddedDatabaseBusyError extends MaestroError {
  readonly code = 'MAESTRO_EMBEDDED_BUSY' satisfies ErrorCode;

  constructor(
    /** The data folder. */ readonly dataDir: string,
    /** Description of the process that has it open, such as `process 4711 on alpha (maestro append)`. */
    readonly holder: string,
    /** Time waited, in milliseconds. */ readonly waited: number,
  ) {
    super(`The embedded database ${dataDir} is in use by ${holder}; waited ${waited / 1000} s for it.`, {
      hint: 'Only one process at a time can open it. End that process (`maestro ui` and others that run on: Ctrl-C), wait longer for it (--timeout), or use a server (--url, DATABASE_URL).',
    });
  }
}

/** The data folder is not an embedded database that this version can open. The folder was not changed. */
export class EmbeddedFolderError extends MaestroError {
  readonly code = 'MAESTRO_EMBEDDED_FOLDER' satisfies ErrorCode;
}

/** The limits of this process for memory or open files are too low for the embedded database. The folder was not changed. */
export class EmbeddedResourcesError extends MaestroError {
  readonly code = 'MAESTRO_EMBEDDED_RESOURCES' satisfies ErrorCode;
}

/** The data folder is damaged. */
export class EmbeddedCorruptError extends MaestroError {
  readonly code = 'MAESTRO_EMBEDDED_CORRUPT' satisfies ErrorCode;
}

/** Files cannot be locked on this system, so two processes could open the embedded database at once. It was not opened. */
export class FileLockError extends MaestroError {
  readonly code = 'MAESTRO_FILE_LOCK' satisfies ErrorCode;

  constructor(reason: string, cause: unknown) {
    super(`The embedded database cannot be locked: ${reason}.`, {
      hint: 'On Linux install `flock` (apk add flock, apt-get install util-linux); elsewhere use a server (--url, DATABASE_URL).',
      cause,
    });
  }
}
