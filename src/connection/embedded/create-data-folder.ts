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
 * Makes a data folder from the one that the build prepared: unpacked beside its place and then renamed into it, so that
 * it is there whole or not at all, also when the process is killed. The caller holds the lock.
 */
export async function createDataFolder(dataDir: string): Promise<void> {
  const unfinished = `${dataDir}.new`;
  if (existsSync(unfinished) && !existsSync(join(unfinished, MARKER)) && !isEmptyFolder(unfinished))
    throw new EmbeddedFolderError(`${unfinished} stands where the database would be made, and is not ours.`, {
      hint: 'Move it away, or name another folder with --data-dir. It was left untouched.',
    });
  const template = templateFile();
  rmSync(unfinished, { recursive: true, force: true });
  try {
    mkdirSync(unfinished, { recursive: true, mode: 0o700 });
    // First of all, so that what a killed process leaves behind can be told from somebody else's folder.
    const marker = { format: FORMAT, postgres: POSTGRES_VERSION, engine: 'pglite' };
    writeFileSync(join(unfinished, MARKER), `${JSON.stringify(marker)}\n`);
    await unpack(template, unfinished);
    rmSync(dataDir, { recursive: true, force: true });
    renameSync(unfinished, dataDir);
  } catch (cause) {
    rmSync(unfinished, { recursive: true, force: true });
    throw cannotBeMade(`The embedded database ${dataDir}`, cause);
  }
}

/** Makes the folder in which the data folder is to be. Throws when that is not possible. */
export function makeParent(dataDir: string): void {
  try {
    mkdirSync(dirname(dataDir), { recursive: true });
  } catch (cause) {
    throw cannotBeMade(`The folder ${dirname(dataDir)}`, cause);
  }
}

/** What a refusal of the file system means: {@link DatabaseFullError} when there is no room; other errors as they are. */
export function cannotBeMade(what: string, cause: unknown): unknown {
  const refusal = trueCause(cause as NodeJS.ErrnoException);
  const { code, syscall } = refusal;
  if (syscall === undefined) return cause;
  const message = `${what} cannot be made: ${code}.`;
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

/** Making several folders at once, Node.js says ENOENT whatever kept it from making the first of them. */
function trueCause(error: NodeJS.ErrnoException): NodeJS.ErrnoException {
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

/** The prepared folder lies in `dist/embedded`, whether this file runs from `dist/src` or, in tests, from `src`. */
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
