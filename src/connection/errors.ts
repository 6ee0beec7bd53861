import { MaestroError } from '../errors.js';

/** A setting (flag, environment variable or configuration file) cannot be used. No database was touched. */
export class ConfigurationError extends MaestroError {
  readonly code = 'MAESTRO_CONFIGURATION';
}

/** Another process has the embedded database open, and still had when the time to wait for it was over. */
export class EmbeddedDatabaseBusyError extends MaestroError {
  readonly code = 'MAESTRO_EMBEDDED_BUSY';

  constructor(
    /** The data folder. */ readonly dataDir: string,
    /** What is known of the process that has it open, such as `process 4711 on alpha (maestro append)`. */
    readonly holder: string,
    /** How long it waited, in milliseconds. */ readonly waited: number,
  ) {
    super(`The embedded database ${dataDir} is in use by ${holder}; waited ${waited / 1000} s for it.`, {
      hint: 'One process at a time can open it. Wait for that one to end (--timeout), or use a server (--url, DATABASE_URL).',
    });
  }
}

/** The data folder is not one that this version can open. It was left untouched. */
export class EmbeddedFolderError extends MaestroError {
  readonly code = 'MAESTRO_EMBEDDED_FOLDER';
}

/** This process gets too little memory, or too few open files, for the embedded database. The folder is as it was. */
export class EmbeddedResourcesError extends MaestroError {
  readonly code = 'MAESTRO_EMBEDDED_RESOURCES';
}

/** The data folder is damaged. */
export class EmbeddedCorruptError extends MaestroError {
  readonly code = 'MAESTRO_EMBEDDED_CORRUPT';
}

/** Files cannot be locked here, so nothing keeps two processes from opening the embedded database at once: it was not opened. */
export class FileLockError extends MaestroError {
  readonly code = 'MAESTRO_FILE_LOCK';

  constructor(reason: string, cause: unknown) {
    super(`The embedded database cannot be locked: ${reason}.`, {
      hint: 'On Linux install `flock` (apk add flock, apt-get install util-linux); elsewhere use a server (--url, DATABASE_URL).',
      cause,
    });
  }
}
