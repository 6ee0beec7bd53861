import { EmbeddedFolderError } from '../errors.js';

/** Advice for a file system that is read-only. */
export const READ_ONLY =
  'The file system is read-only, and the embedded database needs a folder that can be written to, also to be read: name one with --data-dir, or use a server (--url, DATABASE_URL).';

/** An error of the file system, as Node throws it. */
export function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}

/** The error for a folder that this process may not read or write, or that cannot be made. */
export function unusable(dataDir: string, error: NodeJS.ErrnoException): EmbeddedFolderError {
  const { code, syscall, path } = error;
  return new EmbeddedFolderError(
    `The embedded database in ${dataDir} cannot be used: ${code} (${syscall}${path === undefined ? '' : ` ${path}`}).`,
    {
      hint:
        code === 'EROFS'
          ? READ_ONLY
          : 'Check the rights of this user on the folder, on the lock beside it and on the folder around them, or name another --data-dir.',
      cause: error,
    },
  );
}
