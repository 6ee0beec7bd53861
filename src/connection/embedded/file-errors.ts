import { EmbeddedFolderError } from '../errors.js';

/** Hint for a read-only file system. */
export const READ_ONLY =
  'The file system is read-only, but the embedded database has to write into its folder, even for reading: name another folder with --data-dir, or use a server (--url, DATABASE_URL).';

/** An error of the file system, as Node throws it. */
export function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}

/** The error for a folder that this process may not read or write. */
export function unusableFolderError(dataDir: string, error: NodeJS.ErrnoException): EmbeddedFolderError {
  const { code, syscall, path } = error;
  return new EmbeddedFolderError(
    `The embedded database in ${dataDir} cannot be used: ${code} (${syscall}${path === undefined ? '' : ` ${path}`}).`,
    {
      hint:
        code === 'EROFS'
          ? READ_ONLY
          : 'Check that this user may read and write the folder, its lock file (the same name with .lock) and the folder that holds both, or name another --data-dir.',
      cause: error,
    },
  );
}
