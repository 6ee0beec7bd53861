import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { DatabaseFullError } from '../../store/errors.js';
import { FORMAT, MARKER, POSTGRES_VERSION } from './data-folder.js';
import { ConfigurationError, EmbeddedFolderError } from '../errors.js';
import { READ_ONLY } from './file-errors.js';

/** The prepared data folder that the build makes. */
export const TEMPLATE = 'pgdata.tar.gz';

/**
 * Makes a data folder from the archive that the build prepared. It is unpacked into `<folder>.new` and then renamed, so
 * that it is complete or absent, also when the process is killed. The caller holds the lock.
 */
export async function createDataFolder(dataDir: string): Promise<void> {
  const unfinished = `${dataDir}.new`;
  if (existsSync(unfinished) && !existsSync(join(unfinished, MARKER)) && !isEmptyFolder(unfinished))
    throw new EmbeddedFolderError(
      `The embedded database would be created in ${unfinished} first, but that folder exists and Maestro did not make it.`,
      {
        hint: 'Move that folder away, or name another one with --data-dir. Nothing was changed.',
      },
    );
  const template = templateFile();
  rmSync(unfinished, { recursive: true, force: true });
  try {
    mkdirSync(unfinished, { recursive: true, mode: 0o700 });
    // Before all else, so that a folder that a killed process leaves behind is known as ours.
    const marker = { format: FORMAT, postgres: POSTGRES_VERSION, engine: 'pglite' };
    writeFileSync(join(unfinished, MARKER), `${JSON.stringify(marker)}\n`);
    await unpack(template, unfinished);
    rmSync(dataDir, { recursive: true, force: true });
    renameSync(unfinished, dataDir);
  } catch (cause) {
    rmSync(unfinished, { recursive: true, force: true });
    throw creationError(`The embedded database ${dataDir}`, cause);
  }
}

/** Makes the folder in which the data folder is to be. Throws when that is not possible. */
export function makeParent(dataDir: string): void {
  try {
    mkdirSync(dirname(dataDir), { recursive: true });
  } catch (cause) {
    throw creationError(`The folder ${dirname(dataDir)}`, cause);
  }
}

/** The error for a folder or file that could not be made: {@link DatabaseFullError} when there is no room. */
export function creationError(what: string, cause: unknown): unknown {
  const refusal = mkdirRefusal(cause as NodeJS.ErrnoException);
  const { code, syscall } = refusal;
  if (syscall === undefined) return cause;
  const message = `${what} cannot be created: ${code}.`;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG')
    return new DatabaseFullError(message, {
      hint: 'Make room on the disk, or name another folder with --data-dir.',
      cause,
    });
  return new EmbeddedFolderError(message, {
    hint: code === 'EROFS' ? READ_ONLY : 'Check the path and its permissions, or name another folder with --data-dir.',
    cause,
  });
}

/** The true cause of a failed recursive mkdir: Node.js says ENOENT whatever kept it from making the first folder. */
function mkdirRefusal(error: NodeJS.ErrnoException): NodeJS.ErrnoException {
  if (error.code !== 'ENOENT' || error.syscall !== 'mkdir' || error.path === undefined) return error;
  let folder = dirname(error.path);
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return error;
  } catch (refusal) {
    return refusal as NodeJS.ErrnoException;
  }
}

async function unpack(archive: string, folder: string): Promise<void> {
  const { parseTar } = await import('nanotar');
  for (const { name, data, type } of parseTar(gunzipSync(readFileSync(archive)))) {
    const path = join(folder, name);
    if (type === 'directory' || name.endsWith('/')) mkdirSync(path, { recursive: true });
    else {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, data ?? new Uint8Array());
    }
  }
}

/** The archive in `dist/embedded`, whether this file runs from `dist/src` or, in tests, from `src`. */
function templateFile(): string {
  const candidates = ['../../embedded/', '../../../dist/embedded/'].map((folder) =>
    fileURLToPath(new URL(folder + TEMPLATE, import.meta.url)),
  );
  const found = candidates.find((file) => existsSync(file));
  if (found === undefined)
    throw new ConfigurationError('The prepared database of the embedded engine is missing from this installation.', {
      hint: 'In a checkout, run `npm run build`; else install maestro-store again.',
    });
  return found;
}

function isEmptyFolder(path: string): boolean {
  return statSync(path).isDirectory() && readdirSync(path).length === 0;
}
